//! `potluck plugins`: what may stand around a route's requests, and what can be set of each.

use clap::Subcommand;
use serde_json::{Value, json};

use super::exit::{Exit, Failure};
use super::{Options, print, table};
use crate::config::{nearest, settings_of};
use crate::plugin::Registered;

/// See the help of each.
#[derive(Debug, Subcommand)]
pub(super) enum PluginsCommand {
    /// List the plug-ins of this program.
    #[command(after_help = "Examples:\n  potluck plugins list\n  potluck plugins list --json")]
    List,
    /// Say what a plug-in does and what can be set; with --json, the schema of its entry in the configuration.
    #[command(after_help = "Examples:\n  potluck plugins show cors\n  potluck plugins show cost-cap --json")]
    Show {
        /// The plug-in's name.
        name: String,
    },
}

impl PluginsCommand {
    pub(super) fn run(self, options: &Options) -> Result<(), Failure> {
        match self {
            Self::List => list(options),
            Self::Show { name } => return show(&name, options),
        }
        Ok(())
    }
}

fn list(options: &Options) {
    let plugins = options.plugins.iter();
    if options.json {
        let all: Vec<Value> = plugins
            .map(|plugin| json!({ "name": plugin.name(), "about": plugin.about() }))
            .collect();
        print::json(&Value::Array(all));
        return;
    }
    let rows: Vec<_> = plugins
        .map(|plugin| [plugin.name().to_owned(), plugin.about().to_owned()])
        .collect();
    print::text(&table::table(["PLUG-IN", "WHAT IT DOES"], &rows, "No plug-ins."));
}

fn show(name: &str, options: &Options) -> Result<(), Failure> {
    let Some(plugin) = options.plugins.get(name) else {
        let hint = nearest(name, options.plugins.iter().map(Registered::name));
        let hint = hint
            .map(|near| format!("; did you mean `{near}`?"))
            .unwrap_or_default();
        let message = format!("there is no plug-in `{name}`{hint} (`potluck plugins list` names them)");
        return Err(Failure::new(Exit::Failed, message));
    };
    if options.json {
        print::json(&plugin.schema());
    } else {
        print::text(&settings_of(&plugin.schema()));
    }
    Ok(())
}
