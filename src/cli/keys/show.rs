//! Client keys as people read them.

use std::collections::BTreeMap;

use potluck_admin::api::ClientKey;
use potluck_filters::id::UserId;
use potluck_filters::model::ClientKeyState;
use serde_json::Value;

use super::act::Keys;
use crate::cli::api::Api;
use crate::cli::exit::Failure;
use crate::cli::list::{self, typed};
use crate::cli::pool::spent;
use crate::cli::whose::Whose;
use crate::cli::{date, print, table};
use crate::clock::unix_ms;

/// Names of users by id.
async fn owners(api: &Api) -> Result<BTreeMap<i64, String>, Failure> {
    let users = list::all(api, "/manage/v1/users").await?;
    Ok(users
        .iter()
        .filter_map(|user| Some((user["id"].as_i64()?, user["name"].as_str()?.to_owned())))
        .collect())
}

/// All of them.
pub(super) async fn show_all(of: &Keys<'_>) -> Result<(), Failure> {
    let items = list::all(of.api, &of.all_at()).await?;
    if of.options.json {
        print::json(&list::as_json(&items));
        return Ok(());
    }
    let keys = items
        .into_iter()
        .map(typed)
        .collect::<Result<Vec<ClientKey>, _>>()?;
    let command = of.whose.keys_command();
    let empty = format!("No client keys yet; `{command} create` makes one.");
    print::text(&match of.whose {
        Whose::Mine => {
            let rows: Vec<_> = keys.iter().map(row).collect();
            table::table(HEADINGS, &rows, &empty)
        }
        Whose::Everybodys => {
            let owners = owners(of.api).await?;
            let rows = keys.iter().map(|key| owned(row(key), owner(key.user, &owners)));
            let headings = owned(HEADINGS, "OWNER");
            table::table(headings, &rows.collect::<Vec<_>>(), &empty)
        }
    });
    Ok(())
}

const HEADINGS: [&str; 8] = [
    "ID",
    "NAME",
    "KEY",
    "STATE",
    "PER MINUTE",
    "AT ONCE",
    "EXPIRES",
    "LAST USED",
];

/// With whose it is behind its name.
fn owned<T>([id, name, rest @ ..]: [T; 8], owner: T) -> [T; 9] {
    let [key, state, per_minute, at_once, expires, used] = rest;
    [id, name, owner, key, state, per_minute, at_once, expires, used]
}

fn row(key: &ClientKey) -> [String; 8] {
    [
        key.id.to_string(),
        key.name.clone(),
        format!("np-…{}", key.hint),
        state(key).to_owned(),
        limit(Some(key.rate_limit).filter(|most| *most > 0)),
        limit(key.concurrency),
        key.expires_at.map_or_else(|| "never".to_owned(), date::shown),
        used(key.last_used_at),
    ]
}

/// When something was used last, where anybody knows.
fn used(last: Option<i64>) -> String {
    last.map_or_else(|| "-".to_owned(), date::shown)
}

/// By how many programs in the last day, where by any.
fn by(programs: u32) -> String {
    match programs {
        0 => String::new(),
        1 => ", by 1 program in the last day".to_owned(),
        many => format!(", by {many} programs in the last day"),
    }
}

/// Whether the text that a key had before is still used.
fn former(key: &ClientKey) -> Option<String> {
    let former = key.former.as_ref()?;
    let until = date::shown(former.works_until);
    let used = match former.last_used_at {
        Some(at) => format!("last used {}{}", date::shown(at), by(former.programs)),
        None => "not used since it was replaced".to_owned(),
    };
    Some(format!("works until {until}; {used}"))
}

/// A user's name, or their id where they are gone.
fn owner(user: UserId, owners: &BTreeMap<i64, String>) -> String {
    owners.get(&user.0).cloned().unwrap_or_else(|| user.to_string())
}

fn state(key: &ClientKey) -> &'static str {
    match key.state {
        ClientKeyState::Active if key.expires_at.is_some_and(|at| at <= unix_ms()) => "expired",
        ClientKeyState::Active => "active",
        ClientKeyState::Disabled => "disabled",
        ClientKeyState::Revoked => "revoked",
    }
}

fn limit(most: Option<u32>) -> String {
    most.map_or_else(|| "unlimited".to_owned(), |most| most.to_string())
}

/// One client key.
pub(super) async fn show(answer: Value, of: &Keys<'_>) -> Result<(), Failure> {
    if of.options.json {
        print::json(&answer);
        return Ok(());
    }
    let key: ClientKey = typed(answer)?;
    let [id, name, text, state, per_minute, at_once, expires, used] = row(&key);
    let former = former(&key);
    let (anlas, spent) = (limit(key.anlas_per_day), spent(&key.spent_today));
    let models = key
        .models
        .map_or_else(|| "any".to_owned(), |models| models.join(", "));
    let addresses = key
        .addresses
        .map(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
    let mut rows = vec![("id", id), ("name", name)];
    if of.whose == Whose::Everybodys {
        rows.push(("owner", owner(key.user, &owners(of.api).await?)));
    }
    rows.extend([
        ("key", text),
        ("state", state),
        ("last used", format!("{used}{}", by(key.programs))),
    ]);
    rows.extend(former.map(|former| ("old text", former)));
    rows.extend([
        ("requests per minute", per_minute),
        ("requests at once", at_once),
        ("Anlas per day (UTC)", anlas),
        ("spent today (UTC)", spent),
        ("expires", expires),
        ("models", models),
        ("addresses", addresses.unwrap_or_else(|| "any".to_owned())),
        ("made", date::shown(key.created_at)),
        ("changed", date::shown(key.updated_at)),
    ]);
    print::text(&table::card(&rows));
    Ok(())
}
