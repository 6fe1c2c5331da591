//! The user interface under `/manage/ui`: pages that the program carries, for everybody; what they show they ask the API
//! for. Without the feature `ui` there is none.
//!
//! Invariant: a page runs only scripts of this relay and talks to it alone; what has a hash in its name may be kept for
//! ever, everything else is asked for anew.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use potluck_store::{StoreError, random};

use crate::error::ControlError;
use crate::gate::Hosts;

/// Where it is.
const ROOT: &str = "/manage/ui";
/// Where those are that have a hash in their names.
const HASHED: &str = "assets/";
/// What stands in the page in the place of what only this answer's styles know.
const NONCE: &str = "__NONCE__";

/// A file, as it is and packed.
struct File {
    name: &'static str,
    plain: &'static [u8],
    br: Option<&'static [u8]>,
    gz: Option<&'static [u8]>,
}

include!(concat!(env!("OUT_DIR"), "/ui.rs"));

/// Where whoever comes to the relay's root is led.
#[must_use]
pub fn front() -> &'static str {
    if FILES.is_empty() { "/manage/docs" } else { ROOT }
}

/// The pages, for callers who mean this relay.
pub(crate) fn router(hosts: Hosts) -> Router {
    if FILES.is_empty() {
        return Router::new();
    }
    Router::new()
        .route(ROOT, get(page))
        .route(&format!("{ROOT}/"), get(page))
        .route(&format!("{ROOT}/{{*name}}"), get(named))
        .layer(middleware::from_fn_with_state(Arc::new(hosts), meant))
}

async fn meant(State(hosts): State<Arc<Hosts>>, request: Request, next: Next) -> Response {
    if !hosts.are_meant_by(request.uri(), request.headers()) {
        return ControlError::WrongHost.into_response();
    }
    let mut answer = next.run(request).await;
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ] {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}

async fn named(Path(name): Path<String>, headers: HeaderMap) -> Response {
    match FILES.iter().find(|file| file.name == name) {
        Some(file) if name != "index.html" => sent(file, &headers),
        None if name.starts_with(HASHED) => StatusCode::NOT_FOUND.into_response(),
        // The page knows its own paths.
        Some(_) | None => page().await,
    }
}

fn sent(file: &File, headers: &HeaderMap) -> Response {
    let kept = match file.name.starts_with(HASHED) {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    };
    let head = [
        (header::CONTENT_TYPE, kind(file.name)),
        (header::CACHE_CONTROL, kept),
        (header::VARY, "accept-encoding"),
    ];
    let (bytes, packed) = packed(file, headers);
    let packed = packed.map(|packed| [(header::CONTENT_ENCODING, packed)]);
    (head, packed, bytes).into_response()
}

/// The form that the caller takes.
fn packed(file: &File, headers: &HeaderMap) -> (&'static [u8], Option<&'static str>) {
    let takes = |name: &str| {
        let lines = headers.get_all(header::ACCEPT_ENCODING).iter();
        let mut offers = lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(','));
        offers.any(|offer| {
            let (coding, weight) = offer.split_once(';').unwrap_or((offer, "q=1"));
            let refused = matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000");
            coding.trim().eq_ignore_ascii_case(name) && !refused
        })
    };
    match (file.br, file.gz) {
        (Some(bytes), _) if takes("br") => (bytes, Some("br")),
        (_, Some(bytes)) if takes("gzip") => (bytes, Some("gzip")),
        _ => (file.plain, None),
    }
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}

async fn page() -> Response {
    let Some(file) = FILES.iter().find(|file| file.name == "index.html") else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let nonce = match random::bytes::<16>() {
        Ok(bytes) => URL_SAFE_NO_PAD.encode(bytes),
        Err(error) => return ControlError::from(StoreError::from(error)).into_response(),
    };
    let html = String::from_utf8_lossy(file.plain).replace(NONCE, &nonce);
    let head = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::CONTENT_SECURITY_POLICY, policy(&nonce)),
    ];
    (head, html).into_response()
}

/// Only this answer's styles beside the relay's own files; nothing from anywhere else.
fn policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' blob: data:; \
         connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
}
