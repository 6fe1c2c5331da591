//! Cross-origin answers: every origin is welcome, on success and on error alike.
//!
//! Invariant: a preflight needs no token and reaches no handler.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

pub(crate) async fn answer(request: Request, next: Next) -> Response {
    let mut response = if request.method() == Method::OPTIONS {
        preflight(request.headers())
    } else {
        next.run(request).await
    };
    response
        .headers_mut()
        .insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

/// Grants what was asked for.
fn preflight(asked: &HeaderMap) -> Response {
    let grant = |name, default| {
        asked
            .get(name)
            .cloned()
            .unwrap_or(HeaderValue::from_static(default))
    };
    let granted = [
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            grant(
                header::ACCESS_CONTROL_REQUEST_HEADERS,
                "Authorization, Content-Type",
            ),
        ),
        (
            header::ACCESS_CONTROL_ALLOW_METHODS,
            grant(header::ACCESS_CONTROL_REQUEST_METHOD, "POST"),
        ),
    ];
    (StatusCode::NO_CONTENT, granted).into_response()
}
