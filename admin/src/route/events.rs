//! `/manage/v1/events`, and `/manage/v1/me/events` for members.

use std::sync::Arc;

use axum::extract::State;

use crate::access::{Admin, Member, area};
use crate::api::ListenQuery;
use crate::control::Control;
use crate::doc::Routes;
use crate::error::ControlError;
use crate::events::EventStream;
use crate::input::{Asked, LastEvent};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .get(
            "/manage/v1/events",
            "listen",
            "Tells what happens, as it happens: `hello`, `patch`, `stale`, `series`.",
            all,
        )
        .get(
            "/manage/v1/me/events",
            "listenToMine",
            "Tells what happens to what is one's own, as it happens: `hello`, `stale`, `series`.",
            mine,
        )
}

async fn all(
    by: Admin<area::System>,
    State(control): State<Arc<Control>>,
    Asked(query): Asked<ListenQuery>,
    LastEvent(last): LastEvent,
) -> Result<EventStream, ControlError> {
    control.listen(*by, None, &query, last)
}

async fn mine(
    by: Member<area::Account>,
    State(control): State<Arc<Control>>,
    Asked(query): Asked<ListenQuery>,
    LastEvent(last): LastEvent,
) -> Result<EventStream, ControlError> {
    control.listen(*by, Some(by.user()), &query, last)
}
