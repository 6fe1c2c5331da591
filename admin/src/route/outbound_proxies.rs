//! `/manage/v1/outbound-proxies`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use potluck_filters::id::OutboundProxyId;

use crate::api::{AddOutboundProxy, CheckedProxy, EditOutboundProxy, OutboundProxy, Page};
use crate::caller::Caller;
use crate::control::Control;
use crate::error::ControlError;
use crate::input::{Body, Id};

pub(crate) async fn list(
    _: Caller,
    State(control): State<Arc<Control>>,
) -> Result<Json<Page<OutboundProxy>>, ControlError> {
    control.outbound_proxies().await.map(Json)
}

pub(crate) async fn add(
    _: Caller,
    State(control): State<Arc<Control>>,
    Body(new): Body<AddOutboundProxy>,
) -> Result<(StatusCode, Json<OutboundProxy>), ControlError> {
    control
        .add_outbound_proxy(new)
        .await
        .map(|added| (StatusCode::CREATED, Json(added)))
}

pub(crate) async fn show(
    _: Caller,
    State(control): State<Arc<Control>>,
    Id(id): Id,
) -> Result<Json<OutboundProxy>, ControlError> {
    control.outbound_proxy(OutboundProxyId(id)).await.map(Json)
}

pub(crate) async fn edit(
    _: Caller,
    State(control): State<Arc<Control>>,
    Id(id): Id,
    Body(edit): Body<EditOutboundProxy>,
) -> Result<Json<OutboundProxy>, ControlError> {
    control
        .edit_outbound_proxy(OutboundProxyId(id), edit)
        .await
        .map(Json)
}

pub(crate) async fn remove(
    _: Caller,
    State(control): State<Arc<Control>>,
    Id(id): Id,
) -> Result<Json<OutboundProxy>, ControlError> {
    control.remove_outbound_proxy(OutboundProxyId(id)).await.map(Json)
}

pub(crate) async fn check(
    _: Caller,
    State(control): State<Arc<Control>>,
    Id(id): Id,
) -> Result<Json<CheckedProxy>, ControlError> {
    control.check_outbound_proxy(OutboundProxyId(id)).await.map(Json)
}
