//! What a contributor allows others to do with a pool key.

use potluck_filters::model::{self, Zone};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::client_key::at_most;
use super::patch::given;

/// Caps of a pool key. An absent one caps nothing; 0 is never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Caps {
    /// Only generations that cost the account nothing.
    pub free_only: bool,
    /// Anlas that may be spent on a day (UTC); `null` is no cap.
    pub anlas_per_day: Option<u32>,
    /// Anlas that must stay on the account.
    pub keep_anlas: u32,
    /// Requests that may be served on a day (UTC); `null` is no cap.
    pub requests_per_day: Option<u32>,
    /// Hours of the day in which it may serve; `null` is all of them.
    pub hours: Option<Hours>,
}

/// From one full hour of the day to another, over midnight where `to` is not later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// 0 to 23.
    pub from: u8,
    /// 1 to 24.
    pub to: u8,
    /// Whose clocks show them: a zone of the IANA database, such as `Asia/Ho_Chi_Minh`. UTC when absent.
    #[serde(default)]
    pub zone: Zone,
}

impl Hours {
    /// Where a day's hours begin and end; `None` where they never do.
    pub(super) fn of(hours: model::Hours) -> Option<Self> {
        let open = |hour: u8| hours.has(hour);
        let from = (0..24).find(|hour| open(*hour) && !open((hour + 23) % 24))?;
        let to = (1..=24).find(|hour| !open(hour % 24) && open(hour - 1))?;
        let zone = hours.zone();
        Some(Self { from, to, zone })
    }
}

impl From<model::Caps> for Caps {
    fn from(caps: model::Caps) -> Self {
        Self {
            free_only: caps.free_only,
            anlas_per_day: at_most(caps.anlas_per_day),
            keep_anlas: caps.keep_anlas,
            requests_per_day: at_most(caps.requests_per_day),
            hours: Hours::of(caps.hours),
        }
    }
}

/// What to edit of a pool key's caps. An absent field stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EditCaps {
    /// Only generations that cost the account nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_only: Option<bool>,
    /// Anlas that may be spent on a day (UTC); `null` is no cap.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub anlas_per_day: Option<Option<u32>>,
    /// Anlas that must stay on the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_anlas: Option<u32>,
    /// Requests that may be served on a day (UTC); `null` is no cap.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub requests_per_day: Option<Option<u32>>,
    /// Hours of the day in which it may serve; `null` is all of them.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub hours: Option<Option<Hours>>,
}

impl EditCaps {
    /// The caps with the edit done.
    #[must_use]
    pub fn on(self, caps: Caps) -> Caps {
        Caps {
            free_only: self.free_only.unwrap_or(caps.free_only),
            anlas_per_day: self.anlas_per_day.unwrap_or(caps.anlas_per_day),
            keep_anlas: self.keep_anlas.unwrap_or(caps.keep_anlas),
            requests_per_day: self.requests_per_day.unwrap_or(caps.requests_per_day),
            hours: self.hours.unwrap_or(caps.hours),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_shown_as_they_were_given() {
        for (from, to) in [(8, 11), (22, 2), (22, 24), (0, 1), (0, 23), (23, 24)] {
            let hours = model::Hours::between(from, to).unwrap();
            for zone in ["UTC", "Asia/Kathmandu"].map(|name| name.parse().unwrap()) {
                assert_eq!(Hours::of(hours.in_zone(zone)), Some(Hours { from, to, zone }));
            }
        }
        assert_eq!(Hours::of(model::Hours::default()), None);
    }

    #[test]
    fn the_page_about_caps_has_each_of_them_with_its_default() {
        let page = include_str!("../../../docs/caps.md");
        let fields = serde_json::to_value(Caps::default()).unwrap();
        for (field, default) in fields.as_object().unwrap() {
            let row = page
                .lines()
                .find(|line| line.starts_with(&format!("| `{field}` |")));
            let row = row.unwrap_or_else(|| panic!("no row for {field}"));
            let without = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
            assert!(without.starts_with(&format!("`{default}`: ")), "{row}");
        }
        let rows = page.lines().filter(|line| line.starts_with("| `")).count();
        assert_eq!(rows, fields.as_object().unwrap().len());
    }

    #[test]
    fn an_edit_changes_what_it_names() {
        let before = Caps {
            free_only: true,
            anlas_per_day: Some(5),
            keep_anlas: 7,
            requests_per_day: None,
            hours: Some(Hours {
                from: 1,
                to: 2,
                zone: Zone::default(),
            }),
        };
        assert_eq!(EditCaps::default().on(before), before);
        let edit = EditCaps {
            anlas_per_day: Some(None),
            requests_per_day: Some(Some(0)),
            ..EditCaps::default()
        };
        let after = Caps {
            anlas_per_day: None,
            requests_per_day: Some(0),
            ..before
        };
        assert_eq!(edit.on(before), after);
    }
}
