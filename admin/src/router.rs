//! Every route of the control plane.

use std::sync::{Arc, LazyLock};

use axum::extract::{DefaultBodyLimit, Request};
use axum::http::header;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Router};

use crate::caller::Caller;
use crate::control::Control;
use crate::doc::{Document, Routes};
use crate::error::ControlError;
use crate::route::{
    account, alerts, audit, bulk, client_keys, events, findings, history, jobs, limits, live_requests, marks,
    my_jobs, my_keys, my_pool_keys, nodes, outbound_proxies, pool_keys, registration, requests,
    routes as paths, session, settings, status, upstreams, usage, users,
};
use crate::{doc, idempotency, throttle};

/// Bytes of the longest body: an import of a hundred thousand keys fits.
pub(crate) const BODY_LIMIT: usize = 16 << 20;

/// Every operation, noun by noun.
fn routes() -> Routes {
    client_keys::routes()
        .merge(my_keys::routes())
        .merge(pool_keys::routes())
        .merge(my_pool_keys::routes())
        .merge(my_jobs::routes())
        .merge(bulk::routes())
        .merge(jobs::routes())
        .merge(limits::routes())
        .merge(outbound_proxies::routes())
        .merge(users::routes())
        .merge(session::routes())
        .merge(account::routes())
        .merge(registration::routes())
        .merge(upstreams::routes())
        .merge(nodes::routes())
        .merge(paths::routes())
        .merge(settings::routes())
        .merge(status::routes())
        .merge(live_requests::routes())
        .merge(audit::routes())
        .merge(events::routes())
        .merge(history::routes())
        .merge(findings::routes())
        .merge(alerts::routes())
        .merge(marks::routes())
        .merge(usage::routes())
        .merge(requests::routes())
}

/// The published description of the API.
#[must_use]
pub fn document() -> Document {
    routes().document()
}

/// The routes under `/manage`. Each request must carry a [`Caller`] as an extension, or only gets what is for
/// everybody.
pub fn router(control: Arc<Control>) -> Router {
    routes()
        .router()
        .route("/manage/openapi.json", axum::routing::get(published))
        .route("/manage/docs", axum::routing::get(read_by_people))
        .route("/manage/docs.css", axum::routing::get(style))
        .method_not_allowed_fallback(async || ControlError::NoMethod)
        .fallback(async || ControlError::NoRoute)
        .layer(middleware::from_fn_with_state(
            Arc::clone(&control),
            idempotency::once,
        ))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&control),
            throttle::throttle,
        ))
        .layer(middleware::from_fn(to_its_end))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(control)
}

/// [`router`] for those who are operators by where they are: on the data folder's socket, or in the process.
pub fn operator_router(control: Arc<Control>) -> Router {
    router(control).layer(Extension(Caller::Operator))
}

/// The description as text. Made once: it only changes with the program.
static PUBLISHED: LazyLock<String> = LazyLock::new(|| document().json().to_string());
static PAGE: LazyLock<String> = LazyLock::new(|| doc::page(&document().json()));

async fn published() -> Response {
    let head = [(header::CONTENT_TYPE, "application/json")];
    (head, PUBLISHED.as_str()).into_response()
}

async fn read_by_people() -> Response {
    let head = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, doc::POLICY),
    ];
    (head, PAGE.as_str()).into_response()
}

async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], doc::STYLE).into_response()
}

/// Runs each call to its end, also when the client leaves: a change that is committed must be published.
async fn to_its_end(request: Request, next: Next) -> Response {
    let call = tokio::spawn(next.run(request));
    call.await.unwrap_or_else(|_| ControlError::Ended.into_response())
}
