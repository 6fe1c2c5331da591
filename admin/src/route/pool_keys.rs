//! `/manage/v1/pool-keys`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use potluck_filters::id::PoolKeyId;

use crate::access::{Admin, area};
use crate::api::{
    AddPoolKey, AllowHost, CheckPoolKeys, Checked, EditPoolKey, ImportPoolKeys, Imported, Page, PoolKey,
    PoolKeyQuery,
};
use crate::control::Control;
use crate::doc::Routes;
use crate::error::ControlError;
use crate::input::{Asked, Body, Id, IfMatch};
use crate::output::{Created, Tagged};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .get("/manage/v1/pool-keys", "listPoolKeys", "Lists pool keys.", list)
        .post("/manage/v1/pool-keys", "addPoolKey", "Adds a pool key.", add)
        .post(
            "/manage/v1/pool-keys/import",
            "importPoolKeys",
            "Adds many pool keys as one change.",
            import,
        )
        .post(
            "/manage/v1/pool-keys/check",
            "checkPoolKeys",
            "Has many pool keys looked at anew.",
            check_many,
        )
        .get(
            "/manage/v1/pool-keys/{id}",
            "showPoolKey",
            "Shows a pool key.",
            show,
        )
        .patch(
            "/manage/v1/pool-keys/{id}",
            "editPoolKey",
            "Edits a pool key.",
            edit,
        )
        .post(
            "/manage/v1/pool-keys/{id}/withdraw",
            "withdrawPoolKey",
            "Takes a pool key out for ever and deletes its ciphertext.",
            withdraw,
        )
        .post(
            "/manage/v1/pool-keys/{id}/check",
            "checkPoolKey",
            "Has a pool key looked at anew.",
            check,
        )
        .post(
            "/manage/v1/pool-keys/{id}/hosts",
            "allowHost",
            "Lets a pool key go to a further host of its upstream.",
            allow_host,
        )
}

pub(crate) async fn list(
    _: Admin<area::Pool>,
    State(control): State<Arc<Control>>,
    Asked(query): Asked<PoolKeyQuery>,
) -> Result<Json<Page<PoolKey>>, ControlError> {
    control.pool_keys(query).await.map(Json)
}

pub(crate) async fn add(
    by: Admin<area::Pool>,
    State(control): State<Arc<Control>>,
    Body(new): Body<AddPoolKey>,
) -> Result<Created<PoolKey>, ControlError> {
    control.add_pool_key(&by, new).await.map(Created)
}

pub(crate) async fn import(
    by: Admin<area::Pool>,
    State(control): State<Arc<Control>>,
    Body(import): Body<ImportPoolKeys>,
) -> Result<Json<Imported>, ControlError> {
    control.import_pool_keys(&by, import).await.map(Json)
}

pub(crate) async fn show(
    _: Admin<area::Pool>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
) -> Result<Tagged<PoolKey>, ControlError> {
    control.pool_key(PoolKeyId(id)).await.map(Tagged)
}

pub(crate) async fn edit(
    by: Admin<area::Pool>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
    expected: IfMatch,
    Body(edit): Body<EditPoolKey>,
) -> Result<Tagged<PoolKey>, ControlError> {
    control
        .edit_pool_key(&by, PoolKeyId(id), expected, edit)
        .await
        .map(Tagged)
}

pub(crate) async fn check(
    by: Admin<area::Pool>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
) -> Result<Json<PoolKey>, ControlError> {
    control.check_pool_key(&by, PoolKeyId(id)).await.map(Json)
}

pub(crate) async fn check_many(
    by: Admin<area::Pool>,
    State(control): State<Arc<Control>>,
    Body(which): Body<CheckPoolKeys>,
) -> Result<Json<Checked>, ControlError> {
    control.check_pool_keys(&by, &which).await.map(Json)
}

pub(crate) async fn allow_host(
    by: Admin<area::Pool>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
    Body(allow): Body<AllowHost>,
) -> Result<Json<PoolKey>, ControlError> {
    control.allow_host(&by, PoolKeyId(id), &allow).await.map(Json)
}

pub(crate) async fn withdraw(
    by: Admin<area::Pool>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
) -> Result<Json<PoolKey>, ControlError> {
    control.withdraw_pool_key(&by, PoolKeyId(id)).await.map(Json)
}
