//! The HTTP client of probes, logins and questions of credit: one per upstream, with the upstream's own certificate
//! authorities.
//!
//! Invariants: HTTP/1.1, a connection for each question, no redirects, no proxies of the environment, every answer
//! within one time-out and cut at [`MOST_BYTES`].

use std::pin::pin;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, USER_AGENT};
use axum::http::request::Builder;
use axum::http::{HeaderValue, Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use openssl::error::ErrorStack;
use potluck_filters::id::OutboundProxyId;
use potluck_filters::inject::USER_AGENT_VALUE;
use potluck_filters::judge::{End, Stage};
use potluck_filters::model::{Node, PoolCredential, Upstream};
use potluck_filters::probe::{Found, Lesson};
use potluck_filters::secret::Secret;
use serde::Serialize;

use super::link::{Link, Linker, Unlinked};
use super::ways::Leave;

/// Bytes of an answer that are read.
const MOST_BYTES: usize = 64 * 1024;
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Where an upstream's accounts are asked.
pub(super) struct Site {
    linker: Linker,
    timeout: Duration,
}

/// What became of a request.
pub(super) enum Answer {
    Came {
        status: u16,
        content_type: Option<String>,
        body: Vec<u8>,
        /// The outbound proxy that it came through.
        through: Option<OutboundProxyId>,
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
    /// # Errors
    /// When the upstream's certificate authorities cannot be read.
    pub(super) fn new(upstream: &Upstream, timeout: Duration) -> Result<Self, ErrorStack> {
        let linker = Linker::new(upstream, timeout)?;
        Ok(Self { linker, timeout })
    }

    /// `GET path` with a token. A token that no header can carry is refused as the upstream would.
    pub(super) async fn get(&self, node: &Node, path: &str, token: &Secret, leave: &Leave) -> Answer {
        let Ok(credential) = PoolCredential::bearer(token) else {
            return Answer::unauthorized();
        };
        let request = head(Request::get(format!("{}{path}", node.base.prefix)), node);
        let request = request.header(AUTHORIZATION, credential.authorization().clone());
        self.answer(node, request.body(Body::empty()), leave).await
    }

    /// `POST path` with an access key.
    pub(super) async fn log_in(&self, node: &Node, path: &str, key: &Secret, leave: &Leave) -> Answer {
        let login = Login { key: key.expose() };
        // A struct of one text always serialises.
        let body = serde_json::to_vec(&login).unwrap_or_default();
        let request = head(Request::post(format!("{}{path}", node.base.prefix)), node);
        let request = request.header(CONTENT_TYPE, JSON).body(body.into());
        self.answer(node, request, leave).await
    }

    /// Takes note of an answer that says that a proxy's address is not welcome, so that the next question takes
    /// another way.
    pub(super) fn note(&self, answer: &Answer, found: &Found, leave: &Leave) {
        if let (
            Answer::Came {
                through: Some(proxy), ..
            },
            Found::Nothing(Lesson::Egress),
        ) = (answer, found)
        {
            self.linker.unwelcome(*proxy, leave);
        }
    }

    async fn answer(
        &self,
        node: &Node,
        request: Result<Request<Body>, axum::http::Error>,
        leave: &Leave,
    ) -> Answer {
        let request = match request {
            Ok(request) => request,
            Err(error) => return failed(&error, Stage::Connect),
        };
        let link = match self.linker.link(&node.base, leave).await {
            Ok(link) => link,
            Err(Unlinked { stage, timed_out }) => return Answer::Failed { stage, timed_out },
        };
        let mut stage = Stage::FirstByte;
        match tokio::time::timeout(self.timeout, exchanged(link, request, &mut stage)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => failed(&error, stage),
            Err(_) => Answer::Failed {
                stage,
                timed_out: true,
            },
        }
    }
}

impl Answer {
    fn unauthorized() -> Self {
        Self::Came {
            status: 401,
            content_type: None,
            body: Vec::new(),
            through: None,
        }
    }

    /// As the judge sees it.
    pub(super) fn end(&self) -> End<'_> {
        match self {
            Self::Came {
                status,
                content_type,
                body,
                through: _,
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

fn head(request: Builder, node: &Node) -> Builder {
    request
        .header(HOST, node.base.authority())
        .header(USER_AGENT, USER_AGENT_VALUE)
        .header(ACCEPT, JSON)
}

async fn exchanged(link: Link, request: Request<Body>, stage: &mut Stage) -> hyper::Result<Answer> {
    let Link { bytes, through } = link;
    let (mut sender, connection) = http1::handshake(TokioIo::new(bytes)).await?;
    let mut asking = pin!(async {
        let response = sender.send_request(request).await?;
        *stage = Stage::Body;
        whole(response, through).await
    });
    tokio::select! {
        answer = &mut asking => answer,
        // What has come before its end is still to be read; if something is missing, reading says so.
        _ = connection => asking.await,
    }
}

async fn whole(mut response: Response<Incoming>, through: Option<OutboundProxyId>) -> hyper::Result<Answer> {
    let status = response.status().as_u16();
    let content_type = response.headers().get(CONTENT_TYPE);
    let content_type = content_type
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let mut body = Vec::new();
    while body.len() < MOST_BYTES {
        match response.frame().await.transpose()? {
            Some(frame) => body.extend_from_slice(frame.data_ref().map(AsRef::as_ref).unwrap_or_default()),
            None => break,
        }
    }
    body.truncate(MOST_BYTES);
    Ok(Answer::Came {
        status,
        content_type,
        body,
        through,
    })
}

fn failed(error: &(dyn std::error::Error + 'static), stage: Stage) -> Answer {
    // Neither headers nor bodies are part of these errors.
    tracing::debug!(error, ?stage, "an account could not be asked");
    Answer::Failed {
        stage,
        timed_out: false,
    }
}
