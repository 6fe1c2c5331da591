//! `/manage/v1/settings`.

use std::sync::Arc;

use axum::Json;
use axum::body::{Body as HttpBody, Bytes};
use axum::extract::{FromRequest, Request, State};
use schemars::SchemaGenerator;
use serde_json::{Map, Value};

use crate::access::{Admin, area};
use crate::api::{EditSettings, Effective, Settings};
use crate::control::Control;
use crate::doc::{Input, Operation, Routes};
use crate::error::ControlError;
use crate::input::{Body, IfMatch};
use crate::output::Tagged;

const PATH: &str = "/manage/v1/settings";
const EFFECTIVE: &str = "/manage/v1/settings/effective";

pub(crate) fn routes() -> Routes {
    Routes::new()
        .get(
            PATH,
            "showSettings",
            "Shows what is set for the whole relay.",
            show,
        )
        .patch(
            PATH,
            "editSettings",
            "Edits what is set for the whole relay; what could lock the operator out is not among it.",
            edit,
        )
        .get(
            EFFECTIVE,
            "showEffectiveSettings",
            "Shows what the relay runs with: each setting, where it came from, and what it takes to change it.",
            effective,
        )
}

async fn effective(
    _: Admin<area::System>,
    State(control): State<Arc<Control>>,
) -> Result<Json<Effective>, ControlError> {
    control.effective_settings().await.map(Json)
}

async fn show(
    _: Admin<area::System>,
    State(control): State<Arc<Control>>,
) -> Result<Tagged<Settings>, ControlError> {
    control.settings().await.map(Tagged)
}

async fn edit(
    by: Admin<area::System>,
    State(control): State<Arc<Control>>,
    expected: IfMatch,
    EditableOnline(edit): EditableOnline,
) -> Result<Tagged<Settings>, ControlError> {
    control.edit_settings(&by, expected, edit).await.map(Tagged)
}

/// An edit that names nothing that only the configuration may say.
struct EditableOnline(EditSettings);

impl<S: Send + Sync> FromRequest<S> for EditableOnline {
    type Rejection = ControlError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ControlError> {
        let (head, body) = request.into_parts();
        let whole = Request::from_parts(head.clone(), body);
        let bytes = Bytes::from_request(whole, state)
            .await
            .map_err(|_| ControlError::TooLong)?;
        let asked: Map<String, Value> = serde_json::from_slice(&bytes).unwrap_or_default();
        if let Some((name, place)) = FIXED.into_iter().find(|(name, _)| asked.contains_key(*name)) {
            return Err(ControlError::NotEditableOnline { name, place });
        }
        let again = Request::from_parts(head, HttpBody::from(bytes));
        let Body(edit) = Body::from_request(again, state).await?;
        Ok(Self(edit))
    }
}

impl Input for EditableOnline {
    fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        Body::<EditSettings>::describe(operation, schemas);
    }
}

const FILE: &str = "in the configuration file (`conf/potluck.yaml`)";
const SECRETS: &str = "among the secrets (environment, `conf/secrets.env` or systemd credentials)";

/// What is never edited here, and where it is set. Section names of the configuration, and secrets.
const FIXED: [(&str, &str); 17] = [
    ("listen", FILE),
    ("admin", FILE),
    ("data", FILE),
    ("database", FILE),
    ("edge", FILE),
    ("threads", FILE),
    ("limits", FILE),
    ("upstreams", FILE),
    ("routes", FILE),
    ("probe", FILE),
    ("metrics", FILE),
    ("log", FILE),
    ("auth", FILE),
    ("cors", FILE),
    ("encryption_key", SECRETS),
    ("encryption_keys_old", SECRETS),
    ("admin_token", SECRETS),
];
