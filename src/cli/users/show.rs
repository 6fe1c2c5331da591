//! Users and their sessions as people read them.

use potluck_admin::api::{Session, Sessions, User, UserRole};
use serde_json::Value;

use super::{ListArgs, PATH, Which};
use crate::cli::api::Api;
use crate::cli::exit::Failure;
use crate::cli::list::{self as lists, typed};
use crate::cli::{Options, date, print, table};

/// `potluck users list`.
pub(super) async fn all(arguments: &ListArgs, api: &Api, options: &Options) -> Result<(), Failure> {
    let items = lists::all(api, PATH).await?;
    let role = arguments.role.map(UserRole::from);
    let mut found = Vec::new();
    for item in items {
        let user: User = typed(item.clone())?;
        let named = arguments
            .name
            .as_ref()
            .is_none_or(|part| user.name.contains(part.as_str()));
        let switched = (!arguments.enabled || user.enabled) && (!arguments.disabled || !user.enabled);
        if named && switched && role.is_none_or(|role| role == user.role) {
            found.push((item, user));
        }
    }
    if options.json {
        let items: Vec<Value> = found.into_iter().map(|(item, _)| item).collect();
        print::json(&lists::as_json(&items));
        return Ok(());
    }
    let rows: Vec<_> = found.iter().map(|(_, user)| row(user)).collect();
    let headings = ["ID", "NAME", "ROLE", "STATE", "LOGS IN WITH", "MADE"];
    print::text(&table::table(
        headings,
        &rows,
        "No such users; `potluck users add` makes one.",
    ));
    Ok(())
}

fn row(user: &User) -> [String; 6] {
    let role = match user.role {
        UserRole::User => "user",
        UserRole::Admin => "admin",
    };
    let proof = match (user.has_password, user.has_totp) {
        (false, _) => "nothing yet",
        (true, false) => "password",
        (true, true) => "password and code",
    };
    [
        user.id.to_string(),
        user.name.clone(),
        role.to_owned(),
        if user.enabled { "enabled" } else { "disabled" }.to_owned(),
        proof.to_owned(),
        date::shown(user.created_at),
    ]
}

/// One user.
pub(super) fn one(answer: Value, options: &Options) -> Result<(), Failure> {
    if options.json {
        print::json(&answer);
        return Ok(());
    }
    let [id, name, role, state, proof, made] = row(&typed(answer)?);
    print::text(&table::card(&[
        ("id", id),
        ("name", name),
        ("role", role),
        ("state", state),
        ("logs in with", proof),
        ("made", made),
    ]));
    Ok(())
}

/// `potluck users sessions`.
pub(super) async fn sessions(which: &Which, api: &Api, options: &Options) -> Result<(), Failure> {
    let answer = api.get(&format!("{}/sessions", which.path(api).await?)).await?;
    if options.json {
        print::json(&answer);
        return Ok(());
    }
    let sessions: Sessions = typed(answer)?;
    let unknown = || "–".to_owned();
    let row = |session: &Session| {
        [
            session.id.to_string(),
            session.agent.clone().unwrap_or_else(unknown),
            session.address.clone().unwrap_or_else(unknown),
            date::shown(session.created_at),
            date::shown(session.used_at),
            date::shown(session.expires_at),
        ]
    };
    let rows: Vec<_> = sessions.items.iter().map(row).collect();
    let headings = ["ID", "PROGRAM", "FROM", "BEGAN", "USED", "ENDS"];
    print::text(&table::table(
        headings,
        &rows,
        "Nobody is logged in as this user.",
    ));
    Ok(())
}
