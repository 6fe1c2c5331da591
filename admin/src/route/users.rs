//! `/manage/v1/users`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use crate::api::{CreateUser, Page, PageQuery, User};
use crate::caller::Caller;
use crate::control::Control;
use crate::error::ControlError;
use crate::input::{Asked, Body};

pub(crate) async fn list(
    _: Caller,
    State(control): State<Arc<Control>>,
    Asked(page): Asked<PageQuery>,
) -> Result<Json<Page<User>>, ControlError> {
    control.users(page).await.map(Json)
}

pub(crate) async fn create(
    _: Caller,
    State(control): State<Arc<Control>>,
    Body(new): Body<CreateUser>,
) -> Result<(StatusCode, Json<User>), ControlError> {
    control
        .create_user(new)
        .await
        .map(|user| (StatusCode::CREATED, Json(user)))
}
