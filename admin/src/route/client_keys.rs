//! `/manage/v1/keys`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use potluck_filters::id::ClientKeyId;

use crate::api::{ClientKey, CreateClientKey, CreatedClientKey, EditClientKey, Page, PageQuery};
use crate::caller::Caller;
use crate::control::Control;
use crate::error::ControlError;
use crate::input::{Asked, Body, Id};

pub(crate) async fn list(
    _: Caller,
    State(control): State<Arc<Control>>,
    Asked(page): Asked<PageQuery>,
) -> Result<Json<Page<ClientKey>>, ControlError> {
    control.client_keys(page).await.map(Json)
}

pub(crate) async fn create(
    _: Caller,
    State(control): State<Arc<Control>>,
    Body(new): Body<CreateClientKey>,
) -> Result<(StatusCode, Json<CreatedClientKey>), ControlError> {
    control
        .create_client_key(new)
        .await
        .map(|created| (StatusCode::CREATED, Json(created)))
}

pub(crate) async fn show(
    _: Caller,
    State(control): State<Arc<Control>>,
    Id(id): Id,
) -> Result<Json<ClientKey>, ControlError> {
    control.client_key(ClientKeyId(id)).await.map(Json)
}

pub(crate) async fn edit(
    _: Caller,
    State(control): State<Arc<Control>>,
    Id(id): Id,
    Body(edit): Body<EditClientKey>,
) -> Result<Json<ClientKey>, ControlError> {
    control.edit_client_key(ClientKeyId(id), edit).await.map(Json)
}

pub(crate) async fn revoke(
    _: Caller,
    State(control): State<Arc<Control>>,
    Id(id): Id,
) -> Result<Json<ClientKey>, ControlError> {
    control.revoke_client_key(ClientKeyId(id)).await.map(Json)
}
