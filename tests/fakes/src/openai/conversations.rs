//! `/v1/conversations`: made, shown, and deleted; their items are not kept.

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::refusal::Refusal;
use super::world::{CREATED, Caller, World};

pub(super) async fn create(State(world): State<World>, caller: Caller) -> Json<Value> {
    let id = world.id("conv_");
    let about = json!({"id": id, "object": "conversation", "created_at": CREATED, "metadata": {}});
    world
        .keys
        .with(&caller.key, |account| account.objects.insert(id, about.clone()));
    Json(about)
}

pub(super) async fn show(
    State(world): State<World>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    world.object(&caller, "Conversation", id).map(Json)
}

pub(super) async fn delete(
    State(world): State<World>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    world.object(&caller, "Conversation", id.clone())?;
    world
        .keys
        .with(&caller.key, |account| account.objects.remove(&id));
    Ok(Json(
        json!({"id": id, "object": "conversation.deleted", "deleted": true}),
    ))
}

pub(super) async fn items(
    State(world): State<World>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    world.object(&caller, "Conversation", id)?;
    Ok(Json(
        json!({"object": "list", "data": [], "first_id": null, "last_id": null, "has_more": false}),
    ))
}
