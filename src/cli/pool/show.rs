//! Pool keys as people read them.

use potluck_admin::api::{Account, CredentialKind, Credit, HeldBy, Hold, HoldKind, PoolKey, Source, Spent};
use potluck_filters::credit::shown;
use potluck_filters::model::PoolKeyState;
use serde_json::Value;

use super::{PATH, caps};
use crate::cli::api::Api;
use crate::cli::exit::Failure;
use crate::cli::list::typed;
use crate::cli::{Options, date, keys, list as lists, print, table};

/// `potluck pool list`.
pub(super) async fn all(api: &Api, options: &Options) -> Result<(), Failure> {
    let items = lists::all(api, PATH).await?;
    list(&items, api, options).await
}

/// These keys as a list.
pub(super) async fn list(items: &[Value], api: &Api, options: &Options) -> Result<(), Failure> {
    if options.json {
        print::json(&lists::as_json(items));
        return Ok(());
    }
    let owners = keys::owners(api).await?;
    let pool = items
        .iter()
        .cloned()
        .map(typed)
        .collect::<Result<Vec<PoolKey>, _>>()?;
    let rows = pool.iter().map(|key| {
        let account = key.account.as_ref();
        [
            key.id.to_string(),
            key.upstream.clone(),
            key.label.clone(),
            keys::owner(key.contributor, &owners),
            state(key),
            account.map_or_else(unknown, |account| tier(account).to_owned()),
            account.map_or_else(unknown, |account| account.anlas.to_string()),
            key.credit.as_ref().map_or_else(unknown, left),
            spent(&key.spent_today),
            checked_at(key).map_or_else(unknown, date::shown),
        ]
    });
    let headings = [
        "ID",
        "UPSTREAM",
        "LABEL",
        "CONTRIBUTOR",
        "STATE",
        "TIER",
        "ANLAS",
        "CREDIT",
        "SPENT TODAY",
        "CHECKED",
    ];
    let empty = "No pool keys yet; `potluck pool add` brings one.";
    print::text(&table::table(headings, &rows.collect::<Vec<_>>(), empty));
    Ok(())
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

fn checked_at(key: &PoolKey) -> Option<i64> {
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
pub(super) async fn one(answer: Value, api: &Api, options: &Options) -> Result<(), Failure> {
    if options.json {
        print::json(&answer);
        return Ok(());
    }
    let key: PoolKey = typed(answer)?;
    let owners = keys::owners(api).await?;
    let kind = match key.kind {
        CredentialKind::Token => "token",
        CredentialKind::Login => "login (username and password)",
    };
    let mut rows = vec![
        ("id", key.id.to_string()),
        ("upstream", key.upstream.clone()),
        ("label", key.label.clone()),
        ("contributor", keys::owner(key.contributor, &owners)),
        ("kind", kind.to_owned()),
        ("state", state(&key)),
    ];
    rows.extend(key.holds.iter().map(|hold| ("held back", held(hold))));
    rows.extend(key.account.as_ref().map(account_rows).unwrap_or_default());
    rows.extend(key.credit.as_ref().map(credit_rows).unwrap_or_default());
    rows.extend(
        key.token_expires_at
            .map(|at| ("logged in until", date::shown(at))),
    );
    rows.push(("spent today (UTC)", spent(&key.spent_today)));
    rows.extend(caps::rows(&key.caps));
    let at_once = key
        .concurrency
        .map_or_else(|| "default".to_owned(), |most| most.to_string());
    rows.extend([
        ("requests at once", at_once),
        ("sent only to", key.origins.join(", ")),
        ("sealed with", key.key_id.clone().unwrap_or_else(unknown)),
        ("brought", date::shown(key.created_at)),
    ]);
    rows.extend(key.withdrawn_at.map(|at| ("withdrawn", date::shown(at))));
    print::text(&table::card(&rows));
    Ok(())
}
