//! `/manage/v1/upstreams/{name}/nodes`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use crate::api::{AddNode, EditNode, Node, NodeGrant, Page};
use crate::caller::Caller;
use crate::control::Control;
use crate::error::ControlError;
use crate::input::{Body, Named, NamedTwice};

pub(crate) async fn list(
    _: Caller,
    State(control): State<Arc<Control>>,
    Named(upstream): Named,
) -> Result<Json<Page<Node>>, ControlError> {
    control.nodes(&upstream).await.map(Json)
}

pub(crate) async fn add(
    _: Caller,
    State(control): State<Arc<Control>>,
    Named(upstream): Named,
    Body(new): Body<AddNode>,
) -> Result<(StatusCode, Json<Node>), ControlError> {
    control
        .add_node(&upstream, new)
        .await
        .map(|added| (StatusCode::CREATED, Json(added)))
}

pub(crate) async fn show(
    _: Caller,
    State(control): State<Arc<Control>>,
    NamedTwice(upstream, node): NamedTwice,
) -> Result<Json<Node>, ControlError> {
    control.node(&upstream, &node).await.map(Json)
}

pub(crate) async fn edit(
    _: Caller,
    State(control): State<Arc<Control>>,
    NamedTwice(upstream, node): NamedTwice,
    Body(edit): Body<EditNode>,
) -> Result<Json<Node>, ControlError> {
    control.edit_node(&upstream, &node, edit).await.map(Json)
}

pub(crate) async fn remove(
    _: Caller,
    State(control): State<Arc<Control>>,
    NamedTwice(upstream, node): NamedTwice,
) -> Result<Json<Node>, ControlError> {
    control.remove_node(&upstream, &node).await.map(Json)
}

pub(crate) async fn activate(
    _: Caller,
    State(control): State<Arc<Control>>,
    NamedTwice(upstream, node): NamedTwice,
) -> Result<Json<Node>, ControlError> {
    control.activate_node(&upstream, &node).await.map(Json)
}

pub(crate) async fn check(
    _: Caller,
    State(control): State<Arc<Control>>,
    NamedTwice(upstream, node): NamedTwice,
) -> Result<Json<Node>, ControlError> {
    control.check_node(&upstream, &node).await.map(Json)
}

pub(crate) async fn grant(
    _: Caller,
    State(control): State<Arc<Control>>,
    NamedTwice(upstream, node): NamedTwice,
) -> Result<Json<NodeGrant>, ControlError> {
    control.grant_node(&upstream, &node).await.map(Json)
}
