//! `potluck me pool-keys`: the pool keys that one brought.

use clap::{Args, Subcommand};
use potluck_admin::api::{
    AddMyPoolKey, ContributionNotice, EditMyPoolKey, ImportJob, ImportMyPoolKeys, PoolSwitch,
};
use serde_json::json;

use super::act::PoolKeys;
use super::add::{LoginFlags, Terms, lines};
use super::caps::CapsArgs;
use super::lines::{follow, told};
use super::{caps, show};
use crate::cli::api::Api;
use crate::cli::ask;
use crate::cli::exit::Failure;
use crate::cli::history::Span;
use crate::cli::list::{sent, typed};
use crate::cli::print;

/// See the help of each.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum MyPoolCommand {
    /// List the pool keys that you brought.
    #[command(after_help = "Examples:\n  potluck me pool-keys list\n  potluck me pool-keys list --json")]
    List,
    /// Show one of them, without the credential.
    #[command(after_help = "Examples:\n  potluck me pool-keys show 3\n  potluck me pool-keys show mine")]
    Show {
        /// Its id or label.
        key: String,
    },
    /// Bring a pool key: a token, or with --login an account's username and password. It is sealed and never shown again.
    #[command(
        after_help = "Examples:\n  potluck me pool-keys add novelai                (asks for the key)\n  \
        potluck me pool-keys add novelai --label mine --accept-risk < key.txt\n  \
        potluck me pool-keys add novelai --anlas-per-day 500 --hours 22-6 --zone Asia/Ho_Chi_Minh\n  \
        potluck me pool-keys add novelai --login        (asks for username and password)"
    )]
    Add(AddArgs),
    /// Bring many pool keys, one a line, and wait for what becomes of them. Empty lines and lines that start with # are
    /// passed over.
    #[command(after_help = "Examples:\n  potluck me pool-keys import novelai --file keys.txt --accept-risk")]
    Import(ImportArgs),
    /// Hold one of them back, until `resume`.
    #[command(after_help = "Examples:\n  potluck me pool-keys pause mine")]
    Pause {
        /// Its id or label.
        key: String,
    },
    /// Let it serve again, as soon as a check finds it well.
    #[command(after_help = "Examples:\n  potluck me pool-keys resume mine")]
    Resume {
        /// Its id or label.
        key: String,
    },
    /// Have one of them looked at anew.
    #[command(after_help = "Examples:\n  potluck me pool-keys check mine")]
    Check {
        /// Its id or label.
        key: String,
    },
    /// Show what others may do with one of them, or change it. Takes effect at once.
    #[command(
        after_help = "Examples:\n  potluck me pool-keys caps mine                    (shows them)\n  \
        potluck me pool-keys caps mine --free-only\n  potluck me pool-keys caps mine --anlas-per-day 2000 --keep-anlas 500\n  \
        potluck me pool-keys caps mine --clear"
    )]
    Caps(CapsArgs),
    /// Say what one of them served, by day, and for how many people.
    #[command(
        after_help = "Examples:\n  potluck me pool-keys usage mine\n  potluck me pool-keys usage 3 --from 2026-11-01 --json"
    )]
    Usage {
        /// Its id or label.
        key: String,
        #[command(flatten)]
        days: super::days::Days,
    },
    /// Show how it fared: a strip of its states, and what changed when, by whose doing and why.
    #[command(
        after_help = "Examples:\n  potluck me pool-keys history mine\n  potluck me pool-keys history 3 --range 7d --json"
    )]
    History {
        /// Its id or label.
        key: String,
        #[command(flatten)]
        span: Span,
    },
    /// Take one of them out for ever and delete its ciphertext.
    #[command(
        after_help = "Examples:\n  potluck me pool-keys withdraw mine\n  potluck me pool-keys withdraw 3 --yes"
    )]
    Withdraw {
        /// Its id or label.
        key: String,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct AddArgs {
    #[command(flatten)]
    terms: Terms,
    #[command(flatten)]
    login: LoginFlags,
    #[command(flatten)]
    risk: Risk,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ImportArgs {
    #[command(flatten)]
    terms: Terms,
    #[command(flatten)]
    risk: Risk,
    /// Do not wait until each of them was looked at.
    #[arg(long)]
    no_wait: bool,
}

/// What whoever brings a key must have read.
#[derive(Clone, Copy, Debug, Args)]
struct Risk {
    /// Say that you have read what you risk; else it is shown, and you are asked.
    #[arg(long)]
    accept_risk: bool,
}

impl Risk {
    async fn accepted(self, api: &Api) -> Result<(), Failure> {
        if self.accept_risk {
            return Ok(());
        }
        let notice: ContributionNotice = typed(api.get("/manage/v1/contribution-notice").await?)?;
        print::note(&notice.text);
        ask::agree("Do you accept that?", "--accept-risk")
    }
}

impl MyPoolCommand {
    pub(in crate::cli) async fn run(self, keys: &PoolKeys<'_>) -> Result<(), Failure> {
        match self {
            Self::List => show::all(keys).await,
            Self::Show { key } => keys.show(&key).await,
            Self::Add(arguments) => add(arguments, keys).await,
            Self::Import(arguments) => import(arguments, keys).await,
            Self::Pause { key } => keys.edit(&key, &switched(PoolSwitch::Paused)).await,
            Self::Resume { key } => keys.edit(&key, &switched(PoolSwitch::Active)).await,
            Self::Check { key } => keys.check(&key).await,
            Self::Caps(arguments) => caps::run(arguments, keys).await,
            Self::Usage { key, days } => keys.usage(&key, &days).await,
            Self::History { key, span } => keys.history(&key, &span).await,
            Self::Withdraw { key, yes } => keys.withdraw(&key, yes).await,
        }
    }
}

fn switched(to: PoolSwitch) -> EditMyPoolKey {
    EditMyPoolKey {
        state: Some(to),
        ..EditMyPoolKey::default()
    }
}

async fn add(arguments: AddArgs, keys: &PoolKeys<'_>) -> Result<(), Failure> {
    let AddArgs { terms, login, risk } = arguments;
    risk.accepted(keys.api).await?;
    let read = login.read(&terms)?;
    let new = AddMyPoolKey {
        caps: terms.own_caps(),
        upstream: terms.upstream,
        credential: read.credential,
        username: read.username,
        password: read.password,
        label: terms.label,
        accepted_risk: true,
    };
    let answer = keys.api.post(&keys.all_at(), &sent(&new)?).await?;
    keys.note_waiting(&answer);
    show::one(answer, keys)
}

async fn import(arguments: ImportArgs, keys: &PoolKeys<'_>) -> Result<(), Failure> {
    let ImportArgs { terms, risk, no_wait } = arguments;
    risk.accepted(keys.api).await?;
    let import = ImportMyPoolKeys {
        lines: lines(&terms)?,
        caps: terms.own_caps(),
        upstream: terms.upstream,
        label: terms.label,
        accepted_risk: true,
    };
    let begun: ImportJob = typed(
        keys.api
            .post(&format!("{}/import", keys.all_at()), &sent(&import)?)
            .await?,
    )?;
    let job = follow(begun.id, no_wait, keys).await?;
    if keys.options.json {
        print::json(&json!(job));
    } else {
        print::text(&told(&job));
    }
    super::lines::all_are_keys(&job)
}
