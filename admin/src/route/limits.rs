//! `/manage/v1/limits`, `/manage/v1/users/{id}/limit` and `/manage/v1/me/limit`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use potluck_filters::id::UserId;

use crate::access::{Admin, Member, area};
use crate::api::{EditLimitPolicy, EditUserLimit, LimitPolicy, LimitPreview, UserLimit};
use crate::control::Control;
use crate::doc::Routes;
use crate::error::ControlError;
use crate::input::{Body, Id, IfMatch};
use crate::output::Tagged;

pub(crate) fn routes() -> Routes {
    Routes::new()
        .get(
            "/manage/v1/limits",
            "showLimits",
            "Shows how users' limits come about.",
            show,
        )
        .patch(
            "/manage/v1/limits",
            "editLimits",
            "Changes how users' limits come about. The next request sees it.",
            edit,
        )
        .post(
            "/manage/v1/limits/preview",
            "previewLimits",
            "Says what a change would do to whom. Nothing is changed.",
            preview,
        )
        .get(
            "/manage/v1/users/{id}/limit",
            "showUserLimit",
            "Shows how a user's limit came about.",
            show_users,
        )
        .patch(
            "/manage/v1/users/{id}/limit",
            "editUserLimit",
            "Gives a user a limit of their own, or that for all.",
            edit_users,
        )
        .get(
            "/manage/v1/me/limit",
            "showMyLimit",
            "Shows how your limit came about, and how its last 60 seconds are filled.",
            show_mine,
        )
}

async fn show(
    _: Admin<area::Keys>,
    State(control): State<Arc<Control>>,
) -> Result<Tagged<LimitPolicy>, ControlError> {
    control.limit_policy().await.map(Tagged)
}

async fn edit(
    by: Admin<area::Keys>,
    State(control): State<Arc<Control>>,
    expected: IfMatch,
    Body(edit): Body<EditLimitPolicy>,
) -> Result<Tagged<LimitPolicy>, ControlError> {
    control.edit_limit_policy(&by, expected, edit).await.map(Tagged)
}

async fn preview(
    _: Admin<area::Keys>,
    State(control): State<Arc<Control>>,
    Body(edit): Body<EditLimitPolicy>,
) -> Result<Json<LimitPreview>, ControlError> {
    control.preview_limits(edit).await.map(Json)
}

async fn show_users(
    _: Admin<area::Users>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
) -> Result<Tagged<UserLimit>, ControlError> {
    control.user_limit(UserId(id)).await.map(Tagged)
}

async fn edit_users(
    by: Admin<area::Users>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
    expected: IfMatch,
    Body(edit): Body<EditUserLimit>,
) -> Result<Tagged<UserLimit>, ControlError> {
    control
        .edit_user_limit(&by, UserId(id), expected, edit)
        .await
        .map(Tagged)
}

async fn show_mine(
    me: Member<area::Keys>,
    State(control): State<Arc<Control>>,
) -> Result<Json<UserLimit>, ControlError> {
    control.user_limit(me.user()).await.map(Json)
}
