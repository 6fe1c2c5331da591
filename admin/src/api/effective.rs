//! What the relay runs with: each setting with where it came from, and how it can be changed. Never a secret.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the relay runs with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Effective {
    /// Each setting: those that are edited online, then those of the configuration.
    pub settings: Vec<EffectiveSetting>,
    /// Each secret: whether it is set, never what it is.
    pub secrets: Vec<SecretSetting>,
}

/// One setting with the value that counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EffectiveSetting {
    /// Its name, top down, as in `limits.keep_alive` or `routes[0].prefix`.
    pub key: String,
    /// What counts; `null` where nothing is set.
    pub value: serde_json::Value,
    /// Where that came from.
    pub source: SettingSource,
    /// The file with line and column, the variable or the flag that says so; `null` for the others.
    pub place: Option<String>,
    /// Whether it is what the program would do by itself.
    pub is_default: bool,
    /// What it takes to change it.
    pub change: SettingChange,
    /// The path of the API where it is edited, where that is done online.
    pub change_at: Option<String>,
}

/// Where a setting came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SettingSource {
    /// Nobody has set it.
    Default,
    /// The configuration file.
    File,
    /// A variable.
    Environment,
    /// A flag of the command line.
    Flag,
    /// It was edited while the relay ran.
    Online,
}

/// What it takes to change a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SettingChange {
    /// An edit; it counts at once.
    Online,
    /// Another configuration, and a restart.
    Restart,
}

/// A secret, of which only this is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SecretSetting {
    /// Its name among the secrets.
    pub name: String,
    /// Whether there is one.
    pub is_set: bool,
    /// The file or the variable that it came from, where that is known.
    pub place: Option<String>,
}
