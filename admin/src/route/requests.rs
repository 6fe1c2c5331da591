//! `…/requests`: requests that have ended.

mod export;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::access::{Admin, Member, area};
use crate::api::{
    ExportMyRequests, ExportRequests, MyRequest, MyRequestsQuery, Request, RequestDetails, RequestPage,
    RequestsQuery,
};
use crate::control::Control;
use crate::doc::Routes;
use crate::error::ControlError;
use crate::input::{Asked, Named};
use export::Export;

pub(crate) fn routes() -> Routes {
    Routes::new()
        .get(
            "/manage/v1/me/requests",
            "listMyRequests",
            "Lists your requests that have ended, the newest first.",
            my_list,
        )
        .get(
            "/manage/v1/me/requests/export",
            "exportMyRequests",
            "Streams your requests that have ended, the newest first.",
            my_export,
        )
        .get(
            "/manage/v1/me/requests/{id}",
            "showMyRequest",
            "Shows a request of yours, and how it came to its end.",
            my_show,
        )
        .get(
            "/manage/v1/requests",
            "listRequests",
            "Lists requests that have ended, the newest first.",
            list,
        )
        .get(
            "/manage/v1/requests/export",
            "exportRequests",
            "Streams requests that have ended, the newest first. The audit log notes it.",
            export,
        )
        .get(
            "/manage/v1/requests/{id}",
            "showRequest",
            "Shows a request, and how it came to its end.",
            show,
        )
}

async fn my_list(
    me: Member<area::Keys>,
    State(control): State<Arc<Control>>,
    Asked(asked): Asked<MyRequestsQuery>,
) -> Result<Json<RequestPage<MyRequest>>, ControlError> {
    control.my_requests(me.user(), &asked).await.map(Json)
}

async fn my_show(
    me: Member<area::Keys>,
    State(control): State<Arc<Control>>,
    Named(id): Named,
) -> Result<Json<RequestDetails<MyRequest>>, ControlError> {
    control.my_request(me.user(), &id).await.map(Json)
}

async fn my_export(
    me: Member<area::Keys>,
    State(control): State<Arc<Control>>,
    Asked(asked): Asked<ExportMyRequests>,
) -> Result<Export, ControlError> {
    let pages = control.export_my_requests(me.user(), &asked)?;
    Export::begin::<MyRequest>(pages, asked.format.unwrap_or_default()).await
}

async fn list(
    _: Admin<area::System>,
    State(control): State<Arc<Control>>,
    Asked(asked): Asked<RequestsQuery>,
) -> Result<Json<RequestPage<Request>>, ControlError> {
    control.requests(&asked).await.map(Json)
}

async fn show(
    _: Admin<area::System>,
    State(control): State<Arc<Control>>,
    Named(id): Named,
) -> Result<Json<RequestDetails<Request>>, ControlError> {
    control.request(&id).await.map(Json)
}

async fn export(
    by: Admin<area::System>,
    State(control): State<Arc<Control>>,
    Asked(asked): Asked<ExportRequests>,
) -> Result<Export, ControlError> {
    let pages = control.export_requests(&by, &asked).await?;
    Export::begin::<Request>(pages, asked.format.unwrap_or_default()).await
}
