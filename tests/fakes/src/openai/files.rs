//! `/v1/files`: what one key stored, no other key sees.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::form::Form;
use super::keys::StoredFile;
use super::refusal::Refusal;
use super::world::{CREATED, Caller, World, missing};

/// Files of one page where the request does not say.
const PAGE: usize = 10_000;

pub(super) async fn create(
    State(world): State<World>,
    caller: Caller,
    form: Form,
) -> Result<Json<Value>, Refusal> {
    let file = form.require("file")?;
    let purpose = form.text("purpose").ok_or_else(|| missing("purpose"))?;
    world.pace.work().await;
    let id = world.id("file-");
    let about = json!({
        "id": id, "object": "file", "bytes": file.content.len(), "created_at": CREATED,
        "filename": file.filename, "purpose": purpose, "status": "processed",
    });
    let stored = StoredFile {
        about: about.clone(),
        content: file.content.clone(),
    };
    world
        .keys
        .with(&caller.key, |account| account.files.insert(id, stored));
    Ok(Json(about))
}

/// Which files to list.
#[derive(Deserialize)]
pub(super) struct Wanted {
    purpose: Option<String>,
    after: Option<String>,
    limit: Option<usize>,
}

pub(super) async fn list(
    State(world): State<World>,
    caller: Caller,
    Query(wanted): Query<Wanted>,
) -> Json<Value> {
    let fits = |id: &str, about: &Value| {
        wanted.after.as_deref().is_none_or(|after| id > after)
            && wanted
                .purpose
                .as_deref()
                .is_none_or(|purpose| about.get("purpose") == Some(&json!(purpose)))
    };
    let mut found: Vec<Value> = world
        .keys
        .with(&caller.key, |account| {
            let fitting = account.files.iter().filter(|(id, file)| fits(id, &file.about));
            fitting.map(|(_, file)| file.about.clone()).collect()
        })
        .unwrap_or_default();
    let limit = wanted.limit.unwrap_or(PAGE);
    let has_more = found.len() > limit;
    found.truncate(limit);
    let id = |about: Option<&Value>| about.and_then(|about| about.get("id").cloned());
    let (first, last) = (id(found.first()), id(found.last()));
    Json(json!({"object": "list", "data": found, "has_more": has_more, "first_id": first, "last_id": last}))
}

pub(super) async fn show(
    State(world): State<World>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let found = world.keys.with(&caller.key, |account| {
        account.files.get(&id).map(|file| file.about.clone())
    });
    found.flatten().map(Json).ok_or_else(|| unknown(id))
}

pub(super) async fn content(
    State(world): State<World>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let found = world.keys.with(&caller.key, |account| {
        account.files.get(&id).map(|file| file.content.clone())
    });
    let content = found.flatten().ok_or_else(|| unknown(id))?;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], content).into_response())
}

pub(super) async fn delete(
    State(world): State<World>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    match world
        .keys
        .with(&caller.key, |account| account.files.remove(&id))
        .flatten()
    {
        Some(_) => Ok(Json(json!({"id": id, "object": "file", "deleted": true}))),
        None => Err(unknown(id)),
    }
}

fn unknown(id: String) -> Refusal {
    Refusal::NoSuchObject { what: "File", id }
}
