//! `/manage/v1/upstreams/{name}/nodes`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::access::{Admin, area};
use crate::api::{AddNode, EditNode, Node, NodeGrant, Page};
use crate::control::Control;
use crate::doc::Routes;
use crate::error::ControlError;
use crate::input::{Body, IfMatch, Named, NamedTwice};
use crate::output::{Created, Tagged};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .get(
            "/manage/v1/upstreams/{name}/nodes",
            "listNodes",
            "Lists an upstream's nodes.",
            list,
        )
        .post(
            "/manage/v1/upstreams/{name}/nodes",
            "addNode",
            "Adds a node.",
            add,
        )
        .get(
            "/manage/v1/upstreams/{name}/nodes/{node}",
            "showNode",
            "Shows a node.",
            show,
        )
        .patch(
            "/manage/v1/upstreams/{name}/nodes/{node}",
            "editNode",
            "Edits a node.",
            edit,
        )
        .delete(
            "/manage/v1/upstreams/{name}/nodes/{node}",
            "removeNode",
            "Takes a node out.",
            remove,
        )
        .post(
            "/manage/v1/upstreams/{name}/nodes/{node}/activate",
            "activateNode",
            "Has the policy `active-first` prefer a node.",
            activate,
        )
        .post(
            "/manage/v1/upstreams/{name}/nodes/{node}/check",
            "checkNode",
            "Checks a node now.",
            check,
        )
        .post(
            "/manage/v1/upstreams/{name}/nodes/{node}/grant",
            "grantNode",
            "Lets the operators' own pool keys go to a node's host.",
            grant,
        )
}

pub(crate) async fn list(
    _: Admin<area::System>,
    State(control): State<Arc<Control>>,
    Named(upstream): Named,
) -> Result<Json<Page<Node>>, ControlError> {
    control.nodes(&upstream).await.map(Json)
}

pub(crate) async fn add(
    by: Admin<area::System>,
    State(control): State<Arc<Control>>,
    Named(upstream): Named,
    Body(new): Body<AddNode>,
) -> Result<Created<Node>, ControlError> {
    control.add_node(&by, &upstream, new).await.map(Created)
}

pub(crate) async fn show(
    _: Admin<area::System>,
    State(control): State<Arc<Control>>,
    NamedTwice(upstream, node): NamedTwice,
) -> Result<Tagged<Node>, ControlError> {
    control.node(&upstream, &node).await.map(Tagged)
}

pub(crate) async fn edit(
    by: Admin<area::System>,
    State(control): State<Arc<Control>>,
    NamedTwice(upstream, node): NamedTwice,
    expected: IfMatch,
    Body(edit): Body<EditNode>,
) -> Result<Tagged<Node>, ControlError> {
    control
        .edit_node(&by, &upstream, &node, expected, edit)
        .await
        .map(Tagged)
}

pub(crate) async fn remove(
    by: Admin<area::System>,
    State(control): State<Arc<Control>>,
    NamedTwice(upstream, node): NamedTwice,
) -> Result<Json<Node>, ControlError> {
    control.remove_node(&by, &upstream, &node).await.map(Json)
}

pub(crate) async fn activate(
    by: Admin<area::System>,
    State(control): State<Arc<Control>>,
    NamedTwice(upstream, node): NamedTwice,
) -> Result<Json<Node>, ControlError> {
    control.activate_node(&by, &upstream, &node).await.map(Json)
}

pub(crate) async fn check(
    _: Admin<area::System>,
    State(control): State<Arc<Control>>,
    NamedTwice(upstream, node): NamedTwice,
) -> Result<Json<Node>, ControlError> {
    control.check_node(&upstream, &node).await.map(Json)
}

pub(crate) async fn grant(
    by: Admin<area::System>,
    State(control): State<Arc<Control>>,
    NamedTwice(upstream, node): NamedTwice,
) -> Result<Json<NodeGrant>, ControlError> {
    control.grant_node(&by, &upstream, &node).await.map(Json)
}
