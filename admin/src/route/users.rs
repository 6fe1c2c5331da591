//! `/manage/v1/users`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::access::{Admin, area};
use crate::api::{CreateUser, Page, PageQuery, User};
use crate::control::Control;
use crate::doc::Routes;
use crate::error::ControlError;
use crate::input::{Asked, Body};
use crate::output::Created;

pub(crate) fn routes() -> Routes {
    Routes::new()
        .get("/manage/v1/users", "listUsers", "Lists users.", list)
        .post("/manage/v1/users", "createUser", "Makes a user.", create)
}

pub(crate) async fn list(
    _: Admin<area::Users>,
    State(control): State<Arc<Control>>,
    Asked(page): Asked<PageQuery>,
) -> Result<Json<Page<User>>, ControlError> {
    control.users(page).await.map(Json)
}

pub(crate) async fn create(
    by: Admin<area::Users>,
    State(control): State<Arc<Control>>,
    Body(new): Body<CreateUser>,
) -> Result<Created<User>, ControlError> {
    control.create_user(&by, new).await.map(Created)
}
