//! `/manage/v1/pool-keys`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use potluck_filters::id::PoolKeyId;

use crate::api::{
    AddPoolKey, AllowHost, CheckPoolKeys, Checked, EditPoolKey, ImportPoolKeys, Imported, Page, PageQuery,
    PoolKey,
};
use crate::caller::Caller;
use crate::control::Control;
use crate::error::ControlError;
use crate::input::{Asked, Body, Id};

pub(crate) async fn list(
    _: Caller,
    State(control): State<Arc<Control>>,
    Asked(page): Asked<PageQuery>,
) -> Result<Json<Page<PoolKey>>, ControlError> {
    control.pool_keys(page).await.map(Json)
}

pub(crate) async fn add(
    _: Caller,
    State(control): State<Arc<Control>>,
    Body(new): Body<AddPoolKey>,
) -> Result<(StatusCode, Json<PoolKey>), ControlError> {
    control
        .add_pool_key(new)
        .await
        .map(|added| (StatusCode::CREATED, Json(added)))
}

pub(crate) async fn import(
    _: Caller,
    State(control): State<Arc<Control>>,
    Body(import): Body<ImportPoolKeys>,
) -> Result<Json<Imported>, ControlError> {
    control.import_pool_keys(import).await.map(Json)
}

pub(crate) async fn show(
    _: Caller,
    State(control): State<Arc<Control>>,
    Id(id): Id,
) -> Result<Json<PoolKey>, ControlError> {
    control.pool_key(PoolKeyId(id)).await.map(Json)
}

pub(crate) async fn edit(
    _: Caller,
    State(control): State<Arc<Control>>,
    Id(id): Id,
    Body(edit): Body<EditPoolKey>,
) -> Result<Json<PoolKey>, ControlError> {
    control.edit_pool_key(PoolKeyId(id), edit).await.map(Json)
}

pub(crate) async fn check(
    _: Caller,
    State(control): State<Arc<Control>>,
    Id(id): Id,
) -> Result<Json<PoolKey>, ControlError> {
    control.check_pool_key(PoolKeyId(id)).await.map(Json)
}

pub(crate) async fn check_many(
    _: Caller,
    State(control): State<Arc<Control>>,
    Body(which): Body<CheckPoolKeys>,
) -> Result<Json<Checked>, ControlError> {
    control.check_pool_keys(&which).await.map(Json)
}

pub(crate) async fn allow_host(
    _: Caller,
    State(control): State<Arc<Control>>,
    Id(id): Id,
    Body(allow): Body<AllowHost>,
) -> Result<Json<PoolKey>, ControlError> {
    control.allow_host(PoolKeyId(id), &allow).await.map(Json)
}

pub(crate) async fn withdraw(
    _: Caller,
    State(control): State<Arc<Control>>,
    Id(id): Id,
) -> Result<Json<PoolKey>, ControlError> {
    control.withdraw_pool_key(PoolKeyId(id)).await.map(Json)
}
