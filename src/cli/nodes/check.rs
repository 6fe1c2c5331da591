//! `potluck nodes check`: a check now, and what came of it.

use potluck_admin::api::Node;
use serde_json::json;

use super::{Which, show};
use crate::cli::Options;
use crate::cli::api::Api;
use crate::cli::exit::{Exit, Failure};
use crate::cli::list::typed;

pub(super) async fn run(which: &Which, api: &Api, options: &Options) -> Result<(), Failure> {
    let answer = api.post(&format!("{}/check", which.path()?), &json!({})).await?;
    let node: Node = typed(answer.clone())?;
    show::one(answer, options)?;
    let check = node.live.and_then(|live| live.last_check);
    match check.filter(|check| !check.ok) {
        None => Ok(()),
        Some(check) => Err(Failure::new(
            Exit::Failed,
            format!(
                "node {} is not well: {}",
                node.name,
                check.error.unwrap_or_default()
            ),
        )),
    }
}
