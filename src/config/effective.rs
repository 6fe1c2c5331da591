//! The configuration as the API tells it: each setting with its value and where it came from.
//!
//! Invariant: no secret. Secrets are no part of a configuration, and a password in a database's URL is masked where it
//! is written out.

use std::collections::HashMap;

use potluck_admin::api::{Effective, EffectiveSetting, SecretSetting, SettingChange, SettingSource};
use serde_json::Value;

use super::Config;
use super::path::Path;
use super::problem::Place;
use crate::secrets::{self, Secrets};

/// What a relay runs with that was started with these.
#[must_use]
pub fn effective(config: &Config, secrets: &Secrets) -> Effective {
    let built_in: HashMap<String, Value> = leaves(&Config::default())
        .into_iter()
        .map(|(path, value)| (path.to_string(), value))
        .collect();
    let settings = leaves(config).into_iter().map(|(path, value)| {
        let (key, place) = (path.to_string(), config.origins.place(&path));
        let is_default = match built_in.get(&key) {
            Some(own) => *own == value,
            None => place.is_none(),
        };
        EffectiveSetting {
            key,
            value,
            source: source(place),
            place: place.map(ToString::to_string),
            is_default,
            change: SettingChange::Restart,
            change_at: None,
        }
    });
    Effective {
        settings: settings.collect(),
        secrets: told(secrets),
    }
}

fn source(place: Option<&Place>) -> SettingSource {
    match place {
        None | Some(Place::Default) => SettingSource::Default,
        Some(Place::File { .. }) => SettingSource::File,
        Some(Place::Named(name)) if name.starts_with("--") => SettingSource::Flag,
        Some(Place::Named(_)) => SettingSource::Environment,
    }
}

fn told(secrets: &Secrets) -> Vec<SecretSetting> {
    let one = |name: &str, is_set: bool, place: Option<&String>| SecretSetting {
        name: name.to_owned(),
        is_set,
        place: place.cloned(),
    };
    let token = secrets.admin_token.as_ref().map(|(_, place)| place);
    vec![
        one(secrets::CURRENT, true, Some(&secrets.origin)),
        one(secrets::OLD, secrets.encryption_keys_old.is_some(), None),
        one(secrets::ADMIN_TOKEN, token.is_some(), token),
    ]
}

/// Every single setting, top down.
fn leaves(config: &Config) -> Vec<(Path, Value)> {
    let mut all = Vec::new();
    if let Ok(whole) = serde_json::to_value(config) {
        below(&Path::default(), whole, &mut all);
    }
    all
}

fn below(path: &Path, value: Value, into: &mut Vec<(Path, Value)>) {
    let is_part = |value: &Value| value.is_object() || value.is_array();
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                below(&path.key(&name), value, into);
            }
        }
        Value::Array(items) if items.iter().any(is_part) => {
            for (at, value) in items.into_iter().enumerate() {
                below(&path.index(at), value, into);
            }
        }
        value @ (Value::Object(_)
        | Value::Array(_)
        | Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)) => into.push((path.clone(), value)),
    }
}
