//! Client keys as people read them.

use std::collections::BTreeMap;

use potluck_admin::api::ClientKey;
use potluck_filters::id::UserId;
use potluck_filters::model::ClientKeyState;
use serde_json::Value;

use super::PATH;
use crate::cli::api::Api;
use crate::cli::exit::Failure;
use crate::cli::list::{self, typed};
use crate::cli::pool::spent;
use crate::cli::{Options, date, print, table};
use crate::clock::unix_ms;

/// Names of users by id.
pub(in crate::cli) async fn owners(api: &Api) -> Result<BTreeMap<i64, String>, Failure> {
    let users = list::all(api, "/manage/v1/users").await?;
    Ok(users
        .iter()
        .filter_map(|user| Some((user["id"].as_i64()?, user["name"].as_str()?.to_owned())))
        .collect())
}

/// `potluck keys list`.
pub(super) async fn show_all(api: &Api, options: &Options) -> Result<(), Failure> {
    let items = list::all(api, PATH).await?;
    if options.json {
        print::json(&list::as_json(&items));
        return Ok(());
    }
    let owners = owners(api).await?;
    let keys = items
        .into_iter()
        .map(typed)
        .collect::<Result<Vec<ClientKey>, _>>()?;
    let rows: Vec<_> = keys.iter().map(|key| row(key, &owners)).collect();
    let headings = [
        "ID",
        "NAME",
        "OWNER",
        "KEY",
        "STATE",
        "PER MINUTE",
        "AT ONCE",
        "EXPIRES",
    ];
    print::text(&table::table(
        headings,
        &rows,
        "No client keys yet; `potluck keys create` makes one.",
    ));
    Ok(())
}

fn row(key: &ClientKey, owners: &BTreeMap<i64, String>) -> [String; 8] {
    [
        key.id.to_string(),
        key.name.clone(),
        owner(key.user, owners),
        format!("np-…{}", key.hint),
        state(key).to_owned(),
        limit(Some(key.rate_limit).filter(|most| *most > 0)),
        limit(key.concurrency),
        key.expires_at.map_or_else(|| "never".to_owned(), date::shown),
    ]
}

/// A user's name, or their id where they are gone.
pub(in crate::cli) fn owner(user: UserId, owners: &BTreeMap<i64, String>) -> String {
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
pub(super) async fn show(answer: Value, api: &Api, options: &Options) -> Result<(), Failure> {
    if options.json {
        print::json(&answer);
        return Ok(());
    }
    let key: ClientKey = typed(answer)?;
    let [id, name, owner, text, state, per_minute, at_once, expires] = row(&key, &owners(api).await?);
    let (anlas, spent) = (limit(key.anlas_per_day), spent(&key.spent_today));
    let models = key
        .models
        .map_or_else(|| "any".to_owned(), |models| models.join(", "));
    let addresses = key
        .addresses
        .map(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
    print::text(&table::card(&[
        ("id", id),
        ("name", name),
        ("owner", owner),
        ("key", text),
        ("state", state),
        ("requests per minute", per_minute),
        ("requests at once", at_once),
        ("Anlas per day (UTC)", anlas),
        ("spent today (UTC)", spent),
        ("expires", expires),
        ("models", models),
        ("addresses", addresses.unwrap_or_else(|| "any".to_owned())),
        ("made", date::shown(key.created_at)),
        ("changed", date::shown(key.updated_at)),
    ]));
    Ok(())
}
