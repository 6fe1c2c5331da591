//! `/user/*`: what an account may read of itself.
//!
//! Invariant: the balance and what goes with it is open to persistent tokens; the account's own things are open to
//! login sessions only.

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::{
    Holder, NovelAi,
    bearer::{Bearer, Session},
    errors::Refused,
    subscription,
};

pub(crate) async fn subscription(State(fake): State<NovelAi>, bearer: Bearer) -> Json<Value> {
    Json(subscription::describe(&fake.settings(), &bearer.holder.ledger()))
}

pub(crate) async fn data(State(fake): State<NovelAi>, bearer: Bearer) -> Json<Value> {
    Json(json!({
        "priority": described_priority(),
        "subscription": subscription::describe(&fake.settings(), &bearer.holder.ledger()),
        "keystore": described_keystore(),
        "settings": "{}",
        "information": described(&bearer.holder),
    }))
}

pub(crate) async fn information(bearer: Bearer) -> Json<Value> {
    Json(described(&bearer.holder))
}

pub(crate) async fn priority(_: Bearer) -> Json<Value> {
    Json(described_priority())
}

pub(crate) async fn keystore(_: Session) -> Json<Value> {
    Json(described_keystore())
}

pub(crate) async fn client_settings(_: Session) -> &'static str {
    "{}"
}

pub(crate) async fn gift_keys(_: Session) -> Json<Value> {
    Json(json!({ "giftKeys": [] }))
}

pub(crate) async fn objects(_: Session) -> Json<Value> {
    Json(json!({ "objects": [] }))
}

/// What is taken and has no answer of its own.
pub(crate) async fn done(_: Session) -> Json<Value> {
    Json(json!({}))
}

/// `/ai/trial-status`: nobody here is on trial.
pub(crate) async fn trial_status(_: Bearer) -> Result<Json<Value>, Refused> {
    Ok(Json(
        json!({ "trialActivated": false, "trialActionsLeft": 0, "trialImagesLeft": 0 }),
    ))
}

fn described(holder: &Holder) -> Value {
    let (status, message) = holder.ban().map_or_else(
        || ("not_banned".to_owned(), None),
        |ban| (ban.status, Some(ban.message)),
    );
    json!({
        "emailVerified": true,
        "emailVerificationLetterSent": true,
        "trialActivated": true,
        "trialActionsLeft": 0,
        "trialImagesLeft": 0,
        "accountCreatedAt": 1_700_000_000,
        "banStatus": status,
        "banMessage": message,
        "loginMethod": if holder.has_password() { "password" } else { "sso" },
        "plainTextEmail": holder.email(),
        "hasPlaintextEmail": true,
        "needsAddressChange": false,
        "allowMarketingEmails": false,
    })
}

fn described_priority() -> Value {
    json!({ "maxPriorityActions": 1000, "nextRefillAt": 0, "taskPriority": 10 })
}

fn described_keystore() -> Value {
    json!({ "keystore": "", "changeIndex": 0 })
}
