//! Rules of the operator's own: what an upstream's answers mean beyond what the relay knows of its kind.

mod check;
mod resolve;
mod status;

use std::borrow::Cow;

use potluck_filters::judge::{CoolDown, Outcome, Retry, Scope, Stage};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

pub(super) use check::check;
pub(super) use resolve::table;
pub use status::Statuses;
pub(super) use status::range as status_range;

use super::one_or_many::OneOrMany;

/// A rule that is looked at before the built-in ones. The first that matches wins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnRule {
    /// The answer's status: `418`, `5xx`, `400-499`, or a list of them. From 300 on: what is below is never an
    /// error. Either this or `failed` is required.
    #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
    pub status: OneOrMany<Statuses>,
    /// How far an attempt without an answer came: `proxy` (no way out through an outbound proxy), `connect` (no
    /// connection), `send` (the request was not completely sent), `first-byte` (no answer began) or `body` (the answer broke off); or a list of them.
    #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
    #[schemars(with = "OneOrMany<StageWord>")]
    pub failed: OneOrMany<Stage>,
    /// With `failed`: whether a time-out ended the attempt. Default: either way.
    #[serde(default)]
    pub timed_out: Option<bool>,
    /// With `status`: what sort of document the answer carries, by its content type or else its first character.
    #[serde(default)]
    #[schemars(with = "String", extend("enum" = ["any", "html", "json", "other"]))]
    pub content: WhichContent,
    /// With `status`: text in the first 4 KiB of the answer, whatever the case of ASCII letters, or a list of
    /// texts of which one must be there. Errors repeat what clients sent: a text should excuse a key rather than
    /// blame it. Default: any.
    #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
    pub contains: OneOrMany<String>,
    /// Whom it blames. Required.
    #[schemars(with = "String", extend("enum" = ["ok", "client", "key", "quota", "busy", "upstream", "egress", "relay"]))]
    pub outcome: Outcome,
    /// What rests. Default: `key` for `key`, `quota` and `busy`, `node` for `upstream`, `proxy` for `egress`.
    #[serde(default)]
    #[schemars(with = "String", extend("enum" = ["none", "key", "key-model", "node", "proxy", "upstream"]))]
    pub scope: Option<Scope>,
    /// For how long, as a class of `cool_downs`. Default: `credential` for `key`, `payment` for `quota`,
    /// `rate-limited` for `busy` and `egress`, `server-error` for `upstream`.
    #[serde(default)]
    #[schemars(with = "String", extend("enum" = ["none", "conflict", "rate-limited", "server-error", "payment", "credential", "connect"]))]
    pub cool_down: Option<CoolDown>,
    /// Whether another attempt may be made. Default: after an answer `next-key` for `key`, `quota` and `busy`,
    /// `elsewhere-once` for `egress`; else `never`.
    #[serde(default)]
    #[schemars(with = "String", extend("enum" = ["never", "next-key", "elsewhere-once"]))]
    pub retry: Option<Retry>,
}

/// Which sort of document a rule is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WhichContent {
    /// Whatever it is.
    #[default]
    Any,
    /// A page for people.
    Html,
    /// The API's own envelope.
    Json,
    /// Neither.
    Other,
}

/// Stands for [`Stage`] in the schema; the words are those that it reads.
enum StageWord {}

impl JsonSchema for StageWord {
    fn schema_name() -> Cow<'static, str> {
        "stage".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "enum": ["proxy", "connect", "send", "first-byte", "body"] })
    }
}

/// An outcome, scope and so on, as the configuration writes it.
pub(crate) fn word(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(_) | Err(_) => String::new(),
    }
}
