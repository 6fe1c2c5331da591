//! `potluck keys`: client keys.

mod act;
mod bulk;
mod mine;
mod show;

use std::str::FromStr;

use clap::{Args, Subcommand};
use potluck_filters::id::UserId;

use super::Options;
use super::api::Api;
use super::exit::Failure;
use super::list;
use super::whose::Whose;
pub(super) use act::Keys;
use act::{Changes, NewKey};
use bulk::BulkArgs;
pub(super) use mine::MyKeysCommand;

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
    #[command(
        visible_alias = "edit",
        after_help = "Examples:\n  potluck keys update 3 --deactivate\n  \
        potluck keys update laptop --activate --rate-limit 60 --expires never\n  \
        potluck keys update 3 --models any --ips any --concurrency unlimited\n  \
        potluck keys update laptop --anlas-per-day 1000"
    )]
    Update(Changes),
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
    #[command(
        visible_alias = "revoke",
        after_help = "Examples:\n  potluck keys delete 3\n  potluck keys delete laptop --yes"
    )]
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
    #[command(flatten)]
    new: NewKey,
    /// Whose it is, by id or name; the first admin's when absent.
    #[arg(long, value_name = "USER")]
    user: Option<String>,
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
        let whose = Whose::Everybodys;
        let keys = Keys { whose, api, options };
        match self {
            Self::Create(CreateArgs { new, user }) => {
                let user = match &user {
                    Some(user) => Some(list::id(api, "/manage/v1/users", "user", "name", user).await?),
                    None => None,
                };
                keys.create(new, user.map(UserId)).await
            }
            Self::List => keys.list().await,
            Self::Show { key } => keys.show(&key).await,
            Self::Stats { key, range } => keys.stats(&key, &range).await,
            Self::Update(changes) => keys.update(&changes).await,
            Self::Rotate { key, old_lives } => keys.rotate(&key, old_lives).await,
            Self::Bulk(arguments) => bulk::run(arguments, api, options).await,
            Self::Delete { key, yes } => keys.revoke(&key, yes).await,
        }
    }
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
