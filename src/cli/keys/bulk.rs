//! `potluck keys bulk`.

use clap::{Args, ValueEnum};
use potluck_admin::api::{ClientKeyFilter, ClientKeysAct};
use potluck_filters::id::UserId;
use potluck_filters::model::ClientKeyState;

use super::PATH;
use crate::cli::Options;
use crate::cli::api::Api;
use crate::cli::bulk::{self, Doing, How};
use crate::cli::exit::Failure;
use crate::cli::list::{self, sent};

#[derive(Debug, Args)]
pub(in crate::cli) struct BulkArgs {
    /// What is done.
    #[arg(value_name = "ACT")]
    act: Act,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
struct Which {
    /// All that are not revoked.
    #[arg(long)]
    all: bool,
    /// Those with these ids, parted by commas.
    #[arg(long, value_name = "IDS", value_delimiter = ',', conflicts_with_all = ["all", "user", "state", "name"])]
    ids: Option<Vec<i64>>,
    /// Those of this user, by id or name.
    #[arg(long)]
    user: Option<String>,
    /// Those in this state.
    #[arg(long)]
    state: Option<State>,
    /// Those whose name has this part.
    #[arg(long, value_name = "PART")]
    name: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Act {
    /// Refuse them, until they are enabled.
    Disable,
    /// Let them work again.
    Enable,
    /// Revoke them for ever.
    Revoke,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum State {
    Active,
    Disabled,
}

pub(super) async fn run(arguments: BulkArgs, api: &Api, options: &Options) -> Result<(), Failure> {
    let (act, verb) = match arguments.act {
        Act::Disable => (ClientKeysAct::Disable, "Disable"),
        Act::Enable => (ClientKeysAct::Enable, "Enable"),
        Act::Revoke => (ClientKeysAct::Revoke, "Revoke for ever"),
    };
    let doing = Doing {
        path: PATH,
        verb,
        noun: "client keys",
        act: sent(&act)?,
        filter: sent(&filter(&arguments.which, api).await?)?,
        ids: arguments.which.ids,
        reason: None,
    };
    bulk::run(doing, arguments.how, api, options).await
}

async fn filter(which: &Which, api: &Api) -> Result<ClientKeyFilter, Failure> {
    let user = match &which.user {
        Some(written) => Some(list::id(api, "/manage/v1/users", "user", "name", written).await?),
        None => None,
    };
    Ok(ClientKeyFilter {
        user: user.map(UserId),
        state: which.state.map(|state| match state {
            State::Active => ClientKeyState::Active,
            State::Disabled => ClientKeyState::Disabled,
        }),
        q: which.name.clone(),
    })
}
