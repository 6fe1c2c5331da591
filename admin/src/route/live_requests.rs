//! `/manage/v1/live-requests` and their like.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::access::{Admin, Member, area};
use crate::api::{LiveRequest, MyLiveRequest, Page, WaitingLine};
use crate::control::Control;
use crate::doc::Routes;
use crate::error::ControlError;
use crate::input::Named;

pub(crate) fn routes() -> Routes {
    Routes::new()
        .get(
            "/manage/v1/me/live-requests",
            "listMyLiveRequests",
            "Lists one's own requests that are on their way, the oldest first.",
            mine,
        )
        .get(
            "/manage/v1/live-requests",
            "listLiveRequests",
            "Lists the requests that are on their way, the oldest first.",
            all,
        )
        .get(
            "/manage/v1/upstreams/{name}/queue",
            "showQueue",
            "Shows who waits for a pool key of an upstream.",
            queue,
        )
}

async fn mine(
    me: Member<area::Keys>,
    State(control): State<Arc<Control>>,
) -> Result<Json<Page<MyLiveRequest>>, ControlError> {
    Ok(Json(Page::whole(control.my_live_requests(me.user()))))
}

async fn all(
    _: Admin<area::System>,
    State(control): State<Arc<Control>>,
) -> Result<Json<Page<LiveRequest>>, ControlError> {
    Ok(Json(Page::whole(control.live_requests())))
}

async fn queue(
    _: Admin<area::System>,
    State(control): State<Arc<Control>>,
    Named(name): Named,
) -> Result<Json<WaitingLine>, ControlError> {
    control.waiting_line(&name).map(Json)
}
