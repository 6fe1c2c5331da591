//! `potluck pool check`: asks for a look at keys, and waits for what it finds.
//!
//! A look that is asked for is due at a certain time; when the key is due at another, the look has ended.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use clap::Args;
use potluck_admin::api::{CheckPoolKeys, Checked, PoolKey, Upstream};
use potluck_filters::model::PoolKeyState;
use serde_json::{Value, json};

use super::act::PoolKeys;
use super::{PATH, show};
use crate::cli::api::Api;
use crate::cli::exit::{Exit, Failure};
use crate::cli::list::{self, sent, typed};
use crate::cli::print;

/// Between two looks whether there is a result, and how many of them without any: a minute in all.
const PAUSE: Duration = Duration::from_millis(250);
const LOOKS: usize = 240;

#[derive(Debug, Args)]
pub(in crate::cli) struct CheckArgs {
    /// Its id or label.
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    key: Option<String>,
    /// All keys; paused and withdrawn ones are left alone.
    #[arg(long)]
    all: bool,
    /// With --all: only those of this upstream.
    #[arg(long, value_name = "NAME", requires = "all")]
    upstream: Option<String>,
    /// With --all: only those in this state.
    #[arg(long, value_name = "STATE", requires = "all")]
    state: Option<Wanted>,
    /// Do not wait for the result.
    #[arg(long)]
    no_wait: bool,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Wanted {
    Pending,
    Healthy,
    Invalid,
}

impl From<Wanted> for PoolKeyState {
    fn from(wanted: Wanted) -> Self {
        match wanted {
            Wanted::Pending => Self::Pending,
            Wanted::Healthy => Self::Healthy,
            Wanted::Invalid => Self::Invalid,
        }
    }
}

pub(super) async fn run(arguments: CheckArgs, keys: &PoolKeys<'_>) -> Result<(), Failure> {
    match &arguments.key {
        Some(key) => one(key, arguments.no_wait, keys).await,
        None => many(&arguments, keys).await,
    }
}

async fn one(written: &str, no_wait: bool, keys: &PoolKeys<'_>) -> Result<(), Failure> {
    let (path, api) = (keys.path(written).await?, keys.api);
    let mut answer = api.post(&format!("{path}/check"), &json!({})).await?;
    let asked: PoolKey = typed(answer.clone())?;
    let waits = !no_wait && waits(api, &asked.upstream).await?;
    if waits {
        answer = until(asked.next_probe_at, &path, api).await?;
    }
    let key: PoolKey = typed(answer.clone())?;
    show::one(answer, keys)?;
    if waits { healthy(&[key]) } else { Ok(()) }
}

/// Whether a result will come: a relay runs here that probes keys of this upstream.
async fn waits(api: &Api, upstream: &str) -> Result<bool, Failure> {
    let probed = probed(api).await?;
    if probed.get(upstream) != Some(&true) {
        print::note(&format!(
            "Keys of {upstream} are not probed; nothing is known of their accounts."
        ));
    } else if !api.relay_runs() {
        print::note("No relay runs here; it will be looked at as soon as one does.");
    }
    Ok(api.relay_runs() && probed.get(upstream) == Some(&true))
}

async fn probed(api: &Api) -> Result<BTreeMap<String, bool>, Failure> {
    let answer = api.get("/manage/v1/upstreams").await?;
    let items: Vec<Upstream> = typed(answer.get("items").cloned().unwrap_or_default())?;
    Ok(items
        .into_iter()
        .map(|Upstream { facts, .. }| (facts.name, facts.probed || facts.credit))
        .collect())
}

async fn until(asked: Option<i64>, path: &str, api: &Api) -> Result<Value, Failure> {
    for _ in 0..LOOKS {
        let answer = api.get(path).await?;
        let key: PoolKey = typed(answer.clone())?;
        if key.next_probe_at != asked {
            return Ok(answer);
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(late())
}

fn late() -> Failure {
    Failure::new(
        Exit::Unavailable,
        "no result for a minute; `potluck pool list` shows it when it is there",
    )
}

async fn many(arguments: &CheckArgs, keys: &PoolKeys<'_>) -> Result<(), Failure> {
    let api = keys.api;
    let which = CheckPoolKeys {
        upstream: arguments.upstream.clone(),
        state: arguments.state.map(Into::into),
    };
    let asked = asked(&which, api).await?;
    let answer = api.post(&format!("{PATH}/check"), &sent(&which)?).await?;
    let checked: Checked = typed(answer.clone())?;
    if arguments.no_wait || !api.relay_runs() || checked.due == 0 {
        if keys.options.json {
            print::json(&answer);
        } else {
            print::line(&format!("{} pool keys are to be looked at", checked.due));
        }
        return Ok(());
    }
    print::note(&format!(
        "Looking at {} pool keys. Whoever stops waiting does not stop the looking.",
        asked.len()
    ));
    let done = until_all(&asked, checked.at, api).await?;
    show::list(&done, keys)?;
    let read = done.into_iter().map(typed).collect::<Result<Vec<PoolKey>, _>>()?;
    healthy(&read)
}

/// The keys that a result will come for. Looked for before it is asked, because some results are there at once.
async fn asked(which: &CheckPoolKeys, api: &Api) -> Result<BTreeSet<i64>, Failure> {
    let probed = probed(api).await?;
    let is_asked = |key: &PoolKey| {
        probed.get(&key.upstream) == Some(&true)
            && which.upstream.as_ref().is_none_or(|name| *name == key.upstream)
            && which.state.is_none_or(|state| state == key.state)
            && is_probed(key.state)
    };
    let keys = list::all(api, PATH).await?.into_iter().map(typed);
    let keys = keys.collect::<Result<Vec<PoolKey>, _>>()?;
    Ok(keys
        .iter()
        .filter(|key| is_asked(key))
        .map(|key| key.id.0)
        .collect())
}

fn is_probed(state: PoolKeyState) -> bool {
    match state {
        PoolKeyState::Pending | PoolKeyState::Healthy | PoolKeyState::Invalid => true,
        PoolKeyState::Paused | PoolKeyState::Withdrawn => false,
    }
}

/// Waits for as long as results keep coming.
async fn until_all(asked: &BTreeSet<i64>, at: i64, api: &Api) -> Result<Vec<Value>, Failure> {
    let (mut left, mut in_vain) = (asked.len(), 0);
    while in_vain < LOOKS {
        let mut items = list::all(api, PATH).await?;
        items.retain(|item| item["id"].as_i64().is_some_and(|id| asked.contains(&id)));
        let waiting = items.iter().filter(|item| item["next_probe_at"] == at).count();
        if waiting == 0 {
            return Ok(items);
        }
        in_vain = if waiting < left { 0 } else { in_vain + 1 };
        left = waiting;
        tokio::time::sleep(PAUSE).await;
    }
    Err(late())
}

/// A failure for programs and people alike where a key does not serve.
fn healthy(keys: &[PoolKey]) -> Result<(), Failure> {
    let bad: Vec<&PoolKey> = keys
        .iter()
        .filter(|key| key.state != PoolKeyState::Healthy)
        .collect();
    match bad.as_slice() {
        [] => Ok(()),
        [one] => Err(Failure::new(
            Exit::Failed,
            format!("pool key {} is {}", one.id, show::state(one)),
        )),
        many => Err(Failure::new(
            Exit::Failed,
            format!("{} of {} pool keys are not healthy", many.len(), keys.len()),
        )),
    }
}
