//! `/manage/v1/findings`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::access::{Admin, area};
use crate::api::{Acknowledge, Finding, FindingQuery, Findings};
use crate::control::Control;
use crate::doc::Routes;
use crate::error::ControlError;
use crate::input::{Asked, Body, Id};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .get(
            "/manage/v1/findings",
            "listFindings",
            "Lists what is wrong, the newest first.",
            list,
        )
        .get(
            "/manage/v1/findings/{id}",
            "showFinding",
            "Shows a finding.",
            show,
        )
        .post(
            "/manage/v1/findings/{id}/acknowledge",
            "acknowledgeFinding",
            "Takes note of a finding, so that others see that somebody is at it.",
            acknowledge,
        )
}

async fn list(
    _: Admin<area::System>,
    State(control): State<Arc<Control>>,
    Asked(query): Asked<FindingQuery>,
) -> Result<Json<Findings>, ControlError> {
    control.findings(&query).await.map(Json)
}

async fn show(
    _: Admin<area::System>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
) -> Result<Json<Finding>, ControlError> {
    control.finding(id).await.map(Json)
}

async fn acknowledge(
    by: Admin<area::System>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
    Body(said): Body<Acknowledge>,
) -> Result<Json<Finding>, ControlError> {
    control.acknowledge_finding(&by, id, said).await.map(Json)
}
