//! `/manage/v1/jobs`: calls that take long, of everybody.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::access::{Admin, area};
use crate::api::{Job, JobItem, JobItemQuery, JobQuery, Page};
use crate::control::Control;
use crate::doc::Routes;
use crate::error::ControlError;
use crate::input::{Asked, Id};
use crate::output::Accepted;

pub(crate) fn routes() -> Routes {
    Routes::new()
        .get(
            "/manage/v1/jobs",
            "listJobs",
            "Lists jobs, the newest first.",
            list,
        )
        .get("/manage/v1/jobs/{id}", "showJob", "Shows a job.", show)
        .get(
            "/manage/v1/jobs/{id}/items",
            "listJobItems",
            "Lists what became of each item of a job.",
            items,
        )
        .post(
            "/manage/v1/jobs/{id}/cancel",
            "cancelJob",
            "Ends a job early. What was done stays done.",
            cancel,
        )
        .post(
            "/manage/v1/jobs/{id}/retry",
            "retryJob",
            "Begins a job that tries again what failed in this one, or was left open.",
            retry,
        )
}

async fn list(
    _: Admin<area::System>,
    State(control): State<Arc<Control>>,
    Asked(query): Asked<JobQuery>,
) -> Result<Json<Page<Job>>, ControlError> {
    control.jobs(query).await.map(Json)
}

async fn show(
    _: Admin<area::System>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
) -> Result<Json<Job>, ControlError> {
    control.job(id).await.map(Json)
}

async fn items(
    _: Admin<area::System>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
    Asked(query): Asked<JobItemQuery>,
) -> Result<Json<Page<JobItem>>, ControlError> {
    control.job_items(id, query).await.map(Json)
}

async fn cancel(
    by: Admin<area::System>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
) -> Result<Json<Job>, ControlError> {
    control.cancel_job(&by, id).await.map(Json)
}

async fn retry(
    by: Admin<area::System>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
) -> Result<Accepted<Job>, ControlError> {
    control.retry_job(&by, id).await.map(Accepted)
}
