//! Pool keys as people read them.

use potluck_admin::api::{
    Account, Condition, CredentialKind, Credit, HeldBy, Hold, HoldKind, MyPoolKey, PoolKey, Source, Spent,
    Standing,
};
use potluck_filters::credit::shown;
use potluck_filters::model::PoolKeyState;
use serde_json::Value;

use super::act::PoolKeys;
use super::caps;
use crate::cli::exit::Failure;
use crate::cli::list::typed;
use crate::cli::whose::Whose;
use crate::cli::{date, list as lists, print, table};

/// A key as its contributor sees it, with what only admins are told.
pub(super) struct Seen {
    pub(super) key: MyPoolKey,
    of_admins: Option<PoolKey>,
}

/// An answer as a key.
pub(super) fn read(answer: Value, whose: Whose) -> Result<Seen, Failure> {
    Ok(match whose {
        Whose::Mine => Seen {
            key: typed(answer)?,
            of_admins: None,
        },
        Whose::Everybodys => {
            let key: PoolKey = typed(answer)?;
            Seen {
                key: key.clone().into(),
                of_admins: Some(key),
            }
        }
    })
}

impl Seen {
    fn state(&self) -> String {
        self.of_admins
            .as_ref()
            .map_or_else(|| standing(&self.key.standing), state)
    }

    fn contributor(&self) -> Option<String> {
        let key = self.of_admins.as_ref()?;
        Some(
            key.contributor_name
                .clone()
                .unwrap_or_else(|| key.contributor.to_string()),
        )
    }
}

/// All of them.
pub(super) async fn all(keys: &PoolKeys<'_>) -> Result<(), Failure> {
    let items = lists::all(keys.api, &keys.all_at()).await?;
    list(&items, keys)
}

/// These keys as a list.
pub(super) fn list(items: &[Value], keys: &PoolKeys<'_>) -> Result<(), Failure> {
    if keys.options.json {
        print::json(&lists::as_json(items));
        return Ok(());
    }
    let seen = items.iter().cloned().map(|item| read(item, keys.whose));
    let seen = seen.collect::<Result<Vec<Seen>, _>>()?;
    let empty = format!(
        "No pool keys yet; `{} add` brings one.",
        keys.whose.pool_command()
    );
    print::text(&match keys.whose {
        Whose::Mine => {
            let rows: Vec<_> = seen.iter().map(row).collect();
            table::table(HEADINGS, &rows, &empty)
        }
        Whose::Everybodys => {
            let rows = seen
                .iter()
                .map(|key| brought(row(key), key.contributor().unwrap_or_default()));
            let headings = brought(HEADINGS, "CONTRIBUTOR");
            table::table(headings, &rows.collect::<Vec<_>>(), &empty)
        }
    });
    Ok(())
}

const HEADINGS: [&str; 9] = [
    "ID",
    "UPSTREAM",
    "LABEL",
    "STATE",
    "TIER",
    "ANLAS",
    "CREDIT",
    "SPENT TODAY",
    "CHECKED",
];

/// With who brought it behind its label.
fn brought<T>([id, upstream, label, rest @ ..]: [T; 9], contributor: T) -> [T; 10] {
    let [state, tier, anlas, credit, spent, checked] = rest;
    [
        id,
        upstream,
        label,
        contributor,
        state,
        tier,
        anlas,
        credit,
        spent,
        checked,
    ]
}

fn row(seen: &Seen) -> [String; 9] {
    let key = &seen.key;
    let account = key.account.as_ref();
    [
        key.id.to_string(),
        key.upstream.clone(),
        key.label.clone(),
        seen.state(),
        account.map_or_else(unknown, |account| tier(account).to_owned()),
        account.map_or_else(unknown, |account| account.anlas.to_string()),
        key.credit.as_ref().map_or_else(unknown, left),
        spent(&key.spent_today),
        checked_at(key).map_or_else(unknown, date::shown),
    ]
}

fn unknown() -> String {
    "-".to_owned()
}

/// The state and, where there is something to say, why.
pub(super) fn state(key: &PoolKey) -> String {
    let state = match key.state {
        PoolKeyState::Pending => "pending",
        PoolKeyState::Healthy => "healthy",
        PoolKeyState::Invalid => "invalid",
        PoolKeyState::Paused => "paused",
        PoolKeyState::Withdrawn => "withdrawn",
    };
    match &key.state_reason {
        Some(reason) => format!("{state} ({reason})"),
        None => state.to_owned(),
    }
}

/// How a key stands and, where there is something to say, why.
fn standing(standing: &Standing) -> String {
    let state = match standing.state {
        Condition::Pending => "pending",
        Condition::Healthy => "healthy",
        Condition::Cooling => "cooling",
        Condition::Drained => "drained",
        Condition::Suspect => "suspect",
        Condition::Invalid => "invalid",
        Condition::Paused => "paused",
        Condition::Withdrawn => "withdrawn",
    };
    match &standing.reason {
        Some(reason) => format!("{state} ({reason})"),
        None => state.to_owned(),
    }
}

/// What holds a key back, in words.
fn held(hold: &Hold) -> String {
    let what = match (hold.kind, hold.by) {
        (HoldKind::Paused, HeldBy::Contributor) => "paused by its contributor",
        (HoldKind::Paused, HeldBy::Admin) => "paused by an admin",
        (HoldKind::Hours, _) => "outside its hours",
        (HoldKind::Cap, _) => "has served what it may on a day",
        (HoldKind::Reserve, _) => "what is left is kept",
    };
    let since = hold.since.map(|at| format!(" since {}", date::shown(at)));
    let until = hold.until.map(|at| format!(" until {}", date::shown(at)));
    let reason = hold.reason.as_ref().map(|reason| format!(": {reason}"));
    [Some(what.to_owned()), since, until, reason]
        .into_iter()
        .flatten()
        .collect()
}

fn tier(account: &Account) -> &'static str {
    match (account.tier, account.active) {
        (0, _) => "Paper",
        (1, true) => "Tablet",
        (2, true) => "Scroll",
        (3, true) => "Opus",
        (_, true) => "unknown",
        (_, false) => "ended",
    }
}

fn checked_at(key: &MyPoolKey) -> Option<i64> {
    let credit = || key.credit.as_ref().map(|credit| credit.asked_at);
    key.account
        .as_ref()
        .map(|account| account.checked_at)
        .or_else(credit)
}

/// What is left, with a mark where that is the relay's own count.
fn left(credit: &Credit) -> String {
    match (credit.left, credit.source) {
        (Some(left), Source::Reported) => shown(left),
        (Some(left), Source::Estimated) => format!("~{}", shown(left)),
        (Some(_) | None, Source::None) | (None, Source::Reported | Source::Estimated) => unknown(),
    }
}

fn credit_rows(credit: &Credit) -> Vec<(&'static str, String)> {
    let asked = date::shown(credit.asked_at);
    let Some(balance) = credit.balance else {
        return vec![("credit", format!("not told by the upstream (asked {asked})"))];
    };
    let mut rows = vec![(
        "credit",
        format!("{} by the upstream's word, {asked}", shown(balance)),
    )];
    rows.extend(credit.used.map(|used| ("used in all", shown(used))));
    if let (Some(left), Source::Estimated) = (credit.left, credit.source) {
        rows.push((
            "credit now",
            format!("about {}, by what was used since", shown(left)),
        ));
    }
    rows
}

/// What was spent, in words.
pub(in crate::cli) fn spent(spent: &Spent) -> String {
    let requests = if spent.requests == 1 {
        "1 request".to_owned()
    } else {
        format!("{} requests", spent.requests)
    };
    format!("{requests}, {} Anlas", spent.anlas)
}

fn account_rows(account: &Account) -> Vec<(&'static str, String)> {
    let mut rows = vec![("tier", tier(account).to_owned())];
    let subscription = match (account.active, account.expires_at) {
        (true, Some(at)) => format!("active until {}", date::shown(at)),
        (true, None) => "active".to_owned(),
        (false, Some(at)) => format!("ended {}", date::shown(at)),
        (false, None) => "none".to_owned(),
    };
    rows.push(("subscription", subscription));
    rows.push(("Anlas", account.anlas.to_string()));
    rows.extend(account.battery.map(|percent| {
        let overdrawn = if account.battery_negative {
            ", overdrawn"
        } else {
            ""
        };
        ("V5 battery", format!("{percent} %{overdrawn}"))
    }));
    rows.push(("checked", date::shown(account.checked_at)));
    rows
}

/// One key with all that is known of it.
pub(super) fn one(answer: Value, keys: &PoolKeys<'_>) -> Result<(), Failure> {
    if keys.options.json {
        print::json(&answer);
        return Ok(());
    }
    let seen = read(answer, keys.whose)?;
    print::text(&table::card(&rows(&seen)));
    Ok(())
}

fn rows(seen: &Seen) -> Vec<(&'static str, String)> {
    let (key, of_admins) = (&seen.key, seen.of_admins.as_ref());
    let kind = match key.kind {
        CredentialKind::Token => "token",
        CredentialKind::Login => "login (username and password)",
    };
    let mut rows = vec![
        ("id", key.id.to_string()),
        ("upstream", key.upstream.clone()),
        ("label", key.label.clone()),
    ];
    rows.extend(seen.contributor().map(|name| ("contributor", name)));
    rows.extend([("kind", kind.to_owned()), ("state", seen.state())]);
    rows.extend(key.holds.iter().map(|hold| ("held back", held(hold))));
    rows.extend(key.account.as_ref().map(account_rows).unwrap_or_default());
    rows.extend(key.credit.as_ref().map(credit_rows).unwrap_or_default());
    rows.extend(of_admins.and_then(|key| Some(("logged in until", date::shown(key.token_expires_at?)))));
    rows.push(("spent today (UTC)", spent(&key.spent_today)));
    rows.extend(caps::rows(&key.caps));
    rows.extend(of_admins.map(|key| {
        let at_once = key.concurrency.map(|most| most.to_string());
        (
            "requests at once",
            at_once.unwrap_or_else(|| "default".to_owned()),
        )
    }));
    rows.push(("sent only to", key.origins.join(", ")));
    rows.extend(of_admins.map(|key| ("sealed with", key.key_id.clone().unwrap_or_else(unknown))));
    rows.push(("brought", date::shown(key.created_at)));
    rows.extend(key.withdrawn_at.map(|at| ("withdrawn", date::shown(at))));
    rows
}
