//! `/manage/v1/keys`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use potluck_filters::id::ClientKeyId;

use crate::access::{Admin, area};
use crate::api::{
    ClientKey, ClientKeyQuery, CreateClientKey, CreatedClientKey, EditClientKey, Page, RotateKey,
};
use crate::control::Control;
use crate::doc::Routes;
use crate::error::ControlError;
use crate::input::{Asked, Body, Id, IfMatch};
use crate::output::{Created, Tagged};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .get("/manage/v1/keys", "listKeys", "Lists client keys.", list)
        .post(
            "/manage/v1/keys",
            "createKey",
            "Makes a client key. Its text is in this answer and nowhere else.",
            create,
        )
        .get("/manage/v1/keys/{id}", "showKey", "Shows a client key.", show)
        .patch("/manage/v1/keys/{id}", "editKey", "Edits a client key.", edit)
        .post(
            "/manage/v1/keys/{id}/revoke",
            "revokeKey",
            "Revokes a client key for ever.",
            revoke,
        )
        .post(
            "/manage/v1/keys/{id}/rotate",
            "rotateKey",
            "Gives a client key another text; the old one may work on for a while.",
            rotate,
        )
}

pub(crate) async fn rotate(
    by: Admin<area::Keys>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
    Body(rotate): Body<RotateKey>,
) -> Result<Created<CreatedClientKey>, ControlError> {
    control
        .rotate_client_key(&by, ClientKeyId(id), rotate)
        .await
        .map(Created)
}

pub(crate) async fn list(
    _: Admin<area::Keys>,
    State(control): State<Arc<Control>>,
    Asked(query): Asked<ClientKeyQuery>,
) -> Result<Json<Page<ClientKey>>, ControlError> {
    control.client_keys(query).await.map(Json)
}

pub(crate) async fn create(
    by: Admin<area::Keys>,
    State(control): State<Arc<Control>>,
    Body(new): Body<CreateClientKey>,
) -> Result<Created<CreatedClientKey>, ControlError> {
    control.create_client_key(&by, new).await.map(Created)
}

pub(crate) async fn show(
    _: Admin<area::Keys>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
) -> Result<Tagged<ClientKey>, ControlError> {
    control.client_key(ClientKeyId(id)).await.map(Tagged)
}

pub(crate) async fn edit(
    by: Admin<area::Keys>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
    expected: IfMatch,
    Body(edit): Body<EditClientKey>,
) -> Result<Tagged<ClientKey>, ControlError> {
    control
        .edit_client_key(&by, ClientKeyId(id), expected, edit)
        .await
        .map(Tagged)
}

pub(crate) async fn revoke(
    by: Admin<area::Keys>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
) -> Result<Json<ClientKey>, ControlError> {
    control.revoke_client_key(&by, ClientKeyId(id)).await.map(Json)
}
