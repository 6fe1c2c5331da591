//! `/manage/v1/upstreams`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::api::{EditUpstream, Page, Upstream};
use crate::caller::Caller;
use crate::control::Control;
use crate::error::ControlError;
use crate::input::{Body, Named};

pub(crate) async fn list(
    _: Caller,
    State(control): State<Arc<Control>>,
) -> Result<Json<Page<Upstream>>, ControlError> {
    control.upstream_page().await.map(Json)
}

pub(crate) async fn show(
    _: Caller,
    State(control): State<Arc<Control>>,
    Named(name): Named,
) -> Result<Json<Upstream>, ControlError> {
    control.upstream(&name).await.map(Json)
}

pub(crate) async fn edit(
    _: Caller,
    State(control): State<Arc<Control>>,
    Named(name): Named,
    Body(edit): Body<EditUpstream>,
) -> Result<Json<Upstream>, ControlError> {
    control.edit_upstream(&name, edit).await.map(Json)
}
