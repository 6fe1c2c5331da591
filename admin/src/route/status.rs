//! `/manage/v1/status` and `/manage/v1/about`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::access::{Admin, Anyone, area};
use crate::api::{About, Status};
use crate::control::Control;
use crate::doc::Routes;
use crate::error::ControlError;

pub(crate) fn routes() -> Routes {
    Routes::new()
        .get(
            "/manage/v1/status",
            "showStatus",
            "Says how the relay is.",
            status,
        )
        .get(
            "/manage/v1/about",
            "showAbout",
            "Says what anybody may know of the relay.",
            about,
        )
}

async fn about(_: Anyone, State(control): State<Arc<Control>>) -> Result<Json<About>, ControlError> {
    control.about().await.map(Json)
}

pub(crate) async fn status(
    _: Admin<area::System>,
    State(control): State<Arc<Control>>,
) -> Result<Json<Status>, ControlError> {
    control.status().await.map(Json)
}
