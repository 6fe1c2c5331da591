//! `/v1/fine_tuning/jobs`: a job names a file of its key, and its model is there when it is looked at.

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::refusal::Refusal;
use super::world::{Ask, CREATED, Caller, World};

pub(super) async fn create(
    State(world): State<World>,
    caller: Caller,
    ask: Ask,
) -> Result<Json<Value>, Refusal> {
    let model = ask.model(&world)?;
    let training = ask
        .require("training_file")?
        .as_str()
        .unwrap_or_default()
        .to_owned();
    world.know_file(&caller, &training)?;
    let id = world.id("ftjob-");
    let about = json!({
        "id": id, "object": "fine_tuning.job", "created_at": CREATED, "model": model, "status": "queued",
        "training_file": training, "validation_file": null, "result_files": [], "fine_tuned_model": null,
        "organization_id": "org-fake", "seed": 1, "error": null, "finished_at": null, "trained_tokens": null,
        "hyperparameters": {"n_epochs": "auto"},
    });
    let mut done = about.clone();
    if let Some(done) = done.as_object_mut() {
        done.insert("status".to_owned(), "succeeded".into());
        done.insert(
            "fine_tuned_model".to_owned(),
            format!("ft:{model}:fake::{id}").into(),
        );
    }
    world
        .keys
        .with(&caller.key, |account| account.objects.insert(id, done));
    Ok(Json(about))
}

pub(super) async fn show(
    State(world): State<World>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    world.object(&caller, "FineTuningJob", id).map(Json)
}

pub(super) async fn cancel(
    State(world): State<World>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    world.change(&caller, "FineTuningJob", id, "cancelled").map(Json)
}

pub(super) async fn events(
    State(world): State<World>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    world.object(&caller, "FineTuningJob", id)?;
    Ok(Json(json!({"object": "list", "data": [], "has_more": false})))
}
