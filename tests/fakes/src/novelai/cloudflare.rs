//! What stands before every host: a firewall that takes Python's own HTTP client for a bot.
//!
//! Invariant: it answers with HTML and without CORS headers, whatever the path.

use axum::{
    extract::Request,
    http::header,
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::errors::{self, Refused};

pub(crate) async fn guard(request: Request, next: Next) -> Response {
    let agent = request
        .headers()
        .get(header::USER_AGENT)
        .and_then(|agent| agent.to_str().ok());
    if agent.is_some_and(|agent| agent.starts_with("Python-urllib")) {
        return Refused(errors::cloudflare_forbidden()).into_response();
    }
    next.run(request).await
}
