//! `/manage/v1/upstreams`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::access::{Admin, area};
use crate::api::{EditUpstream, Page, Upstream};
use crate::control::Control;
use crate::doc::Routes;
use crate::error::ControlError;
use crate::input::{Body, Named};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .get("/manage/v1/upstreams", "listUpstreams", "Lists upstreams.", list)
        .get(
            "/manage/v1/upstreams/{name}",
            "showUpstream",
            "Shows an upstream.",
            show,
        )
        .patch(
            "/manage/v1/upstreams/{name}",
            "editUpstream",
            "Edits what is set for an upstream.",
            edit,
        )
}

pub(crate) async fn list(
    _: Admin<area::System>,
    State(control): State<Arc<Control>>,
) -> Result<Json<Page<Upstream>>, ControlError> {
    control.upstream_page().await.map(Json)
}

pub(crate) async fn show(
    _: Admin<area::System>,
    State(control): State<Arc<Control>>,
    Named(name): Named,
) -> Result<Json<Upstream>, ControlError> {
    control.upstream(&name).await.map(Json)
}

pub(crate) async fn edit(
    by: Admin<area::System>,
    State(control): State<Arc<Control>>,
    Named(name): Named,
    Body(edit): Body<EditUpstream>,
) -> Result<Json<Upstream>, ControlError> {
    control.edit_upstream(&by, &name, edit).await.map(Json)
}
