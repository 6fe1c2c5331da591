//! `potluck proxies assign`: who leaves through what.

use clap::Args;
use potluck_admin::api::{EditPoolKey, EditUpstream, PoolKey, Upstream};
use serde_json::Value;

use crate::cli::api::Api;
use crate::cli::exit::{Exit, Failure};
use crate::cli::list::{self, segment, sent, typed};
use crate::cli::{Options, ask, print, table};

pub(super) const EXAMPLES: &str = "Examples:\n  \
    potluck proxies assign --upstream novelai               (shows it)\n  \
    potluck proxies assign --upstream novelai paris rome    (these, one after the other)\n  \
    potluck proxies assign --upstream novelai --clear       (straight from this machine again)\n  \
    potluck proxies assign --pool-key 3 paris               (in place of its upstream's)\n  \
    potluck proxies assign --pool-key 3 --direct            (straight, whatever its upstream does)\n  \
    potluck proxies assign --pool-key 3 --clear             (as its upstream again)";

#[derive(Debug, Args)]
pub(in crate::cli) struct AssignArgs {
    #[command(flatten)]
    whose: Whose,
    /// Names of the proxies, in their order.
    #[arg(conflicts_with_all = ["clear", "direct"])]
    proxies: Vec<String>,
    /// No list: an upstream's requests leave straight, a pool key's as its upstream's.
    #[arg(long)]
    clear: bool,
    /// A pool key's requests leave straight, whatever its upstream does.
    #[arg(long, requires = "pool_key", conflicts_with = "clear")]
    direct: bool,
    /// Do not ask before requests leave straight.
    #[arg(long)]
    yes: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Whose {
    /// For this upstream; `potluck upstreams list` shows their names.
    #[arg(long, value_name = "NAME")]
    upstream: Option<String>,
    /// For this pool key, by id or label.
    #[arg(long, value_name = "KEY")]
    pool_key: Option<String>,
}

/// What is to be done with a list.
enum Change {
    Nothing,
    Clear,
    Set(Vec<String>),
}

impl AssignArgs {
    fn change(&self) -> Change {
        match (&self.proxies[..], self.clear, self.direct) {
            (_, true, _) => Change::Clear,
            (_, _, true) => Change::Set(Vec::new()),
            ([], false, false) => Change::Nothing,
            (names, false, false) => Change::Set(names.to_vec()),
        }
    }
}

pub(super) async fn run(arguments: AssignArgs, api: &Api, options: &Options) -> Result<(), Failure> {
    let answer = match (&arguments.whose.upstream, &arguments.whose.pool_key) {
        (Some(name), _) => upstream(name, &arguments, api).await?,
        (None, Some(key)) => pool_key(key, &arguments, api).await?,
        (None, None) => return Err(Failure::new(Exit::Usage, "give --upstream or --pool-key")),
    };
    if options.json {
        print::json(&answer);
    } else if arguments.whose.upstream.is_some() {
        let told: Upstream = typed(answer)?;
        let list = told.egress.unwrap_or_default();
        shown(
            "upstream",
            told.facts.name,
            &list,
            "none: straight from this machine",
        );
    } else {
        let told: PoolKey = typed(answer)?;
        let otherwise = if told.egress.is_some() {
            "none: straight from this machine"
        } else {
            "as its upstream"
        };
        shown(
            "pool key",
            told.id.to_string(),
            &told.egress.unwrap_or_default(),
            otherwise,
        );
    }
    Ok(())
}

fn shown(what: &str, name: String, list: &[String], otherwise: &str) {
    let list = if list.is_empty() {
        otherwise.to_owned()
    } else {
        list.join(", ")
    };
    print::text(&table::card(&[(what, name), ("leaves through", list)]));
}

async fn upstream(name: &str, arguments: &AssignArgs, api: &Api) -> Result<Value, Failure> {
    let path = format!("/manage/v1/upstreams/{}", segment("upstream", "upstreams", name)?);
    let list = match arguments.change() {
        Change::Nothing => return api.get(&path).await,
        Change::Set(list) => Some(list),
        Change::Clear => {
            let question = format!("Requests to {name} will leave straight from this machine. Go on?");
            ask::confirm(&question, arguments.yes)?;
            None
        }
    };
    let edit = EditUpstream {
        egress: Some(list),
        ..EditUpstream::default()
    };
    api.patch(&path, &sent(&edit)?).await
}

async fn pool_key(key: &str, arguments: &AssignArgs, api: &Api) -> Result<Value, Failure> {
    const KEYS: &str = "/manage/v1/pool-keys";
    let id = list::id(api, KEYS, "pool key", "label", key).await?;
    let path = format!("{KEYS}/{id}");
    let list = match arguments.change() {
        Change::Nothing => return api.get(&path).await,
        Change::Clear => None,
        Change::Set(list) => {
            if list.is_empty() {
                let question =
                    format!("Requests on pool key {id} will leave straight from this machine. Go on?");
                ask::confirm(&question, arguments.yes)?;
            }
            Some(list)
        }
    };
    let edit = EditPoolKey {
        egress: Some(list),
        ..EditPoolKey::default()
    };
    api.patch(&path, &sent(&edit)?).await
}
