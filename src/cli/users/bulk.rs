//! `potluck users bulk`.

use clap::{Args, ValueEnum};
use potluck_admin::api::{UsersAct, UsersFilter};

use super::{PATH, RoleName};
use crate::cli::Options;
use crate::cli::api::Api;
use crate::cli::bulk::{self, Doing, How};
use crate::cli::exit::Failure;
use crate::cli::list::sent;

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
    /// All of them.
    #[arg(long)]
    all: bool,
    /// Those with these ids, parted by commas.
    #[arg(long, value_name = "IDS", value_delimiter = ',', conflicts_with_all = ["all", "role", "name"])]
    ids: Option<Vec<i64>>,
    /// Those of this role.
    #[arg(long)]
    role: Option<RoleName>,
    /// Those whose name has this part.
    #[arg(long, value_name = "PART")]
    name: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Act {
    /// Keep them out: their keys are refused, and their sessions end.
    Disable,
    /// Let them in again.
    Enable,
}

pub(super) async fn run(arguments: BulkArgs, api: &Api, options: &Options) -> Result<(), Failure> {
    let (act, verb) = match arguments.act {
        Act::Disable => (UsersAct::Disable, "Disable"),
        Act::Enable => (UsersAct::Enable, "Enable"),
    };
    let which = arguments.which;
    let filter = UsersFilter {
        role: which.role.map(Into::into),
        enabled: None,
        q: which.name,
    };
    let doing = Doing {
        path: PATH,
        verb,
        noun: "users",
        act: sent(&act)?,
        filter: sent(&filter)?,
        ids: which.ids,
        reason: None,
    };
    bulk::run(doing, arguments.how, api, options).await
}
