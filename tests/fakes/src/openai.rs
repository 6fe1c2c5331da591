//! An OpenAI-compatible API with keys that have balances.
//!
//! Figures can be foretold: a token is a word (text between white space). `prompt_tokens` counts the words of all
//! texts sent; the answer is `<model> heard: <last text>`, cut to [`OpenAiOptions::words`] or to the request's own
//! maximum; `completion_tokens` counts its words, and a stream has one event for each. Prices: [`keys::PER_TOKEN`],
//! [`keys::PER_IMAGE`].

mod audio;
mod batches;
mod chat;
mod completions;
mod conversations;
mod embeddings;
mod files;
mod form;
mod images;
mod jobs;
pub mod keys;
mod models;
mod moderations;
mod refusal;
mod responses;
mod words;
mod world;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, Method, Response, Uri};
use axum::middleware::map_response;
use axum::routing::{get, post};

use crate::fault::Faults;
use crate::pace::Pace;
use crate::record::Records;
use crate::server::{FakeServer, TestCa};
pub use keys::Keys;
pub use refusal::Refusal;
use world::World;

/// How an OpenAI fake is set up.
#[derive(Clone, Debug)]
pub struct OpenAiOptions {
    /// Where to listen; port 0 takes a free one. Not used with `tls`.
    pub addr: SocketAddr,
    /// Serve TLS with a certificate of this authority.
    pub tls: Option<TestCa>,
    /// Known models; any other is 404 `model_not_found`.
    pub models: Vec<String>,
    /// Words of each text answer, repeated or cut to this number. None: the echo itself, at most 64 words.
    pub words: Option<usize>,
    /// Keys to begin with; those of a stopped fake survive its restart when they are given here.
    pub keys: Keys,
    /// Speed.
    pub pace: Pace,
    /// Where requests are noted.
    pub records: Records,
}

impl Default for OpenAiOptions {
    fn default() -> Self {
        let models = [
            "gpt-5-mini",
            "openai/gpt-5-mini",
            "gpt-3.5-turbo-instruct",
            "text-embedding-3-small",
            "gpt-image-1",
            "tts-1",
            "whisper-1",
            "omni-moderation-latest",
        ];
        OpenAiOptions {
            addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            tls: None,
            models: models.map(str::to_owned).to_vec(),
            words: None,
            keys: Keys::default(),
            pace: Pace::default(),
            records: Records::new(),
        }
    }
}

/// A running OpenAI-compatible API.
#[derive(Debug)]
pub struct OpenAiFake {
    /// The server: address, faults, records.
    pub server: FakeServer,
    /// Its keys and what they have left.
    pub keys: Keys,
    /// Its speed.
    pub pace: Pace,
}

impl OpenAiFake {
    /// Starts with default settings on a free loopback port.
    pub async fn start() -> io::Result<OpenAiFake> {
        OpenAiFake::start_with(OpenAiOptions::default()).await
    }

    /// Starts with given settings.
    pub async fn start_with(options: OpenAiOptions) -> io::Result<OpenAiFake> {
        let OpenAiOptions {
            addr,
            tls,
            models,
            words,
            keys,
            pace,
            records,
        } = options;
        let router = router(World::new(models, words, keys.clone(), pace.clone()));
        let faults = Faults::new();
        let server = match tls {
            None => FakeServer::start_on(addr, router, faults, records).await?,
            Some(ca) => FakeServer::start_tls_with(&ca, router, faults, records).await?,
        };
        Ok(OpenAiFake { server, keys, pace })
    }

    /// What an SDK takes as its base URL: ends in `/v1`.
    pub fn base_url(&self) -> String {
        format!("{}/v1", self.server.url())
    }
}

fn router(world: World) -> Router {
    let v1 = Router::new()
        .route("/chat/completions", post(chat::create))
        .route("/completions", post(completions::create))
        .route("/embeddings", post(embeddings::create))
        .route("/responses", post(responses::create))
        .route("/responses/{id}", get(responses::show).delete(responses::delete))
        .route("/responses/{id}/input_items", get(responses::input_items))
        .route("/conversations", post(conversations::create))
        .route(
            "/conversations/{id}",
            get(conversations::show).delete(conversations::delete),
        )
        .route("/conversations/{id}/items", get(conversations::items))
        .route("/batches", post(batches::create))
        .route("/batches/{id}", get(batches::show))
        .route("/batches/{id}/cancel", post(batches::cancel))
        .route("/fine_tuning/jobs", post(jobs::create))
        .route("/fine_tuning/jobs/{id}", get(jobs::show))
        .route("/fine_tuning/jobs/{id}/cancel", post(jobs::cancel))
        .route("/fine_tuning/jobs/{id}/events", get(jobs::events))
        .route("/images/generations", post(images::generate))
        .route("/images/edits", post(images::edit))
        .route("/audio/speech", post(audio::speak))
        .route("/audio/transcriptions", post(audio::transcribe))
        .route("/moderations", post(moderations::create))
        .route("/files", post(files::create).get(files::list))
        .route("/files/{id}", get(files::show).delete(files::delete))
        .route("/files/{id}/content", get(files::content))
        .route("/models", get(models::list))
        .route("/models/{*id}", get(models::show))
        .route("/credits", get(models::credits));
    Router::new()
        .nest("/v1", v1)
        .fallback(unknown)
        .method_not_allowed_fallback(unknown)
        .layer(DefaultBodyLimit::disable())
        .layer(map_response(brand))
        .with_state(world)
}

async fn unknown(method: Method, uri: Uri) -> Refusal {
    Refusal::UnknownUrl {
        method: method.to_string(),
        path: uri.path().to_owned(),
    }
}

/// The headers that this API puts on every answer.
async fn brand<B>(mut answer: Response<B>) -> Response<B> {
    let id = format!("req_{:032x}", rand::random::<u128>());
    let all = [
        ("openai-version", "2020-10-01"),
        ("openai-organization", "fake-org"),
        ("x-request-id", id.as_str()),
    ];
    for (name, value) in all {
        if let Ok(value) = HeaderValue::from_str(value) {
            answer.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    answer
}

#[cfg(test)]
mod tests;
