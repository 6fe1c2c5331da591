//! `potluck upstreams`: what is configured, what an answer would mean, and what is switched at run time.

mod judge;
mod policy;
mod words;

use clap::Subcommand;
use potluck_admin::api::UpstreamFacts;
use potluck_filters::model::{Kind, Role};
use serde_json::Value;

use super::api::Api;
use super::exit::Failure;
use super::list::{self, typed};
use super::{Options, print, table};

/// See the help of each.
#[derive(Debug, Subcommand)]
pub(super) enum UpstreamsCommand {
    /// List upstreams and their nodes, as the configuration has them.
    #[command(after_help = "Examples:\n  potluck upstreams list\n  potluck upstreams list --json")]
    List,
    /// Say what an answer of an upstream would do: whom it blames, what rests, what the client gets.
    ///
    /// A dry run on the configuration: nothing is asked of the upstream or of a running relay, and nothing
    /// changes.
    #[command(after_help = judge::EXAMPLES)]
    Judge(judge::JudgeArgs),
    /// Show how an upstream's pool keys are chosen, or switch it. Takes effect at once.
    #[command(after_help = policy::EXAMPLES)]
    Policy(policy::PolicyArgs),
}

impl UpstreamsCommand {
    pub(super) fn run(self, options: &Options) -> Result<(), Failure> {
        match self {
            Self::List => options.with_api(async |api| list(api, options).await),
            Self::Judge(arguments) => judge::run(&arguments, options),
            Self::Policy(arguments) => {
                options.with_api(async |api| policy::run(arguments, api, options).await)
            }
        }
    }
}

async fn list(api: &Api, options: &Options) -> Result<(), Failure> {
    let answer = api.get("/manage/v1/upstreams").await?;
    let items: Vec<Value> = typed(answer.get("items").cloned().unwrap_or_default())?;
    if options.json {
        print::json(&list::as_json(&items));
        return Ok(());
    }
    let upstreams = items
        .into_iter()
        .map(typed)
        .collect::<Result<Vec<UpstreamFacts>, _>>()?;
    let rows: Vec<_> = upstreams.iter().flat_map(rows).collect();
    let headings = ["UPSTREAM", "KIND", "POOL KEYS", "NODE", "ROLE", "URL"];
    print::text(&table::table(
        headings,
        &rows,
        "No upstreams in the configuration.",
    ));
    Ok(())
}

fn rows(upstream: &UpstreamFacts) -> Vec<[String; 6]> {
    let kind = kind(upstream.kind);
    let keyed = if upstream.keyed { "needed" } else { "none" };
    let nodes = upstream.nodes.iter().map(|node| {
        let role = match node.role {
            Role::Any => "",
            Role::Image => "image",
            Role::Text => "text",
            Role::Api => "api",
        };
        [
            upstream.name.clone(),
            kind.to_owned(),
            keyed.to_owned(),
            node.name.clone(),
            role.to_owned(),
            node.url.clone(),
        ]
    });
    nodes.collect()
}

const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Novelai => "novelai",
        Kind::Openai => "openai",
        Kind::Http => "http",
    }
}
