//! `/manage/v1/outbound-proxies`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use potluck_filters::id::OutboundProxyId;

use crate::access::{Admin, area};
use crate::api::{
    AddOutboundProxy, CheckedProxy, EditOutboundProxy, OutboundProxy, Page, ReplayProxies, ReplayedProxies,
};
use crate::control::Control;
use crate::doc::Routes;
use crate::error::ControlError;
use crate::input::{Body, Id, IfMatch};
use crate::output::{Created, Tagged};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .get(
            "/manage/v1/outbound-proxies",
            "listOutboundProxies",
            "Lists outbound proxies.",
            list,
        )
        .post(
            "/manage/v1/outbound-proxies",
            "addOutboundProxy",
            "Adds an outbound proxy.",
            add,
        )
        .get(
            "/manage/v1/outbound-proxies/{id}",
            "showOutboundProxy",
            "Shows an outbound proxy, with what happened to it lately.",
            show,
        )
        .patch(
            "/manage/v1/outbound-proxies/{id}",
            "editOutboundProxy",
            "Edits an outbound proxy.",
            edit,
        )
        .delete(
            "/manage/v1/outbound-proxies/{id}",
            "removeOutboundProxy",
            "Removes an outbound proxy.",
            remove,
        )
        .post(
            "/manage/v1/outbound-proxies/{id}/check",
            "checkOutboundProxy",
            "Probes an outbound proxy now.",
            check,
        )
        .post(
            "/manage/v1/outbound-proxies/replay",
            "replayOutboundProxies",
            "Says what other settings would have made of the last day. Changes nothing.",
            replay,
        )
}

async fn replay(
    _: Admin<area::System>,
    State(control): State<Arc<Control>>,
    Body(wanted): Body<ReplayProxies>,
) -> Result<Json<ReplayedProxies>, ControlError> {
    control.replay_outbound_proxies(&wanted).await.map(Json)
}

pub(crate) async fn list(
    _: Admin<area::System>,
    State(control): State<Arc<Control>>,
) -> Result<Json<Page<OutboundProxy>>, ControlError> {
    control.outbound_proxies().await.map(Json)
}

pub(crate) async fn add(
    by: Admin<area::System>,
    State(control): State<Arc<Control>>,
    Body(new): Body<AddOutboundProxy>,
) -> Result<Created<OutboundProxy>, ControlError> {
    control.add_outbound_proxy(&by, new).await.map(Created)
}

pub(crate) async fn show(
    _: Admin<area::System>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
) -> Result<Tagged<OutboundProxy>, ControlError> {
    control.outbound_proxy(OutboundProxyId(id)).await.map(Tagged)
}

pub(crate) async fn edit(
    by: Admin<area::System>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
    expected: IfMatch,
    Body(edit): Body<EditOutboundProxy>,
) -> Result<Tagged<OutboundProxy>, ControlError> {
    control
        .edit_outbound_proxy(&by, OutboundProxyId(id), expected, edit)
        .await
        .map(Tagged)
}

pub(crate) async fn remove(
    by: Admin<area::System>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
) -> Result<Json<OutboundProxy>, ControlError> {
    control
        .remove_outbound_proxy(&by, OutboundProxyId(id))
        .await
        .map(Json)
}

pub(crate) async fn check(
    _: Admin<area::System>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
) -> Result<Json<CheckedProxy>, ControlError> {
    control.check_outbound_proxy(OutboundProxyId(id)).await.map(Json)
}
