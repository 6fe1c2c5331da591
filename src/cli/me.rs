//! `potluck me`: one's own account at a relay, and what one has there.

mod account;

use clap::{Args, Subcommand};
use potluck_admin::api::{User, UserRole};
use serde_json::json;

use super::api::Api;
use super::exit::Failure;
use super::keys::{Keys, MyKeysCommand};
use super::list::typed;
use super::pool::{MyPoolCommand, PoolKeys};
use super::requests::MyRequestsArgs;
use super::usage::MyUsageArgs;
use super::whose::Whose;
use super::{Options, limits, live, print, requests, table, usage};
use account::AccountCommand;

/// What about oneself; who one is, where nothing is said.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  potluck login --server https://relay.example.org      (once)\n  \
        export POTLUCK_SERVER=https://relay.example.org\n  potluck me\n  potluck me keys create --name laptop\n  \
        potluck me pool-keys add novelai\n  potluck me usage --range 7d"
)]
pub(super) struct MeArgs {
    #[command(subcommand)]
    command: Option<MeCommand>,
}

#[derive(Debug, Subcommand)]
enum MeCommand {
    #[command(flatten)]
    Of(OfMine),
    #[command(flatten)]
    Account(AccountCommand),
}

/// What a token may do.
#[derive(Debug, Subcommand)]
enum OfMine {
    /// Make and manage your client keys, which your programs send.
    #[command(subcommand)]
    Keys(MyKeysCommand),
    /// Bring and manage pool keys of yours, which serve everybody.
    #[command(subcommand)]
    PoolKeys(MyPoolCommand),
    /// Say what you used: over time, and by model, client key and so on.
    Usage(MyUsageArgs),
    /// List your requests that are on their way, with the place in the queue of those that wait.
    #[command(after_help = "Examples:\n  potluck me live\n  potluck me live --json")]
    Live,
    /// List your requests that have ended, the newest first.
    Requests(MyRequestsArgs),
}

/// `potluck me`. An account is somebody's at a server: the control socket has none.
pub(super) fn run(arguments: MeArgs, options: &Options) -> Result<(), Failure> {
    options.server_named()?;
    let of_account = match arguments.command {
        None => None,
        Some(MeCommand::Account(command)) => return command.run(options),
        Some(MeCommand::Of(command)) => Some(command),
    };
    options.with_api(async |api| act(of_account, api, options).await)
}

async fn act(command: Option<OfMine>, api: &Api, options: &Options) -> Result<(), Failure> {
    let whose = Whose::Mine;
    match command {
        None => show(api, options).await,
        Some(OfMine::Keys(command)) => command.run(&Keys { whose, api, options }).await,
        Some(OfMine::PoolKeys(command)) => command.run(&PoolKeys { whose, api, options }).await,
        Some(OfMine::Usage(arguments)) => usage::run(&arguments.into(), api, options).await,
        Some(OfMine::Live) => live::on_their_way(whose, api, options).await,
        Some(OfMine::Requests(arguments)) => requests::run(&arguments.into(), api, options).await,
    }
}

/// Who one is, and how one's limit came about.
async fn show(api: &Api, options: &Options) -> Result<(), Failure> {
    let account = api.get("/manage/v1/me").await?;
    let limit = api.get("/manage/v1/me/limit").await?;
    if options.json {
        print::json(&json!({ "account": account, "limit": limit }));
        return Ok(());
    }
    let user: User = typed(account)?;
    let role = match user.role {
        UserRole::Admin => "admin",
        UserRole::User => "user",
    };
    let factor = if user.has_totp { "on" } else { "off" };
    print::text(&table::card(&[
        ("name", user.name),
        ("id", user.id.to_string()),
        ("role", role.to_owned()),
        ("second factor", factor.to_owned()),
    ]));
    print::line("");
    limits::show_user(limit)
}
