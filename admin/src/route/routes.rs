//! `/manage/v1/routes`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::access::{Admin, area};
use crate::api::{Page, Route};
use crate::control::Control;
use crate::doc::Routes;
use crate::error::ControlError;

pub(crate) fn routes() -> Routes {
    Routes::new().get(
        "/manage/v1/routes",
        "listRoutes",
        "Lists the routes of the configuration, with what bounds a request on each.",
        list,
    )
}

async fn list(
    _: Admin<area::System>,
    State(control): State<Arc<Control>>,
) -> Result<Json<Page<Route>>, ControlError> {
    let items = control.routes().to_vec();
    Ok(Json(Page { items, next: None }))
}
