//! `/manage/v1/me/keys` and `/manage/v1/me/playground-key`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use potluck_filters::id::ClientKeyId;

use crate::access::{Member, area};
use crate::api::{ClientKey, CreateMyKey, CreatedClientKey, EditMyKey, Page, PageQuery, RotateKey};
use crate::control::Control;
use crate::doc::Routes;
use crate::error::ControlError;
use crate::input::{Asked, Body, Id, IfMatch};
use crate::output::{Created, Tagged};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .get(
            "/manage/v1/me/keys",
            "listMyKeys",
            "Lists your client keys.",
            list,
        )
        .post(
            "/manage/v1/me/keys",
            "createMyKey",
            "Makes a client key of yours. Its text is in this answer and nowhere else.",
            create,
        )
        .get(
            "/manage/v1/me/keys/{id}",
            "showMyKey",
            "Shows a client key of yours.",
            show,
        )
        .patch(
            "/manage/v1/me/keys/{id}",
            "editMyKey",
            "Edits a client key of yours.",
            edit,
        )
        .post(
            "/manage/v1/me/keys/{id}/revoke",
            "revokeMyKey",
            "Revokes a client key of yours for ever.",
            revoke,
        )
        .post(
            "/manage/v1/me/keys/{id}/rotate",
            "rotateMyKey",
            "Gives a client key of yours another text; the old one may work on for a while.",
            rotate,
        )
        .post(
            "/manage/v1/me/playground-key",
            "createPlaygroundKey",
            "Makes a client key that lives for 15 minutes and is in no list. With a sixth one the oldest ends.",
            playground,
        )
}

async fn list(
    me: Member<area::Keys>,
    State(control): State<Arc<Control>>,
    Asked(page): Asked<PageQuery>,
) -> Result<Json<Page<ClientKey>>, ControlError> {
    control.my_keys(me.user(), page).await.map(Json)
}

async fn create(
    me: Member<area::Keys>,
    State(control): State<Arc<Control>>,
    Body(new): Body<CreateMyKey>,
) -> Result<Created<CreatedClientKey>, ControlError> {
    control.create_my_key(&me, me.user(), new).await.map(Created)
}

async fn show(
    me: Member<area::Keys>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
) -> Result<Tagged<ClientKey>, ControlError> {
    control.my_key(me.user(), ClientKeyId(id)).await.map(Tagged)
}

async fn edit(
    me: Member<area::Keys>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
    expected: IfMatch,
    Body(edit): Body<EditMyKey>,
) -> Result<Tagged<ClientKey>, ControlError> {
    control
        .edit_my_key(&me, me.user(), ClientKeyId(id), expected, edit)
        .await
        .map(Tagged)
}

async fn revoke(
    me: Member<area::Keys>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
) -> Result<Json<ClientKey>, ControlError> {
    control
        .revoke_my_key(&me, me.user(), ClientKeyId(id))
        .await
        .map(Json)
}

async fn rotate(
    me: Member<area::Keys>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
    Body(rotate): Body<RotateKey>,
) -> Result<Created<CreatedClientKey>, ControlError> {
    control
        .rotate_my_key(&me, me.user(), ClientKeyId(id), rotate)
        .await
        .map(Created)
}

async fn playground(
    me: Member<area::Keys>,
    State(control): State<Arc<Control>>,
) -> Result<Created<CreatedClientKey>, ControlError> {
    control.playground_key(&me, me.user()).await.map(Created)
}
