//! Adding, draining, resuming, preferring and removing nodes.

use std::collections::BTreeMap;

use clap::{Args, ValueEnum};
use potluck_admin::api::{AddNode, EditNode, EditUpstream, Node, Upstream};
use potluck_filters::model::{HttpVersion, Role};
use potluck_filters::pool::Policy;
use serde_json::{Value, json};

use super::{Which, all, show};
use crate::cli::api::Api;
use crate::cli::exit::Failure;
use crate::cli::list::{segment, sent, typed};
use crate::cli::{Options, ask, print};

#[derive(Debug, Args)]
pub(in crate::cli) struct AddArgs {
    #[command(flatten)]
    which: Which,
    /// Its base URL, with a path prefix where it has one.
    url: String,
    /// Which host of NovelAI it stands for; for kind novelai only, and there needed.
    #[arg(long)]
    role: Option<RoleName>,
    /// HTTP version: h2 where TLS offers it, else HTTP/1.1 (auto), or one of them.
    #[arg(long, default_value = "auto")]
    http: HttpName,
    /// A note about it; may be given several times.
    #[arg(long, value_name = "NAME=TEXT", value_parser = note)]
    metadata: Vec<(String, String)>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct EditArgs {
    #[command(flatten)]
    which: Which,
    /// A note about it; may be given several times. An empty text takes the note away.
    #[arg(long, value_name = "NAME=TEXT", value_parser = note, required = true)]
    metadata: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RoleName {
    /// Images and all account paths.
    Image,
    /// Text and the OpenAI-like paths.
    Text,
    /// Voice and annotation.
    Api,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum HttpName {
    Auto,
    H1,
    H2,
}

fn note(written: &str) -> Result<(String, String), String> {
    let (name, text) = written.split_once('=').ok_or("write NAME=TEXT, like card=A100")?;
    Ok((name.to_owned(), text.to_owned()))
}

pub(super) async fn add(arguments: AddArgs, api: &Api, options: &Options) -> Result<(), Failure> {
    let new = AddNode {
        name: arguments.which.node.clone(),
        url: arguments.url,
        role: arguments.role.map(|role| match role {
            RoleName::Image => Role::Image,
            RoleName::Text => Role::Text,
            RoleName::Api => Role::Api,
        }),
        http: match arguments.http {
            HttpName::Auto => HttpVersion::Auto,
            HttpName::H1 => HttpVersion::H1,
            HttpName::H2 => HttpVersion::H2,
        },
        metadata: arguments.metadata.into_iter().collect(),
    };
    let upstream = &arguments.which.upstream;
    let answer = api.post(&all(upstream)?, &sent(&new)?).await?;
    let node: Node = typed(answer.clone())?;
    show::one(answer, options)?;
    if known(upstream, api).await?.facts.keyed {
        print::note(&format!(
            "Pool keys that are there already go to {} after `potluck nodes grant {upstream} {}`.",
            node.origin, node.name
        ));
    }
    Ok(())
}

async fn known(upstream: &str, api: &Api) -> Result<Upstream, Failure> {
    let upstream = segment("upstream", "upstreams", upstream)?;
    typed(api.get(&format!("/manage/v1/upstreams/{upstream}")).await?)
}

pub(super) async fn edit(arguments: EditArgs, api: &Api, options: &Options) -> Result<(), Failure> {
    let path = arguments.which.path()?;
    let node: Node = typed(api.get(&path).await?)?;
    let edit = EditNode {
        state: None,
        metadata: Some(noted(node.metadata, arguments.metadata)),
    };
    show::one(api.patch(&path, &sent(&edit)?).await?, options)
}

/// The notes with some of them written anew; an empty text takes one away.
fn noted(mut notes: BTreeMap<String, String>, new: Vec<(String, String)>) -> BTreeMap<String, String> {
    for (name, text) in new {
        if text.is_empty() {
            notes.remove(&name);
        } else {
            notes.insert(name, text);
        }
    }
    notes
}

pub(super) async fn switch(which: &Which, state: &str, api: &Api, options: &Options) -> Result<(), Failure> {
    let answer = api.patch(&which.path()?, &json!({ "state": state })).await?;
    show::one(answer, options)
}

pub(super) async fn remove(which: &Which, yes: bool, api: &Api, options: &Options) -> Result<(), Failure> {
    let path = which.path()?;
    let node: Node = typed(api.get(&path).await?)?;
    let question = format!("Take node {} ({}) out of {}?", node.name, node.url, node.upstream);
    ask::confirm(&question, yes)?;
    let answer: Value = api.delete(&path).await?;
    show::one(answer, options)
}

pub(super) async fn prefer(
    upstream: String,
    node: Option<String>,
    api: &Api,
    options: &Options,
) -> Result<(), Failure> {
    match node {
        Some(node) => {
            let which = Which { upstream, node };
            let answer = api
                .post(&format!("{}/activate", which.path()?), &json!({}))
                .await?;
            show::one(answer, options)?;
            note_policy(&which.upstream, api).await
        }
        None => none_first(&upstream, api, options).await,
    }
}

/// Says so where preferring a node has no effect yet.
async fn note_policy(upstream: &str, api: &Api) -> Result<(), Failure> {
    let known = known(upstream, api).await?;
    if known.policy.unwrap_or(known.facts.configured_policy) != Policy::ActiveFirst {
        print::note(&format!(
            "It takes effect with the policy active-first: `potluck upstreams policy {upstream} active-first`."
        ));
    }
    Ok(())
}

async fn none_first(upstream: &str, api: &Api, options: &Options) -> Result<(), Failure> {
    let name = segment("upstream", "upstreams", upstream)?;
    let edit = EditUpstream {
        active_node: Some(None),
        ..EditUpstream::default()
    };
    let answer = api
        .patch(&format!("/manage/v1/upstreams/{name}"), &sent(&edit)?)
        .await?;
    if options.json {
        print::json(&answer);
    } else {
        print::line(&format!("no node of {upstream} is preferred"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_merged_and_an_empty_one_is_taken_away() {
        let before = BTreeMap::from([("a", "1"), ("b", "2")].map(|(k, v)| (k.to_owned(), v.to_owned())));
        let new = vec![note("b=").unwrap(), note("c=x=y").unwrap()];
        let after = noted(before, new);
        let expected = [("a", "1"), ("c", "x=y")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        assert_eq!(after, BTreeMap::from(expected));
        assert!(note("nothing").is_err());
    }
}
