//! The HTTP client of probes, logins and questions of credit: one per upstream, with the upstream's own certificate authorities.
//!
//! Invariants: HTTP/1.1, no redirects, no proxies of the environment, every answer within one time-out and cut
//! at [`MOST_BYTES`]; names lead only to addresses that were judged.

use std::sync::Arc;
use std::time::Duration;

use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue};
use potluck_filters::inject::USER_AGENT_VALUE;
use potluck_filters::judge::{End, Stage};
use potluck_filters::model::{Node, PoolCredential, Upstream};
use potluck_filters::secret::Secret;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, RequestBuilder, Response};
use serde::Serialize;

use super::resolve::Judging;

/// Bytes of an answer that are read.
const MOST_BYTES: usize = 64 * 1024;
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Where an upstream's accounts are asked.
pub(super) struct Site {
    client: Client,
}

/// What became of a request.
pub(super) enum Answer {
    Came {
        status: u16,
        content_type: Option<String>,
        body: Vec<u8>,
    },
    Failed {
        stage: Stage,
        timed_out: bool,
    },
}

#[derive(Serialize)]
struct Login<'a> {
    key: &'a str,
}

impl Site {
    pub(super) fn new(upstream: &Upstream, timeout: Duration) -> Result<Self, reqwest::Error> {
        let headers = [(USER_AGENT, USER_AGENT_VALUE), (ACCEPT, JSON)];
        let mut builder = Client::builder()
            .default_headers(HeaderMap::from_iter(headers))
            .http1_only()
            .redirect(Policy::none())
            .no_proxy()
            .dns_resolver(Arc::new(Judging::of(upstream)))
            .connect_timeout(upstream.timeouts.connect)
            .timeout(timeout);
        if let Some(pem) = &upstream.ca_pem {
            builder = builder.tls_certs_only(Certificate::from_pem_bundle(pem.as_bytes())?);
        }
        Ok(Self {
            client: builder.build()?,
        })
    }

    /// `GET path` with a token. A token that no header can carry is refused as the upstream would.
    pub(super) async fn get(&self, node: &Node, path: &str, token: &Secret) -> Answer {
        let Ok(credential) = PoolCredential::bearer(token) else {
            return Answer::unauthorized();
        };
        let request = self.client.get(format!("{}{path}", node.base));
        answer(request.header(AUTHORIZATION, credential.authorization().clone())).await
    }

    /// `POST path` with an access key.
    pub(super) async fn log_in(&self, node: &Node, path: &str, key: &Secret) -> Answer {
        let login = Login { key: key.expose() };
        // A struct of one text always serialises.
        let body = serde_json::to_vec(&login).unwrap_or_default();
        let request = self.client.post(format!("{}{path}", node.base));
        answer(request.header(CONTENT_TYPE, JSON).body(body)).await
    }
}

impl Answer {
    fn unauthorized() -> Self {
        Self::Came {
            status: 401,
            content_type: None,
            body: Vec::new(),
        }
    }

    /// As the judge sees it.
    pub(super) fn end(&self) -> End<'_> {
        match self {
            Self::Came {
                status,
                content_type,
                body,
            } => End::Answer {
                status: *status,
                content_type: content_type.as_deref(),
                body,
            },
            Self::Failed { stage, timed_out } => End::Failed {
                stage: *stage,
                timed_out: *timed_out,
                reused_connection: false,
            },
        }
    }
}

async fn answer(request: RequestBuilder) -> Answer {
    match request.send().await {
        Ok(response) => whole(response).await,
        Err(error) => failed(
            &error,
            if error.is_connect() {
                Stage::Connect
            } else {
                Stage::FirstByte
            },
        ),
    }
}

async fn whole(mut response: Response) -> Answer {
    let status = response.status().as_u16();
    let content_type = response.headers().get(CONTENT_TYPE);
    let content_type = content_type
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let mut body = Vec::new();
    while body.len() < MOST_BYTES {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(error) => return failed(&error, Stage::Body),
        }
    }
    body.truncate(MOST_BYTES);
    Answer::Came {
        status,
        content_type,
        body,
    }
}

fn failed(error: &reqwest::Error, stage: Stage) -> Answer {
    // Neither headers nor bodies are part of these errors.
    tracing::debug!(%error, ?stage, "an account could not be asked");
    Answer::Failed {
        stage,
        timed_out: error.is_timeout(),
    }
}
