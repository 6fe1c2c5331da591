//! `/manage/v1/users`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use potluck_filters::id::UserId;

use crate::access::{Admin, area};
use crate::api::{
    AllowReset, CreateUser, EditUser, EndedSessions, Page, PasswordResetLeave, Sessions, User, UserQuery,
};
use crate::control::Control;
use crate::doc::Routes;
use crate::error::ControlError;
use crate::input::{Asked, Body, Id, IfMatch};
use crate::output::{Created, NoContent, Tagged};

const ALL: &str = "/manage/v1/users";
const ONE: &str = "/manage/v1/users/{id}";
const SESSIONS: &str = "/manage/v1/users/{id}/sessions";

pub(crate) fn routes() -> Routes {
    Routes::new()
        .get(ALL, "listUsers", "Lists users.", list)
        .post(ALL, "createUser", "Makes a user.", create)
        .get(ONE, "showUser", "Shows a user.", show)
        .patch(ONE, "editUser", "Edits a user.", edit)
        .delete(ONE, "deleteUser", "Deletes a user for ever.", delete)
        .post(
            "/manage/v1/users/{id}/password-reset",
            "allowPasswordReset",
            "Gives leave to set a new password.",
            allow_reset,
        )
        .get(SESSIONS, "listSessions", "Lists a user's sessions.", sessions)
        .delete(
            SESSIONS,
            "endSessions",
            "Ends all of a user's sessions.",
            end_sessions,
        )
        .delete(
            "/manage/v1/users/{id}/totp",
            "resetTotp",
            "Takes a user's second factor away.",
            reset_totp,
        )
}

pub(crate) async fn list(
    _: Admin<area::Users>,
    State(control): State<Arc<Control>>,
    Asked(query): Asked<UserQuery>,
) -> Result<Json<Page<User>>, ControlError> {
    control.find_users(query).await.map(Json)
}

pub(crate) async fn create(
    by: Admin<area::Users>,
    State(control): State<Arc<Control>>,
    Body(new): Body<CreateUser>,
) -> Result<Created<User>, ControlError> {
    control.create_user(&by, new).await.map(Created)
}

async fn show(
    _: Admin<area::Users>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
) -> Result<Tagged<User>, ControlError> {
    control.user(UserId(id)).await.map(Tagged)
}

async fn edit(
    by: Admin<area::Users>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
    meant: IfMatch,
    Body(edit): Body<EditUser>,
) -> Result<Tagged<User>, ControlError> {
    control.edit_user(&by, UserId(id), edit, meant).await.map(Tagged)
}

async fn delete(
    by: Admin<area::Users>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
) -> Result<NoContent, ControlError> {
    control.delete_user(&by, UserId(id)).await?;
    Ok(NoContent)
}

async fn allow_reset(
    by: Admin<area::Users>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
    Body(asked): Body<AllowReset>,
) -> Result<Created<PasswordResetLeave>, ControlError> {
    control.allow_reset(&by, UserId(id), asked).await.map(Created)
}

async fn sessions(
    _: Admin<area::Users>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
) -> Result<Json<Sessions>, ControlError> {
    control.user(UserId(id)).await?;
    control.sessions(UserId(id), None).await.map(Json)
}

async fn end_sessions(
    by: Admin<area::Users>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
) -> Result<Json<EndedSessions>, ControlError> {
    control.end_sessions(&by, UserId(id)).await.map(Json)
}

async fn reset_totp(
    by: Admin<area::Users>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
) -> Result<NoContent, ControlError> {
    control.reset_totp(&by, UserId(id)).await?;
    Ok(NoContent)
}
