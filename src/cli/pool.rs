//! `potluck pool`: pool keys. A credential is read from standard input, a file or the terminal, never from the
//! arguments, which other users of the machine can see and shells remember.

mod add;
mod bulk;
mod caps;
mod check;
mod show;

use clap::Subcommand;
use potluck_admin::api::{EditPoolKey, PoolKey, PoolSwitch};
use serde_json::{Value, json};

use self::add::{AddArgs, ImportArgs};
use self::bulk::BulkArgs;
use self::caps::CapsArgs;
use self::check::CheckArgs;
use super::api::Api;
use super::exit::Failure;
use super::list::{self, sent, typed};
use super::{Options, ask, print};
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
        match self {
            Self::Add(arguments) => add::one(arguments, api, options).await,
            Self::Import(arguments) => add::many(arguments, api, options).await,
            Self::List => show::all(api, options).await,
            Self::Show { key } => {
                let answer = api.get(&path(api, &key).await?).await?;
                show::one(answer, api, options).await
            }
            Self::Check(arguments) => check::run(arguments, api, options).await,
            Self::Pause { key, reason } => pause(&key, reason, api, options).await,
            Self::Resume { key } => resume(&key, api, options).await,
            Self::Caps(arguments) => caps::run(arguments, api, options).await,
            Self::Bulk(arguments) => bulk::run(arguments, api, options).await,
            Self::Withdraw { key, yes } => withdraw(&key, yes, api, options).await,
        }
    }
}

async fn pause(key: &str, reason: Option<String>, api: &Api, options: &Options) -> Result<(), Failure> {
    let edit = EditPoolKey {
        state: Some(PoolSwitch::Paused),
        reason,
        ..EditPoolKey::default()
    };
    let answer = api.patch(&path(api, key).await?, &sent(&edit)?).await?;
    show::one(answer, api, options).await
}

async fn resume(key: &str, api: &Api, options: &Options) -> Result<(), Failure> {
    let edit = json!({ "state": PoolSwitch::Active });
    let answer = api.patch(&path(api, key).await?, &edit).await?;
    note_waiting(&answer, api);
    show::one(answer, api, options).await
}

async fn path(api: &Api, written: &str) -> Result<String, Failure> {
    Ok(format!(
        "{PATH}/{}",
        list::id(api, PATH, "pool key", "label", written).await?
    ))
}

/// Says what a key that does not serve yet is waiting for.
fn note_waiting(answer: &Value, api: &Api) {
    if answer.get("state").and_then(Value::as_str) == Some("pending") {
        let id = answer.get("id").cloned().unwrap_or_default();
        print::note(&if api.relay_runs() {
            format!("It serves when a check finds it well; `potluck pool check {id}` waits for that.")
        } else {
            "It serves when the relay runs and has found it well.".to_owned()
        });
    }
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
    show::one(answer, api, options).await
}
