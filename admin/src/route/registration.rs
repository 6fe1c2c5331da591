//! `/manage/v1/register`, `/manage/v1/password-reset` and `/manage/v1/invitations`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::access::{Admin, Anyone, area};
use crate::api::{
    CreateInvitation, CreatedInvitation, Invitation, Page, PageQuery, Register, Registered, ResetPassword,
};
use crate::control::Control;
use crate::doc::Routes;
use crate::error::ControlError;
use crate::gate::Visitor;
use crate::input::{Asked, Body, Id};
use crate::output::{Created, NoContent};

const INVITATIONS: &str = "/manage/v1/invitations";

pub(crate) fn routes() -> Routes {
    Routes::new()
        .post(
            "/manage/v1/register",
            "register",
            "Makes an account for oneself.",
            register,
        )
        .post(
            "/manage/v1/password-reset",
            "resetPassword",
            "Sets a new password by leave of an admin.",
            reset_password,
        )
        .get(INVITATIONS, "listInvitations", "Lists invitations.", list)
        .post(INVITATIONS, "createInvitation", "Makes an invitation.", create)
        .delete(
            "/manage/v1/invitations/{id}",
            "revokeInvitation",
            "Takes an invitation back.",
            revoke,
        )
}

async fn register(
    _: Anyone,
    visitor: Visitor,
    State(control): State<Arc<Control>>,
    Body(new): Body<Register>,
) -> Result<Created<Registered>, ControlError> {
    control.register(new, visitor.address).await.map(Created)
}

async fn reset_password(
    _: Anyone,
    visitor: Visitor,
    State(control): State<Arc<Control>>,
    Body(asked): Body<ResetPassword>,
) -> Result<NoContent, ControlError> {
    control.reset_password(asked, visitor.address).await?;
    Ok(NoContent)
}

async fn list(
    _: Admin<area::Users>,
    State(control): State<Arc<Control>>,
    Asked(page): Asked<PageQuery>,
) -> Result<Json<Page<Invitation>>, ControlError> {
    control.invitations(page).await.map(Json)
}

async fn create(
    by: Admin<area::Users>,
    State(control): State<Arc<Control>>,
    Body(new): Body<CreateInvitation>,
) -> Result<Created<CreatedInvitation>, ControlError> {
    control.create_invitation(&by, new).await.map(Created)
}

async fn revoke(
    by: Admin<area::Users>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
) -> Result<Json<Invitation>, ControlError> {
    control.revoke_invitation(&by, id).await.map(Json)
}
