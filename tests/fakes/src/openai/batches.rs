//! `/v1/batches`: a batch names a file of its key and is done the moment it is made.

use axum::Json;
use axum::extract::{Path, State};
use bytes::Bytes;
use serde_json::{Value, json};

use super::keys::StoredFile;
use super::refusal::Refusal;
use super::world::{Ask, CREATED, Caller, World};

pub(super) async fn create(
    State(world): State<World>,
    caller: Caller,
    ask: Ask,
) -> Result<Json<Value>, Refusal> {
    let input = ask
        .require("input_file_id")?
        .as_str()
        .unwrap_or_default()
        .to_owned();
    world.know_file(&caller, &input)?;
    let endpoint = ask.require("endpoint")?.clone();
    let (id, output) = (world.id("batch_"), world.id("file-"));
    let about = json!({
        "id": id, "object": "batch", "endpoint": endpoint, "errors": null, "input_file_id": input,
        "completion_window": "24h", "status": "in_progress", "output_file_id": null, "error_file_id": null,
        "created_at": CREATED, "metadata": null,
        "request_counts": {"total": 1, "completed": 0, "failed": 0},
    });
    let made = StoredFile {
        about: json!({
            "id": output, "object": "file", "bytes": 3, "created_at": CREATED, "filename": "output.jsonl",
            "purpose": "batch_output", "status": "processed",
        }),
        content: Bytes::from_static(b"{}\n"),
    };
    let mut done = about.clone();
    if let Some(done) = done.as_object_mut() {
        done.insert("status".to_owned(), "completed".into());
        done.insert("output_file_id".to_owned(), output.clone().into());
    }
    world.keys.with(&caller.key, |account| {
        account.files.insert(output, made);
        account.objects.insert(id, done);
    });
    Ok(Json(about))
}

pub(super) async fn show(
    State(world): State<World>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    world.object(&caller, "Batch", id).map(Json)
}

pub(super) async fn cancel(
    State(world): State<World>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    world.change(&caller, "Batch", id, "cancelled").map(Json)
}
