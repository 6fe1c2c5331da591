//! `potluck nodes grant`: letting pool keys go to a node's host.

use clap::Args;
use potluck_admin::api::{AllowHost, Node, NodeGrant};
use serde_json::json;

use super::Which;
use crate::cli::api::Api;
use crate::cli::exit::Failure;
use crate::cli::list::{self, sent, typed};
use crate::cli::{Options, print};

const POOL_KEYS: &str = "/manage/v1/pool-keys";

#[derive(Debug, Args)]
pub(in crate::cli) struct GrantArgs {
    #[command(flatten)]
    which: Which,
    /// Only this pool key, by id or label, whose contributor agreed.
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
}

pub(super) async fn run(arguments: &GrantArgs, api: &Api, options: &Options) -> Result<(), Failure> {
    match &arguments.key {
        Some(key) => one(&arguments.which, key, api, options).await,
        None => own(&arguments.which, api, options).await,
    }
}

async fn own(which: &Which, api: &Api, options: &Options) -> Result<(), Failure> {
    let answer = api.post(&format!("{}/grant", which.path()?), &json!({})).await?;
    if options.json {
        print::json(&answer);
        return Ok(());
    }
    let grant: NodeGrant = typed(answer)?;
    let keys = if grant.granted == 1 {
        "pool key"
    } else {
        "pool keys"
    };
    print::line(&format!(
        "{} more {keys} may go to {}",
        grant.granted, grant.origin
    ));
    if !grant.waiting.is_empty() {
        let ids: Vec<_> = grant.waiting.iter().map(ToString::to_string).collect();
        print::note(&format!(
            "Others brought these, and must agree first (then: `potluck nodes grant {} {} --key ID`): {}",
            which.upstream,
            which.node,
            ids.join(", ")
        ));
    }
    Ok(())
}

async fn one(which: &Which, key: &str, api: &Api, options: &Options) -> Result<(), Failure> {
    let node: Node = typed(api.get(&which.path()?).await?)?;
    let id = list::id(api, POOL_KEYS, "pool key", "label", key).await?;
    let allow = AllowHost { origin: node.origin };
    let answer = api
        .post(&format!("{POOL_KEYS}/{id}/hosts"), &sent(&allow)?)
        .await?;
    if options.json {
        print::json(&answer);
    } else {
        print::line(&format!("pool key {id} may go to {}", allow.origin));
    }
    Ok(())
}
