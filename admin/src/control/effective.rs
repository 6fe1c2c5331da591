//! What the relay runs with: the configuration as it was read, and what was edited since.

use potluck_filters::snapshot::Policies;
use serde_json::json;

use super::Control;
use crate::api::{Effective, EffectiveSetting, SettingChange, SettingSource, Settings};
use crate::error::ControlError;

const SETTINGS: &str = "/manage/v1/settings";

impl Control {
    /// The same, for a process that runs with this configuration.
    #[must_use]
    pub fn configured(mut self, configured: Effective) -> Self {
        self.configured = configured;
        self
    }

    /// What the relay runs with.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn effective_settings(&self) -> Result<Effective, ControlError> {
        let policies = self.store.policies().await?;
        let mut settings = online(&self.settings().await?);
        let configured = self.configured.settings.iter().cloned();
        settings.extend(configured.map(|setting| switched(setting, &policies)));
        Ok(Effective {
            settings,
            secrets: self.configured.secrets.clone(),
        })
    }
}

/// The settings of the database, which have no place in the file.
fn online(now: &Settings) -> Vec<EffectiveSetting> {
    let own = Settings::default();
    let one = |key: &str, value: serde_json::Value, is_default: bool| EffectiveSetting {
        key: key.to_owned(),
        value,
        source: if is_default {
            SettingSource::Default
        } else {
            SettingSource::Online
        },
        place: None,
        is_default,
        change: SettingChange::Online,
        change_at: Some(SETTINGS.to_owned()),
    };
    vec![
        one("name", json!(now.name), now.name == own.name),
        one("notice", json!(now.notice), now.notice == own.notice),
        one(
            "registration",
            json!(now.registration),
            now.registration == own.registration,
        ),
    ]
}

/// How an upstream's pool keys are chosen stands in the configuration, and can be switched over it.
fn switched(mut setting: EffectiveSetting, policies: &Policies) -> EffectiveSetting {
    let upstream = setting
        .key
        .strip_prefix("upstreams.")
        .and_then(|rest| rest.strip_suffix(".policy"));
    let Some(upstream) = upstream.map(str::to_owned) else {
        return setting;
    };
    setting.change = SettingChange::Online;
    setting.change_at = Some(format!("/manage/v1/upstreams/{upstream}"));
    if let Some(policy) = policies.get(&*upstream) {
        setting.value = json!(policy);
        setting.source = SettingSource::Online;
        setting.place = None;
        setting.is_default = false;
    }
    setting
}
