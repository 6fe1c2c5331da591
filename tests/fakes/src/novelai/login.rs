//! `POST /user/login` and `POST /user/create-persistent-token`.
//!
//! Invariant: both answer exactly 201, for clients take nothing else for success.

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    NovelAi, access_key,
    bearer::Session,
    call::{self, Whole},
    errors::{self, Refused},
    tokens::Exists,
};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Login {
    key: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CreateToken {
    overwrite: bool,
}

pub(crate) async fn login(
    State(fake): State<NovelAi>,
    Whole(body): Whole,
) -> Result<(StatusCode, Json<Value>), Refused> {
    let Login { key } = call::json(&body)?;
    if key.len() != access_key::LENGTH {
        return Err(errors::validation("key must be 64 characters long").into());
    }
    let holders = fake.shared.holders.lock().clone();
    let holder = holders
        .iter()
        .find(|holder| holder.is_opened_by(&key))
        .ok_or_else(errors::unauthorized)?;
    let lifetime = fake.settings().session_lifetime;
    let token = fake.shared.tokens.lock().open_session(holder, lifetime);
    Ok((StatusCode::CREATED, Json(json!({ "accessToken": token }))))
}

pub(crate) async fn create_persistent_token(
    State(fake): State<NovelAi>,
    Session(holder): Session,
    Whole(body): Whole,
) -> Result<(StatusCode, Json<Value>), Refused> {
    let CreateToken { overwrite } = call::json(&body)?;
    let token = fake
        .shared
        .tokens
        .lock()
        .create_persistent(&holder, overwrite)
        .map_err(|Exists| errors::conflict("A persistent token already exists"))?;
    Ok((StatusCode::CREATED, Json(json!({ "token": token }))))
}
