//! Which path is where: on one origin for all three hosts, or on each host alone.
//!
//! Invariant: a path that a host does not serve is its 404, in JSON.

use axum::{
    Router,
    extract::Request,
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{any, get, post, put},
};

use super::{
    NovelAi, annotate, augment, bearer, cloudflare, cors,
    errors::{self, Refused},
    generate_image, login, openai, suggest_tags, text, upscale, user, vibe, voice,
};

/// The real hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    /// `image.novelai.net`: images and accounts.
    Image,
    /// `text.novelai.net`.
    Text,
    /// `api.novelai.net`: voices, masks, and a refusal of persistent tokens at `/user/*`.
    Api,
}

impl NovelAi {
    /// All hosts on one origin, told apart by path.
    pub fn router(&self) -> Router {
        self.finish(image().merge(user()).merge(text_host()).merge(api()))
    }

    /// One host.
    pub fn router_for(&self, host: Host) -> Router {
        self.finish(match host {
            Host::Image => image().merge(user()),
            Host::Text => text_host(),
            Host::Api => api()
                .merge(user())
                .route("/ai/generate-image", any(image_generation_moved))
                .fallback(not_found)
                .layer(middleware::from_fn(cut_off)),
        })
    }

    fn finish(&self, hosts: Router<NovelAi>) -> Router {
        hosts
            .fallback(not_found)
            .method_not_allowed_fallback(not_found)
            .layer(middleware::from_fn(cors::answer))
            .layer(middleware::from_fn(cloudflare::guard))
            .with_state(self.clone())
    }
}

fn image() -> Router<NovelAi> {
    Router::new()
        .route("/ai/generate-image", post(generate_image::whole))
        .route("/ai/generate-image-stream", post(generate_image::streamed))
        .route("/ai/generate-image/suggest-tags", get(suggest_tags::suggest))
        .route("/ai/augment-image", post(augment::augment))
        .route("/ai/encode-vibe", post(vibe::encode))
        .route("/ai/upscale", post(upscale::upscale))
}

fn user() -> Router<NovelAi> {
    Router::new()
        .route("/user/login", post(login::login))
        .route(
            "/user/create-persistent-token",
            post(login::create_persistent_token),
        )
        .route("/user/subscription", get(user::subscription))
        .route("/user/data", get(user::data))
        .route("/user/information", get(user::information))
        .route("/user/priority", get(user::priority))
        .route("/user/clientsettings", get(user::client_settings).put(user::done))
        .route("/user/giftkeys", get(user::gift_keys))
        .route("/user/keystore", get(user::keystore))
        .route("/user/objects/{*kind}", get(user::objects))
        .route("/user/consent", put(user::done))
        .route("/user/subscription/bind", post(user::done))
        .route("/user/resend-email-verification", post(user::done))
}

fn text_host() -> Router<NovelAi> {
    Router::new()
        .route("/ai/generate", post(text::whole))
        .route("/ai/generate-stream", post(text::streamed))
        .route("/ai/trial-status", get(user::trial_status))
        .route("/oa/v1/chat/completions", post(openai::chat))
        .route("/oa/v1/completions", post(openai::completions))
        .route("/oa/v1/internal/token-count", post(openai::token_count))
        .route("/oa/v1/models", get(openai::models))
}

fn api() -> Router<NovelAi> {
    Router::new()
        .route("/", get(|| async { "OK" }))
        .route("/ai/annotate-image", post(annotate::annotate))
        .route("/ai/generate-voice", get(voice::generate))
}

async fn not_found() -> Refused {
    Refused(errors::not_found())
}

async fn image_generation_moved() -> Refused {
    Refused(errors::image_generation_moved())
}

/// Since mid-2026 the api host refuses persistent tokens at `/user/*`, good and bad ones alike.
async fn cut_off(request: Request, next: Next) -> Response {
    let is_persistent = bearer::token(request.headers()).is_some_and(|token| token.starts_with("pst-"));
    if request.uri().path().starts_with("/user/") && is_persistent {
        return Refused(errors::update_to_image_url()).into_response();
    }
    next.run(request).await
}
