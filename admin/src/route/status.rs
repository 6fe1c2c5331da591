//! `/manage/v1/status`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::api::Status;
use crate::caller::Caller;
use crate::control::Control;
use crate::error::ControlError;

pub(crate) async fn status(
    _: Caller,
    State(control): State<Arc<Control>>,
) -> Result<Json<Status>, ControlError> {
    control.status().await.map(Json)
}
