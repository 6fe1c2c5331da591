//! `/manage/v1/me/jobs`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::access::{Member, area};
use crate::api::{ImportJob, Page, PageQuery};
use crate::control::Control;
use crate::doc::Routes;
use crate::error::ControlError;
use crate::input::{Asked, Id};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .get("/manage/v1/me/jobs", "listMyJobs", "Lists your imports.", list)
        .get(
            "/manage/v1/me/jobs/{id}",
            "showMyJob",
            "Shows an import of yours, line by line.",
            show,
        )
}

async fn list(
    me: Member<area::Pool>,
    State(control): State<Arc<Control>>,
    Asked(page): Asked<PageQuery>,
) -> Result<Json<Page<ImportJob>>, ControlError> {
    control.my_jobs(me.user(), page).await.map(Json)
}

async fn show(
    me: Member<area::Pool>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
) -> Result<Json<ImportJob>, ControlError> {
    control.my_job(me.user(), id).await.map(Json)
}
