//! `/v1/models`, and `/v1/credits` in the shape of Vercel's AI Gateway.

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::keys::dollars;
use super::refusal::Refusal;
use super::world::{CREATED, Caller, World};

pub(super) async fn list(State(world): State<World>, _caller: Caller) -> Json<Value> {
    let data: Vec<Value> = world.models.iter().map(|id| model(id)).collect();
    Json(json!({"object": "list", "data": data}))
}

/// The id may hold slashes, as they are or as `%2F`.
pub(super) async fn show(
    State(world): State<World>,
    _caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    world.know(&id)?;
    Ok(Json(model(&id)))
}

pub(super) async fn credits(State(world): State<World>, caller: Caller) -> Json<Value> {
    let of = |amount: Option<u64>| dollars(amount.unwrap_or(0));
    let (balance, used) = (world.keys.balance(&caller.key), world.keys.used(&caller.key));
    Json(json!({"balance": of(balance), "total_used": of(used)}))
}

fn model(id: &str) -> Value {
    let owner = id.split_once('/').map_or("openai", |(owner, _)| owner);
    json!({"id": id, "object": "model", "created": CREATED, "owned_by": owner})
}
