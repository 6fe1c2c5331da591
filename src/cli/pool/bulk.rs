//! `potluck pool bulk`.

use clap::{Args, ValueEnum};
use potluck_admin::api::{Condition, PoolKeyFilter, PoolKeysAct};
use potluck_filters::id::UserId;

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
    /// With pause: why, for their contributors; at most 100 characters.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
struct Which {
    /// All that are not withdrawn.
    #[arg(long)]
    all: bool,
    /// Those with these ids, parted by commas.
    #[arg(
        long,
        value_name = "IDS",
        value_delimiter = ',',
        conflicts_with_all = ["all", "upstream", "state", "contributor", "label"]
    )]
    ids: Option<Vec<i64>>,
    /// Those of this upstream.
    #[arg(long, value_name = "NAME")]
    upstream: Option<String>,
    /// Those that are so now.
    #[arg(long)]
    state: Option<State>,
    /// Those that this user brought, by id or name.
    #[arg(long, value_name = "USER")]
    contributor: Option<String>,
    /// Those whose label has this part.
    #[arg(long, value_name = "PART")]
    label: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Act {
    /// Have them looked at anew, whatever they rest for.
    Recheck,
    /// End their rests, without a look at their accounts.
    Reset,
    /// Hold them back.
    Pause,
    /// Let them go.
    Resume,
    /// Take them out for ever and delete their ciphertext.
    Withdraw,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum State {
    Pending,
    Healthy,
    Cooling,
    Drained,
    Suspect,
    Invalid,
    Paused,
}

impl From<State> for Condition {
    fn from(state: State) -> Self {
        match state {
            State::Pending => Self::Pending,
            State::Healthy => Self::Healthy,
            State::Cooling => Self::Cooling,
            State::Drained => Self::Drained,
            State::Suspect => Self::Suspect,
            State::Invalid => Self::Invalid,
            State::Paused => Self::Paused,
        }
    }
}

pub(super) async fn run(arguments: BulkArgs, api: &Api, options: &Options) -> Result<(), Failure> {
    let (act, verb) = match arguments.act {
        Act::Recheck => (PoolKeysAct::Recheck, "Recheck"),
        Act::Reset => (PoolKeysAct::Reset, "End the rests of"),
        Act::Pause => (PoolKeysAct::Pause, "Pause"),
        Act::Resume => (PoolKeysAct::Resume, "Resume"),
        Act::Withdraw => (PoolKeysAct::Withdraw, "Withdraw for ever"),
    };
    let doing = Doing {
        path: PATH,
        verb,
        noun: "pool keys",
        act: sent(&act)?,
        filter: sent(&filter(&arguments.which, api).await?)?,
        ids: arguments.which.ids,
        reason: arguments.reason,
    };
    bulk::run(doing, arguments.how, api, options).await
}

async fn filter(which: &Which, api: &Api) -> Result<PoolKeyFilter, Failure> {
    let contributor = match &which.contributor {
        Some(written) => Some(list::id(api, "/manage/v1/users", "user", "name", written).await?),
        None => None,
    };
    Ok(PoolKeyFilter {
        upstream: which.upstream.clone(),
        state: which.state.map(Into::into),
        contributor: contributor.map(UserId),
        q: which.label.clone(),
    })
}
