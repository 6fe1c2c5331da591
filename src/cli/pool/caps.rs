//! `potluck pool caps`: what a contributor allows. Days are those of UTC.

use std::str::FromStr;

use clap::Args;
use potluck_admin::api::{Caps, EditCaps, Hours};
use potluck_filters::model::Zone;
use serde_json::json;

use super::act::PoolKeys;
use crate::cli::exit::Failure;
use crate::cli::keys::Most;
use crate::cli::list::typed;
use crate::cli::{print, table};

/// Each cap by itself.
#[derive(Debug, Args)]
pub(super) struct CapFlags {
    /// Only generations that cost the account nothing.
    #[arg(long, conflicts_with = "no_free_only")]
    free_only: bool,
    /// Also generations that cost Anlas.
    #[arg(long)]
    no_free_only: bool,
    /// Anlas that may be spent on a day (UTC): a number or `none`. 0 allows nothing.
    #[arg(long, value_name = "N")]
    anlas_per_day: Option<Most>,
    /// Anlas that must stay on the account.
    #[arg(long, value_name = "N")]
    keep_anlas: Option<u32>,
    /// Requests that may be served on a day (UTC): a number or `none`. 0 allows nothing.
    #[arg(long, value_name = "N")]
    requests_per_day: Option<Most>,
    /// Hours of the day in which it may serve, such as 22-6; or `all`.
    #[arg(long, value_name = "FROM-TO")]
    hours: Option<Open>,
    /// Whose clocks show those hours, such as Asia/Ho_Chi_Minh.
    #[arg(long, value_name = "ZONE", default_value = "UTC", requires = "hours")]
    zone: Zone,
}

impl CapFlags {
    fn edit(&self) -> EditCaps {
        EditCaps {
            free_only: match (self.free_only, self.no_free_only) {
                (true, _) => Some(true),
                (false, true) => Some(false),
                (false, false) => None,
            },
            anlas_per_day: self.anlas_per_day.map(|most| most.0),
            keep_anlas: self.keep_anlas,
            requests_per_day: self.requests_per_day.map(|most| most.0),
            hours: self.hours.map(|open| {
                open.0.map(|hours| Hours {
                    zone: self.zone,
                    ..hours
                })
            }),
        }
    }

    /// Whether any was said.
    pub(super) fn are_given(&self) -> bool {
        self.edit() != EditCaps::default()
    }

    /// The caps of a key that is brought with them.
    pub(super) fn new_caps(&self) -> Caps {
        self.edit().on(Caps::default())
    }
}

#[derive(Debug, Args)]
pub(in crate::cli) struct CapsArgs {
    /// Its id or label.
    key: String,
    #[command(flatten)]
    flags: CapFlags,
    /// Allow everything.
    #[arg(
        long,
        conflicts_with_all = ["free_only", "no_free_only", "anlas_per_day", "keep_anlas", "requests_per_day", "hours"]
    )]
    clear: bool,
}

/// Hours of the day, or all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Open(Option<Hours>);

impl FromStr for Open {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "all" {
            return Ok(Self(None));
        }
        let hour = |text: &str| text.trim().parse::<u8>().ok().filter(|hour| *hour <= 24);
        let (from, to) = text
            .split_once('-')
            .and_then(|(from, to)| Some((hour(from)?, hour(to)?)))
            .filter(|(from, to)| from % 24 != to % 24)
            .ok_or("write full hours from 0 to 24, such as 22-6; or `all`")?;
        let zone = Zone::default();
        Ok(Self(Some(Hours { from, to, zone })))
    }
}

/// Everything is allowed.
const NO_CAPS: EditCaps = EditCaps {
    free_only: Some(false),
    anlas_per_day: Some(None),
    keep_anlas: Some(0),
    requests_per_day: Some(None),
    hours: Some(None),
};

pub(super) async fn run(arguments: CapsArgs, keys: &PoolKeys<'_>) -> Result<(), Failure> {
    let path = keys.path(&arguments.key).await?;
    let flags = arguments.flags;
    let caps = match (arguments.clear, flags.are_given()) {
        (true, _) => Some(NO_CAPS),
        (false, true) => Some(flags.edit()),
        (false, false) => None,
    };
    let answer = match caps {
        Some(caps) => keys.api.patch(&path, &json!({ "caps": caps })).await?,
        None => keys.api.get(&path).await?,
    };
    let caps = answer.get("caps").cloned().unwrap_or_default();
    if keys.options.json {
        print::json(&caps);
        return Ok(());
    }
    print::text(&table::card(&rows(&typed(caps)?)));
    Ok(())
}

/// One line for each cap.
pub(super) fn rows(caps: &Caps) -> Vec<(&'static str, String)> {
    let most = |most: Option<u32>| most.map_or_else(|| "no cap".to_owned(), |most| most.to_string());
    let keep = if caps.keep_anlas == 0 {
        "none".to_owned()
    } else {
        caps.keep_anlas.to_string()
    };
    let hours = caps.hours.map_or_else(
        || "all".to_owned(),
        |hours| {
            format!(
                "{:02}:00 to {:02}:00 ({})",
                hours.from,
                hours.to,
                hours.zone.name()
            )
        },
    );
    vec![
        (
            "free generations only",
            if caps.free_only { "yes" } else { "no" }.to_owned(),
        ),
        ("Anlas per day (UTC)", most(caps.anlas_per_day)),
        ("Anlas to keep", keep),
        ("requests per day (UTC)", most(caps.requests_per_day)),
        ("hours", hours),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_go_from_one_full_hour_to_another() {
        for (text, from, to) in [
            ("22-6", 22, 6),
            ("0-24", 0, 24),
            ("8 - 11", 8, 11),
            ("22-24", 22, 24),
        ] {
            let read = text.parse::<Open>();
            if from % 24 == to % 24 {
                assert!(read.is_err(), "{text}");
            } else {
                assert_eq!(
                    read,
                    Ok(Open(Some(Hours {
                        from,
                        to,
                        zone: Zone::default()
                    }))),
                    "{text}"
                );
            }
        }
        assert_eq!("all".parse(), Ok(Open(None)));
        for text in ["", "22", "22-", "6-25", "7-7", "22:00-06:00", "-1-5"] {
            assert!(text.parse::<Open>().is_err(), "{text}");
        }
    }
}
