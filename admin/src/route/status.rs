//! `/manage/v1/status`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::access::{Admin, area};
use crate::api::Status;
use crate::control::Control;
use crate::doc::Routes;
use crate::error::ControlError;

pub(crate) fn routes() -> Routes {
    Routes::new().get(
        "/manage/v1/status",
        "showStatus",
        "Says how the relay is.",
        status,
    )
}

pub(crate) async fn status(
    _: Admin<area::System>,
    State(control): State<Arc<Control>>,
) -> Result<Json<Status>, ControlError> {
    control.status().await.map(Json)
}
