//! `potluck pool`: pool keys. A credential is read from standard input, a file or the terminal, never from the
//! arguments, which other users of the machine can see and shells remember.

mod act;
mod add;
mod bulk;
mod caps;
mod check;
mod days;
mod lines;
mod mine;
mod show;

use clap::Subcommand;
use potluck_admin::api::{EditPoolKey, PoolSwitch};

pub(super) use self::act::PoolKeys;
use self::add::{AddArgs, ImportArgs};
use self::bulk::BulkArgs;
use self::caps::CapsArgs;
use self::check::CheckArgs;
use self::days::Days;
pub(super) use self::mine::MyPoolCommand;
use super::Options;
use super::api::Api;
use super::exit::Failure;
use super::history::Span;
use super::whose::Whose;
pub(super) use show::spent;

const PATH: &str = "/manage/v1/pool-keys";

/// See the help of each.
#[derive(Debug, Subcommand)]
pub(super) enum PoolCommand {
    /// Bring one pool key: a token, or with --login an account's username and password. It is sealed and never
    /// shown again.
    #[command(
        after_help = "Examples:\n  potluck pool add novelai               (asks for the key)\n  \
        potluck pool add novelai < key.txt\n  potluck pool add vercel --file key.txt --label mine --concurrency 8\n  \
        potluck pool add novelai --login       (asks for username and password)\n  \
        potluck pool add novelai --login --username me@example.org --free-only < password.txt"
    )]
    Add(AddArgs),
    /// Bring many pool keys, one a line. Empty lines and lines that start with # are passed over.
    #[command(after_help = "Examples:\n  potluck pool import novelai --file keys.txt\n  \
        potluck pool import vercel --label ours < keys.txt\n  \
        potluck pool import novelai --file keys.txt --keep-anlas 1000")]
    Import(ImportArgs),
    /// List all pool keys.
    #[command(after_help = "Examples:\n  potluck pool list\n  potluck pool list --json")]
    List,
    /// Show one pool key, without the credential.
    #[command(after_help = "Examples:\n  potluck pool show 3\n  potluck pool show mine")]
    Show {
        /// Its id or label.
        key: String,
    },
    /// Have a pool key, or many, looked at anew, and wait for what is found.
    ///
    /// A check asks the upstream for the account of the key; it costs nothing. Keys that were found invalid are
    /// tried again. Fails when a key is not healthy afterwards.
    #[command(
        after_help = "Examples:\n  potluck pool check 3\n  potluck pool check mine --no-wait\n  \
        potluck pool check --all --upstream novelai\n  potluck pool check --all --state invalid"
    )]
    Check(CheckArgs),
    /// Hold a pool key back, until `pool resume`.
    #[command(
        after_help = "Examples:\n  potluck pool pause 3\n  potluck pool pause 3 --reason 'too many complaints'"
    )]
    Pause {
        /// Its id or label.
        key: String,
        /// Why, for its contributor; at most 100 characters.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Let a paused pool key serve again, as soon as a check finds it well.
    #[command(after_help = "Examples:\n  potluck pool resume 3")]
    Resume {
        /// Its id or label.
        key: String,
    },
    /// Show what others may do with a pool key, or change it. Takes effect at once.
    #[command(
        after_help = "Examples:\n  potluck pool caps 3                    (shows them)\n  \
        potluck pool caps 3 --free-only\n  potluck pool caps mine --anlas-per-day 2000 --keep-anlas 500\n  \
        potluck pool caps mine --hours 22-6    (10 p.m. to 6 a.m. in UTC)\n  \
        potluck pool caps mine --hours 22-6 --zone Asia/Ho_Chi_Minh\n  potluck pool caps 3 --clear"
    )]
    Caps(CapsArgs),
    /// Say what a pool key served, by day, and for how many people.
    #[command(
        after_help = "Examples:\n  potluck pool usage 3\n  potluck pool usage mine --from 2026-11-01 --json"
    )]
    Usage {
        /// Its id or label.
        key: String,
        #[command(flatten)]
        days: Days,
    },
    /// Show how it fared: a strip of its states, and what changed when, by whose doing and why.
    #[command(
        after_help = "Examples:\n  potluck pool history 3\n  potluck pool history mine --range 7d --json"
    )]
    History {
        /// Its id or label.
        key: String,
        #[command(flatten)]
        span: Span,
    },
    /// Recheck, reset, pause, resume or withdraw many pool keys. Shows what that would do, asks, and waits for its end.
    #[command(
        after_help = "Examples:\n  potluck pool bulk recheck --upstream novelai --state invalid\n  \
        potluck pool bulk pause --contributor linh --reason 'talk to us' --dry-run\n  \
        potluck pool bulk reset --state cooling --yes\n  potluck pool bulk withdraw --ids 3,4,9"
    )]
    Bulk(BulkArgs),
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

impl PoolCommand {
    pub(super) async fn run(self, api: &Api, options: &Options) -> Result<(), Failure> {
        let whose = Whose::Everybodys;
        let keys = PoolKeys { whose, api, options };
        match self {
            Self::Add(arguments) => add::one(arguments, &keys).await,
            Self::Import(arguments) => add::many(arguments, &keys).await,
            Self::List => show::all(&keys).await,
            Self::Show { key } => keys.show(&key).await,
            Self::Check(arguments) => check::run(arguments, &keys).await,
            Self::Pause { key, reason } => keys.edit(&key, &switched(PoolSwitch::Paused, reason)).await,
            Self::Resume { key } => keys.edit(&key, &switched(PoolSwitch::Active, None)).await,
            Self::Caps(arguments) => caps::run(arguments, &keys).await,
            Self::Usage { key, days } => keys.usage(&key, &days).await,
            Self::History { key, span } => keys.history(&key, &span).await,
            Self::Bulk(arguments) => bulk::run(arguments, api, options).await,
            Self::Withdraw { key, yes } => keys.withdraw(&key, yes).await,
        }
    }
}

fn switched(to: PoolSwitch, reason: Option<String>) -> EditPoolKey {
    EditPoolKey {
        state: Some(to),
        reason,
        ..EditPoolKey::default()
    }
}
