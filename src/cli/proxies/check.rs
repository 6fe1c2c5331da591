//! `potluck proxies check`: a probe now, and what came of it.

use potluck_admin::api::CheckedProxy;
use serde_json::json;

use super::{Which, show};
use crate::cli::api::Api;
use crate::cli::exit::{Exit, Failure};
use crate::cli::list::typed;
use crate::cli::{Options, print};

pub(super) async fn run(which: &Which, api: &Api, options: &Options) -> Result<(), Failure> {
    let answer = api
        .post(&format!("{}/check", which.path(api).await?), &json!({}))
        .await?;
    let checked: CheckedProxy = typed(answer.clone())?;
    if options.json {
        print::json(&answer);
    } else {
        show::card(&checked.proxy);
    }
    let bad = checked.probes.iter().filter_map(|probe| {
        let why = probe.why?.word();
        Some(format!("{} ({why})", probe.upstream))
    });
    let bad: Vec<String> = bad.collect();
    if bad.is_empty() {
        return Ok(());
    }
    let message = format!(
        "outbound proxy {} opens no way to {}",
        checked.proxy.name,
        bad.join(", ")
    );
    Err(Failure::new(Exit::Failed, message))
}
