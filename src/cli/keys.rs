//! `potluck keys`: client keys.

mod bulk;
mod show;

use std::str::FromStr;

use clap::{Args, Subcommand};
use potluck_admin::api::{ClientKey, CreateClientKey, CreatedClientKey, EditClientKey, RotateKey, Switch};
use potluck_filters::id::UserId;
use potluck_filters::model::Network;
use serde_json::{Value, json};

use super::api::Api;
use super::date::Expiry;
use super::exit::{Exit, Failure};
use super::list::{self, sent, typed};
use super::{Options, ask, print, usage};
use crate::clock::unix_ms;
use bulk::BulkArgs;
pub(super) use show::{owner, owners};
use show::{show, show_all};

const PATH: &str = "/manage/v1/keys";

/// See the help of each.
#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Make a client key. Its text is printed once, alone on standard output.
    #[command(after_help = "Examples:\n  potluck keys create --name laptop\n  \
        potluck keys create --name guest --rate-limit 10 --concurrency 1 --expires 30d\n  \
        potluck keys create --name friend --anlas-per-day 500\n  \
        potluck keys create --name bot --models 'gpt-5*,nai-diffusion-4-5-full' --ips 10.0.0.0/8,2001:db8::/32")]
    Create(CreateArgs),
    /// List all client keys.
    #[command(after_help = "Examples:\n  potluck keys list\n  potluck keys list --json")]
    List,
    /// Show one client key. Its text is never shown again.
    #[command(after_help = "Examples:\n  potluck keys show 3\n  potluck keys show laptop")]
    Show {
        /// Its id or name.
        key: String,
    },
    /// Say what a client key used: by endpoint and model, with its newest requests.
    #[command(
        after_help = "Examples:\n  potluck keys stats laptop\n  potluck keys stats 3 --range 7d\n  \
                            potluck keys stats laptop --json"
    )]
    Stats {
        /// Its id or name.
        key: String,
        /// The last so long: 90m, 24h, 7d, 4w.
        #[arg(long, value_name = "SPAN", default_value = "24h")]
        range: String,
    },
    /// Change a client key; takes effect at once.
    #[command(after_help = "Examples:\n  potluck keys update 3 --deactivate\n  \
        potluck keys update laptop --activate --rate-limit 60 --expires never\n  \
        potluck keys update 3 --models any --ips any --concurrency unlimited\n  \
        potluck keys update laptop --anlas-per-day 1000")]
    Update(UpdateArgs),
    /// Give a client key another text, which is printed once. The old one may work on for a while.
    #[command(
        after_help = "Examples:\n  potluck keys rotate 3                    (the old text ends at once)\n  \
        potluck keys rotate laptop --old-lives 1h"
    )]
    Rotate {
        /// Its id or name.
        key: String,
        /// How long the old text works on: 90s, 15m, 1h or 7d, a week at most.
        #[arg(long, value_name = "SPAN", default_value = "0s", value_parser = seconds)]
        old_lives: u32,
    },
    /// Disable, enable or revoke many client keys. Shows what that would do, asks, and waits for its end.
    #[command(after_help = "Examples:\n  potluck keys bulk disable --user linh\n  \
        potluck keys bulk revoke --name old- --dry-run\n  potluck keys bulk enable --ids 3,4,9 --yes")]
    Bulk(BulkArgs),
    /// Delete a client key for ever. Its user is told that it was revoked.
    #[command(after_help = "Examples:\n  potluck keys delete 3\n  potluck keys delete laptop --yes")]
    Delete {
        /// Its id or name.
        key: String,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct CreateArgs {
    /// A name to know it by.
    #[arg(long, default_value = "client")]
    name: String,
    /// Whose it is, by id or name; the first admin's when absent.
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// Requests per minute; 0 is unlimited.
    #[arg(long, value_name = "N", default_value_t = 0)]
    rate_limit: u32,
    /// Requests in flight at once: a number or `unlimited`. 0 allows nothing.
    #[arg(long, value_name = "N", default_value = "unlimited")]
    concurrency: Most,
    /// Anlas that its requests may cost on a day (UTC): a number or `none`. 0 allows nothing.
    #[arg(long, value_name = "N", default_value = "none")]
    anlas_per_day: Most,
    /// When it stops working: 30d, 2027-12-31 (to its end in UTC), 2027-12-31T12:00:00Z or `never`.
    #[arg(long, value_name = "WHEN", default_value = "never")]
    expires: Expiry,
    /// Models it may ask for, parted by commas, `*` at the end matching any rest; or `any`.
    #[arg(long, value_name = "LIST", default_value = "any")]
    models: AnyOf<String>,
    /// Addresses or networks it may come from, parted by commas; or `any`.
    #[arg(long, value_name = "LIST", default_value = "any")]
    ips: AnyOf<Network>,
}

#[derive(Debug, Args)]
pub(super) struct UpdateArgs {
    /// Its id or name.
    key: String,
    /// A new name.
    #[arg(long)]
    name: Option<String>,
    /// Requests per minute; 0 is unlimited.
    #[arg(long, value_name = "N")]
    rate_limit: Option<u32>,
    /// Requests in flight at once: a number or `unlimited`. 0 allows nothing.
    #[arg(long, value_name = "N")]
    concurrency: Option<Most>,
    /// Anlas that its requests may cost on a day (UTC): a number or `none`. 0 allows nothing.
    #[arg(long, value_name = "N")]
    anlas_per_day: Option<Most>,
    /// When it stops working: 30d, 2027-12-31, 2027-12-31T12:00:00Z or `never`.
    #[arg(long, value_name = "WHEN")]
    expires: Option<Expiry>,
    /// Models it may ask for, parted by commas; or `any`.
    #[arg(long, value_name = "LIST")]
    models: Option<AnyOf<String>>,
    /// Addresses or networks it may come from, parted by commas; or `any`.
    #[arg(long, value_name = "LIST")]
    ips: Option<AnyOf<Network>>,
    /// Switch it on again.
    #[arg(long, conflicts_with = "deactivate")]
    activate: bool,
    /// Switch it off, until it is switched on again.
    #[arg(long)]
    deactivate: bool,
}

/// A number, or no limit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Most(pub(super) Option<u32>);

impl FromStr for Most {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "unlimited" || text == "none" {
            return Ok(Self(None));
        }
        text.parse()
            .map(|most| Self(Some(most)))
            .map_err(|_| "write a number or `unlimited` (also written `none`)".to_owned())
    }
}

/// A list, or no restriction.
#[derive(Clone, Debug)]
pub(super) struct AnyOf<T>(Option<Vec<T>>);

impl<T: FromStr<Err: std::fmt::Display>> FromStr for AnyOf<T> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "any" {
            return Ok(Self(None));
        }
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        let items: Vec<T> = items
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map_err(|e: T::Err| e.to_string())?;
        if items.is_empty() {
            Err("write a list parted by commas, or `any`".to_owned())
        } else {
            Ok(Self(Some(items)))
        }
    }
}

impl KeysCommand {
    pub(super) async fn run(self, api: &Api, options: &Options) -> Result<(), Failure> {
        match self {
            Self::Create(arguments) => create(arguments, api, options).await,
            Self::List => show_all(api, options).await,
            Self::Show { key } => {
                let answer = api.get(&path(api, &key).await?).await?;
                show(answer, api, options).await
            }
            Self::Stats { key, range } => usage::stats(&path(api, &key).await?, &range, api, options).await,
            Self::Update(arguments) => update(&arguments, api, options).await,
            Self::Rotate { key, old_lives } => {
                let path = format!("{}/rotate", path(api, &key).await?);
                let answer = api.post(&path, &sent(&RotateKey { old_lives })?).await?;
                show_text(answer, options)
            }
            Self::Bulk(arguments) => bulk::run(arguments, api, options).await,
            Self::Delete { key, yes } => delete(&key, yes, api, options).await,
        }
    }
}

async fn update(arguments: &UpdateArgs, api: &Api, options: &Options) -> Result<(), Failure> {
    let edit = arguments.edit()?;
    let answer = api
        .patch(&path(api, &arguments.key).await?, &sent(&edit)?)
        .await?;
    show(answer, api, options).await
}

async fn delete(key: &str, yes: bool, api: &Api, options: &Options) -> Result<(), Failure> {
    let path = path(api, key).await?;
    let found: ClientKey = typed(api.get(&path).await?)?;
    ask::confirm(
        &format!("Delete client key {} ({}) for ever?", found.id, found.name),
        yes,
    )?;
    let answer = api.post(&format!("{path}/revoke"), &json!({})).await?;
    show(answer, api, options).await
}

async fn path(api: &Api, written: &str) -> Result<String, Failure> {
    Ok(format!(
        "{PATH}/{}",
        list::id(api, PATH, "client key", "name", written).await?
    ))
}

async fn create(arguments: CreateArgs, api: &Api, options: &Options) -> Result<(), Failure> {
    let user = match &arguments.user {
        Some(user) => Some(UserId(
            list::id(api, "/manage/v1/users", "user", "name", user).await?,
        )),
        None => None,
    };
    let new = CreateClientKey {
        name: arguments.name,
        user,
        rate_limit: arguments.rate_limit,
        concurrency: arguments.concurrency.0,
        anlas_per_day: arguments.anlas_per_day.0,
        expires_at: arguments.expires.unix_ms(unix_ms()),
        models: arguments.models.0,
        addresses: arguments.ips.0,
    };
    show_text(api.post(PATH, &sent(&new)?).await?, options)
}

/// Seconds of a span such as 15m.
fn seconds(text: &str) -> Result<u32, String> {
    let wrong = || "write a span such as 90s, 15m, 1h or 7d".to_owned();
    let (number, unit) = text
        .split_at_checked(text.len().saturating_sub(1))
        .ok_or_else(wrong)?;
    let each = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    let number: u32 = number.parse().map_err(|_| wrong())?;
    number.checked_mul(each).ok_or_else(wrong)
}

/// The answer that has a key's text, this once.
fn show_text(answer: Value, options: &Options) -> Result<(), Failure> {
    if options.json {
        print::json(&answer);
        return Ok(());
    }
    let created: CreatedClientKey = typed(answer)?;
    let (id, name) = (created.key.id, &created.key.name);
    print::note(&format!(
        "Client key {id} ({name}). Keep it now: it is not shown again."
    ));
    print::line(created.text.0.expose());
    Ok(())
}

impl UpdateArgs {
    fn edit(&self) -> Result<EditClientKey, Failure> {
        let state = match (self.activate, self.deactivate) {
            (true, _) => Some(Switch::Active),
            (false, true) => Some(Switch::Disabled),
            (false, false) => None,
        };
        let edit = EditClientKey {
            name: self.name.clone(),
            state,
            rate_limit: self.rate_limit,
            concurrency: self.concurrency.map(|most| most.0),
            anlas_per_day: self.anlas_per_day.map(|most| most.0),
            expires_at: self.expires.map(|expires| expires.unix_ms(unix_ms())),
            models: self.models.clone().map(|models| models.0),
            addresses: self.ips.clone().map(|ips| ips.0),
        };
        if sent(&edit)? == Value::Object(serde_json::Map::new()) {
            return Err(Failure::new(
                Exit::Usage,
                "nothing to change; see `potluck keys update --help`",
            ));
        }
        Ok(edit)
    }
}
