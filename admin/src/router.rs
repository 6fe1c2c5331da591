//! Every route of the control plane.

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};

use crate::caller::Caller;
use crate::control::Control;
use crate::error::ControlError;
use crate::route::{client_keys, nodes, outbound_proxies, pool_keys, status, upstreams, users};

/// Bytes of the longest body: an import of a hundred thousand keys fits.
pub(crate) const BODY_LIMIT: usize = 16 << 20;

/// The routes under `/manage/v1`. Each request must carry a [`Caller`] as an extension, or is refused.
pub fn router(control: Arc<Control>) -> Router {
    Router::new()
        .route(
            "/manage/v1/keys",
            get(client_keys::list).post(client_keys::create),
        )
        .route(
            "/manage/v1/keys/{id}",
            get(client_keys::show)
                .patch(client_keys::edit)
                .delete(client_keys::revoke),
        )
        .route("/manage/v1/pool-keys", get(pool_keys::list).post(pool_keys::add))
        .route("/manage/v1/pool-keys/import", post(pool_keys::import))
        .route("/manage/v1/pool-keys/check", post(pool_keys::check_many))
        .route(
            "/manage/v1/pool-keys/{id}",
            get(pool_keys::show).patch(pool_keys::edit),
        )
        .route("/manage/v1/pool-keys/{id}/withdraw", post(pool_keys::withdraw))
        .route("/manage/v1/pool-keys/{id}/check", post(pool_keys::check))
        .route("/manage/v1/pool-keys/{id}/hosts", post(pool_keys::allow_host))
        .merge(outbound_proxy_routes())
        .route("/manage/v1/users", get(users::list).post(users::create))
        .route("/manage/v1/upstreams", get(upstreams::list))
        .route(
            "/manage/v1/upstreams/{name}",
            get(upstreams::show).patch(upstreams::edit),
        )
        .route(
            "/manage/v1/upstreams/{name}/nodes",
            get(nodes::list).post(nodes::add),
        )
        .route(
            "/manage/v1/upstreams/{name}/nodes/{node}",
            get(nodes::show).patch(nodes::edit).delete(nodes::remove),
        )
        .route(
            "/manage/v1/upstreams/{name}/nodes/{node}/activate",
            post(nodes::activate),
        )
        .route(
            "/manage/v1/upstreams/{name}/nodes/{node}/check",
            post(nodes::check),
        )
        .route(
            "/manage/v1/upstreams/{name}/nodes/{node}/grant",
            post(nodes::grant),
        )
        .route("/manage/v1/status", get(status::status))
        .method_not_allowed_fallback(async || ControlError::NoMethod)
        .fallback(async || ControlError::NoRoute)
        .layer(middleware::from_fn(to_its_end))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(control)
}

fn outbound_proxy_routes() -> Router<Arc<Control>> {
    Router::new()
        .route(
            "/manage/v1/outbound-proxies",
            get(outbound_proxies::list).post(outbound_proxies::add),
        )
        .route(
            "/manage/v1/outbound-proxies/{id}",
            get(outbound_proxies::show)
                .patch(outbound_proxies::edit)
                .delete(outbound_proxies::remove),
        )
        .route(
            "/manage/v1/outbound-proxies/{id}/check",
            post(outbound_proxies::check),
        )
}

/// [`router`] for those who are operators by where they are: on the data folder's socket, or in the process.
pub fn operator_router(control: Arc<Control>) -> Router {
    router(control).layer(Extension(Caller::Operator))
}

/// Runs each call to its end, also when the client leaves: a change that is committed must be published.
async fn to_its_end(request: Request, next: Next) -> Response {
    let call = tokio::spawn(next.run(request));
    call.await.unwrap_or_else(|_| ControlError::Ended.into_response())
}
