//! `potluck config`: is it right, what holds, and what is there to set.

use clap::Subcommand;
use serde_json::json;

use super::exit::Failure;
use super::{Options, print};
use crate::config;

/// See the help of each.
#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Say everything that is wrong with the configuration, with line and column.
    #[command(after_help = "Examples:\n  potluck config check\n  \
                            potluck config check --config /etc/potluck/potluck.yaml")]
    Check,
    /// Print what holds, from flags, environment, file and defaults. Never prints secrets.
    #[command(after_help = "Examples:\n  potluck config show\n  potluck config show --json")]
    Show,
    /// Print the JSON Schema of the configuration file.
    #[command(after_help = "Examples:\n  potluck config schema > potluck.schema.json")]
    Schema {
        /// Print the reference page instead.
        #[arg(long)]
        markdown: bool,
    },
}

impl ConfigCommand {
    pub(super) fn run(self, options: &Options) -> Result<(), Failure> {
        match self {
            Self::Check => {
                let config = options.config()?;
                if options.json {
                    print::json(&json!({ "ok": true, "problems": [] }));
                } else {
                    let (file, count) = (options.config.display(), config.upstreams.len());
                    print::line(&format!(
                        "{file} is right: {count} upstreams, {} routes",
                        config.routes.len()
                    ));
                }
            }
            Self::Show => {
                let config = options.config()?;
                if options.json {
                    print::json(&serde_json::to_value(&config).unwrap_or_default());
                } else {
                    print::text(&config::show(&config));
                }
            }
            Self::Schema { markdown: true } => print::text(&config::markdown()),
            Self::Schema { markdown: false } => print::json(&config::schema_with(&options.plugins)),
        }
        Ok(())
    }
}
