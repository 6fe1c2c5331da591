//! `potluck me keys`: client keys of one's own.

use clap::Subcommand;

use super::act::{Changes, Keys, NewKey};
use super::seconds;
use crate::cli::exit::Failure;

/// See the help of each.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum MyKeysCommand {
    /// List your client keys, with when each was used last.
    #[command(after_help = "Examples:\n  potluck me keys list\n  potluck me keys list --json")]
    List,
    /// Make a client key. Its text is printed once, alone on standard output.
    #[command(after_help = "Examples:\n  potluck me keys create --name laptop\n  \
        potluck me keys create --name bot --rate-limit 10 --concurrency 1 --expires 30d")]
    Create(NewKey),
    /// Show one of your client keys. Its text is never shown again.
    #[command(after_help = "Examples:\n  potluck me keys show 3\n  potluck me keys show laptop")]
    Show {
        /// Its id or name.
        key: String,
    },
    /// Say what one of your client keys used: by endpoint and model, with its newest requests.
    #[command(
        visible_alias = "stats",
        after_help = "Examples:\n  potluck me keys usage laptop\n  potluck me keys usage 3 --range 7d --json"
    )]
    Usage {
        /// Its id or name.
        key: String,
        /// The last so long: 90m, 24h, 7d, 4w.
        #[arg(long, value_name = "SPAN", default_value = "24h")]
        range: String,
    },
    /// Change one of your client keys; takes effect at once.
    #[command(
        visible_alias = "update",
        after_help = "Examples:\n  potluck me keys edit laptop --rate-limit 10\n  \
        potluck me keys edit 3 --deactivate\n  potluck me keys edit bot --models 'gpt-5*' --expires never"
    )]
    Edit(Changes),
    /// Give one of your client keys another text, which is printed once. The old one may work on for a while.
    #[command(
        after_help = "Examples:\n  potluck me keys rotate 3                    (the old text ends at once)\n  \
        potluck me keys rotate laptop --old-lives 1h\n\n`potluck me keys show` says whether the old text is still used."
    )]
    Rotate {
        /// Its id or name.
        key: String,
        /// How long the old text works on: 90s, 15m, 1h or 7d, a week at most.
        #[arg(long, value_name = "SPAN", default_value = "0s", value_parser = seconds)]
        old_lives: u32,
    },
    /// Revoke one of your client keys for ever.
    #[command(
        visible_alias = "delete",
        after_help = "Examples:\n  potluck me keys revoke 3\n  potluck me keys revoke laptop --yes"
    )]
    Revoke {
        /// Its id or name.
        key: String,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

impl MyKeysCommand {
    pub(in crate::cli) async fn run(self, keys: &Keys<'_>) -> Result<(), Failure> {
        match self {
            Self::List => keys.list().await,
            Self::Create(new) => keys.create(new, None).await,
            Self::Show { key } => keys.show(&key).await,
            Self::Usage { key, range } => keys.stats(&key, &range).await,
            Self::Edit(changes) => keys.update(&changes).await,
            Self::Rotate { key, old_lives } => keys.rotate(&key, old_lives).await,
            Self::Revoke { key, yes } => keys.revoke(&key, yes).await,
        }
    }
}
