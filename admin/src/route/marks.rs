//! `/manage/v1/marks`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::access::{Admin, area};
use crate::api::{Marks, MarksQuery};
use crate::control::Control;
use crate::doc::Routes;
use crate::error::ControlError;
use crate::input::Asked;

pub(crate) fn routes() -> Routes {
    Routes::new().get(
        "/manage/v1/marks",
        "listMarks",
        "Says what happened: starts of edges, changes of how requests are served, findings. The oldest first.",
        list,
    )
}

async fn list(
    _: Admin<area::System>,
    State(control): State<Arc<Control>>,
    Asked(asked): Asked<MarksQuery>,
) -> Result<Json<Marks>, ControlError> {
    control.marks(&asked).await.map(Json)
}
