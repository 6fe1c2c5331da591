//! What is set for the whole relay while it runs.
//!
//! Invariant: what could lock the operator out (secrets, listeners, the database, other origins) is not among it:
//! that stands in the configuration alone.

use potluck_filters::id::Revision;
use potluck_store::table::settings::Set;
use serde::de::DeserializeOwned;

use super::Control;
use super::fields::{self, Faults};
use crate::api::{EditSettings, Registration, Settings};
use crate::audit::{Act, Note, Object, ObjectKind, Shown};
use crate::caller::By;
use crate::error::ControlError;
use crate::input::IfMatch;

/// The settings' names in the database.
const NAME: &str = "name";
const NOTICE: &str = "notice";
const REGISTRATION: &str = "registration";

/// Characters of the longest notice.
const LONGEST_NOTICE: usize = 2000;

impl Shown for Settings {}

impl Control {
    /// What is set.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn settings(&self) -> Result<Settings, ControlError> {
        Ok(read(&self.store.settings().await?))
    }

    /// Edits what is set.
    ///
    /// # Errors
    /// When somebody has changed it meanwhile, or a field cannot be what it is.
    pub async fn edit_settings(
        &self,
        by: &By,
        expected: IfMatch,
        edit: EditSettings,
    ) -> Result<Settings, ControlError> {
        let mut turn = self.turn(by).await?;
        let before = read(&turn.change.settings().await?);
        expected.fits(before.revision)?;
        let mut now = before.clone();
        apply(&mut now, edit)?;
        for (name, json) in changed(&before, &now)? {
            turn.change.set_setting(name, &json).await?;
        }
        now.revision = turn.change.revision();
        let object = Object::named(ObjectKind::Settings, "settings");
        let note = Note::new(Act::SettingsEdited, object).was(&before).is(&now);
        turn.end(note).await?;
        self.settings().await
    }
}

fn read(set: &[Set]) -> Settings {
    let revision = set.iter().map(|(_, _, revision)| *revision).max();
    Settings {
        name: value(set, NAME),
        notice: value(set, NOTICE),
        registration: registration(set),
        revision: Revision(revision.unwrap_or_default()),
    }
}

/// What cannot be read opens nothing.
fn registration(set: &[Set]) -> Registration {
    if set.iter().any(|(name, _, _)| name == REGISTRATION) {
        value(set, REGISTRATION).unwrap_or(Registration::Closed)
    } else {
        Registration::default()
    }
}

/// What cannot be read is as if it had not been set.
fn value<T: DeserializeOwned>(set: &[Set], name: &str) -> Option<T> {
    let (_, json, _) = set.iter().find(|(known, _, _)| known == name)?;
    serde_json::from_str(json).ok()
}

fn apply(settings: &mut Settings, edit: EditSettings) -> Result<(), ControlError> {
    let mut faults = Faults::default();
    if let Some(name) = edit.name {
        settings.name = faults.take(name.map(|name| fields::name("name", &name)).transpose());
    }
    if let Some(notice) = edit.notice {
        settings.notice = faults.take(notice.map(|notice| whole_notice(&notice)).transpose());
    }
    if let Some(registration) = edit.registration {
        settings.registration = registration;
    }
    faults.end()
}

fn whole_notice(text: &str) -> Result<String, ControlError> {
    let odd = |c: char| c.is_control() && c != '\n';
    let text = text.trim();
    if text.is_empty() || text.chars().count() > LONGEST_NOTICE || text.chars().any(odd) {
        let why = format!("must be 1 to {LONGEST_NOTICE} characters of plain text; `null` takes it away");
        return Err(ControlError::invalid("notice", why));
    }
    Ok(text.to_owned())
}

/// The settings that differ, as they are stored.
fn changed(before: &Settings, now: &Settings) -> Result<Vec<(&'static str, String)>, ControlError> {
    let mut changed = Vec::new();
    let json = |json: Result<String, serde_json::Error>| json.map_err(|_| ControlError::Ended);
    if before.name != now.name {
        changed.push((NAME, json(serde_json::to_string(&now.name))?));
    }
    if before.notice != now.notice {
        changed.push((NOTICE, json(serde_json::to_string(&now.notice))?));
    }
    if before.registration != now.registration {
        changed.push((REGISTRATION, json(serde_json::to_string(&now.registration))?));
    }
    Ok(changed)
}
