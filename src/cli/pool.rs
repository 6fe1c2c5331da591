//! `potluck pool`: pool keys. A credential is read from standard input, a file or the terminal, never from the
//! arguments, which other users of the machine can see and shells remember.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use potluck_admin::api::{AddPoolKey, ImportPoolKeys, Imported, PoolKey, SecretText, WhatBecame};
use potluck_filters::model::PoolKeyState;
use potluck_filters::secret::Secret;
use serde_json::{Value, json};

use super::api::Api;
use super::exit::{Exit, Failure};
use super::list::{self, sent, typed};
use super::{Options, ask, date, keys, print, table};

const PATH: &str = "/manage/v1/pool-keys";

/// See the help of each.
#[derive(Debug, Subcommand)]
pub(super) enum PoolCommand {
    /// Bring one pool key. It is sealed and never shown again.
    #[command(
        after_help = "Examples:\n  potluck pool add novelai               (asks for the key)\n  \
        potluck pool add novelai < key.txt\n  potluck pool add vercel --file key.txt --label mine --concurrency 8"
    )]
    Add(AddArgs),
    /// Bring many pool keys, one a line. Empty lines and lines that start with # are passed over.
    #[command(after_help = "Examples:\n  potluck pool import novelai --file keys.txt\n  \
        potluck pool import vercel --label ours < keys.txt")]
    Import(AddArgs),
    /// List all pool keys.
    #[command(after_help = "Examples:\n  potluck pool list\n  potluck pool list --json")]
    List,
    /// Show one pool key, without the credential.
    #[command(after_help = "Examples:\n  potluck pool show 3\n  potluck pool show mine")]
    Show {
        /// Its id or label.
        key: String,
    },
    /// Hold a pool key back, until `pool resume`.
    #[command(after_help = "Examples:\n  potluck pool pause 3")]
    Pause {
        /// Its id or label.
        key: String,
    },
    /// Let a paused pool key serve again.
    #[command(after_help = "Examples:\n  potluck pool resume 3")]
    Resume {
        /// Its id or label.
        key: String,
    },
    /// Take a pool key out for ever and delete its ciphertext.
    #[command(after_help = "Examples:\n  potluck pool withdraw 3\n  potluck pool withdraw mine --yes")]
    Withdraw {
        /// Its id or label.
        key: String,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

/// On which terms keys are brought.
#[derive(Debug, Args)]
pub(super) struct AddArgs {
    /// The upstream's name; `potluck upstreams list` shows them.
    upstream: String,
    /// Read from this file instead of standard input or the terminal.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// A name to know it by.
    #[arg(long, default_value = "")]
    label: String,
    /// Requests in flight at once on it; the upstream's setting when absent.
    #[arg(long, value_name = "N")]
    concurrency: Option<u32>,
}

impl PoolCommand {
    pub(super) async fn run(self, api: &Api, options: &Options) -> Result<(), Failure> {
        match self {
            Self::Add(arguments) => add(arguments, api, options).await,
            Self::Import(arguments) => import(arguments, api, options).await,
            Self::List => show_all(api, options).await,
            Self::Show { key } => {
                let answer = api.get(&path(api, &key).await?).await?;
                show(answer, api, options).await
            }
            Self::Pause { key } => switch(&key, "paused", api, options).await,
            Self::Resume { key } => switch(&key, "active", api, options).await,
            Self::Withdraw { key, yes } => withdraw(&key, yes, api, options).await,
        }
    }
}

async fn path(api: &Api, written: &str) -> Result<String, Failure> {
    Ok(format!(
        "{PATH}/{}",
        list::id(api, PATH, "pool key", "label", written).await?
    ))
}

async fn add(arguments: AddArgs, api: &Api, options: &Options) -> Result<(), Failure> {
    let prompt = format!("Pool key for {} (not shown): ", arguments.upstream);
    let text = ask::secret(&prompt, arguments.file.as_deref())?;
    let credential = text.expose().trim();
    if credential.contains('\n') {
        let message = "this is more than one line; `potluck pool import` takes many keys, one a line";
        return Err(Failure::new(Exit::Usage, message));
    }
    let new = AddPoolKey {
        upstream: arguments.upstream,
        credential: SecretText(Secret::new(credential)),
        contributor: None,
        label: arguments.label,
        origins: None,
        concurrency: arguments.concurrency,
    };
    let answer = api.post(PATH, &sent(&new)?).await?;
    show(answer, api, options).await
}

async fn import(arguments: AddArgs, api: &Api, options: &Options) -> Result<(), Failure> {
    let prompt = format!("Pool key for {} (not shown): ", arguments.upstream);
    let text = ask::secret(&prompt, arguments.file.as_deref())?;
    let lines = text
        .expose()
        .lines()
        .map(|line| SecretText(Secret::new(line.trim())));
    let import = ImportPoolKeys {
        upstream: arguments.upstream,
        lines: lines.collect(),
        contributor: None,
        label: arguments.label,
        origins: None,
        concurrency: arguments.concurrency,
    };
    let answer = api.post(&format!("{PATH}/import"), &sent(&import)?).await?;
    let imported: Imported = typed(answer.clone())?;
    if options.json {
        print::json(&answer);
    } else {
        for line in &imported.lines {
            match &line.result {
                WhatBecame::Added { .. } => {}
                WhatBecame::Duplicate => print::note(&format!("line {}: is in the pool already", line.line)),
                WhatBecame::Invalid { why } => print::note(&format!("line {}: {why}", line.line)),
            }
        }
        let Imported {
            added,
            duplicate,
            invalid,
            ..
        } = imported;
        print::line(&format!(
            "{added} added, {duplicate} there already, {invalid} invalid"
        ));
    }
    if imported.invalid > 0 {
        return Err(Failure::new(
            Exit::Failed,
            format!("{} lines are no keys", imported.invalid),
        ));
    }
    Ok(())
}

async fn switch(key: &str, state: &str, api: &Api, options: &Options) -> Result<(), Failure> {
    let answer = api
        .patch(&path(api, key).await?, &json!({ "state": state }))
        .await?;
    show(answer, api, options).await
}

async fn withdraw(key: &str, yes: bool, api: &Api, options: &Options) -> Result<(), Failure> {
    let path = path(api, key).await?;
    let found: PoolKey = typed(api.get(&path).await?)?;
    let named = if found.label.is_empty() {
        String::new()
    } else {
        format!(" ({})", found.label)
    };
    let question = format!(
        "Withdraw pool key {}{named} of {} for ever?",
        found.id, found.upstream
    );
    ask::confirm(&question, yes)?;
    let answer = api.post(&format!("{path}/withdraw"), &json!({})).await?;
    show(answer, api, options).await
}

async fn show_all(api: &Api, options: &Options) -> Result<(), Failure> {
    let items = list::all(api, PATH).await?;
    if options.json {
        print::json(&list::as_json(&items));
        return Ok(());
    }
    let owners = keys::owners(api).await?;
    let pool = items
        .into_iter()
        .map(typed)
        .collect::<Result<Vec<PoolKey>, _>>()?;
    let rows = pool.iter().map(|key| {
        [
            key.id.to_string(),
            key.upstream.clone(),
            key.label.clone(),
            keys::owner(key.contributor, &owners),
            state(key.state).to_owned(),
            at_once(key),
            date::shown(key.created_at),
        ]
    });
    let headings = [
        "ID",
        "UPSTREAM",
        "LABEL",
        "CONTRIBUTOR",
        "STATE",
        "AT ONCE",
        "BROUGHT",
    ];
    let empty = "No pool keys yet; `potluck pool add` brings one.";
    print::text(&table::table(headings, &rows.collect::<Vec<_>>(), empty));
    Ok(())
}

fn state(state: PoolKeyState) -> &'static str {
    match state {
        PoolKeyState::Active => "active",
        PoolKeyState::Paused => "paused",
        PoolKeyState::Withdrawn => "withdrawn",
    }
}

fn at_once(key: &PoolKey) -> String {
    key.concurrency
        .map_or_else(|| "default".to_owned(), |most| most.to_string())
}

async fn show(answer: Value, api: &Api, options: &Options) -> Result<(), Failure> {
    if options.json {
        print::json(&answer);
        return Ok(());
    }
    let key: PoolKey = typed(answer)?;
    let owners = keys::owners(api).await?;
    let mut rows = vec![
        ("id", key.id.to_string()),
        ("upstream", key.upstream.clone()),
        ("label", key.label.clone()),
        ("contributor", keys::owner(key.contributor, &owners)),
        ("state", state(key.state).to_owned()),
        ("sent only to", key.origins.join(", ")),
        ("requests at once", at_once(&key)),
        (
            "sealed with",
            key.key_id.clone().unwrap_or_else(|| "-".to_owned()),
        ),
        ("brought", date::shown(key.created_at)),
    ];
    rows.extend(key.withdrawn_at.map(|at| ("withdrawn", date::shown(at))));
    print::text(&table::card(&rows));
    Ok(())
}
