//! `/manage/v1/upstreams` and `/manage/v1/status`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::api::{Page, Status, UpstreamFacts};
use crate::caller::Caller;
use crate::control::Control;
use crate::error::ControlError;

pub(crate) async fn upstreams(_: Caller, State(control): State<Arc<Control>>) -> Json<Page<UpstreamFacts>> {
    Json(Page {
        items: control.upstreams().to_vec(),
        next: None,
    })
}

pub(crate) async fn status(
    _: Caller,
    State(control): State<Arc<Control>>,
) -> Result<Json<Status>, ControlError> {
    control.status().await.map(Json)
}
