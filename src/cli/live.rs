//! `potluck live`: requests that are on their way.

use clap::Args;
use potluck_admin::api::{LiveRequest, MyLiveRequest, Page, Stage, Waiting, WaitingLine};
use serde_json::Value;

use super::api::Api;
use super::exit::Failure;
use super::list::{segment, typed};
use super::whose::Whose;
use super::{Options, amount, print, table};
use crate::clock;

/// Which of them.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  potluck live\n  potluck live --json\n  potluck live --queue novelai\n  \
                        potluck live --json | jq '.items[] | select(.stage == \"waiting\")'"
)]
pub(super) struct LiveArgs {
    /// Only the line of those that wait for a pool key of this upstream, in the order of their turns.
    #[arg(long, value_name = "UPSTREAM")]
    queue: Option<String>,
}

/// `potluck live`.
pub(super) async fn run(arguments: &LiveArgs, api: &Api, options: &Options) -> Result<(), Failure> {
    match &arguments.queue {
        None => on_their_way(Whose::Everybodys, api, options).await,
        Some(upstream) => line(segment("upstream", "upstreams", upstream)?, api, options).await,
    }
}

/// Requests on their way, the oldest first.
pub(super) async fn on_their_way(whose: Whose, api: &Api, options: &Options) -> Result<(), Failure> {
    let answer = api.get(&whose.path("live-requests")).await?;
    if options.json {
        print::json(&answer);
        return Ok(());
    }
    let now = clock::unix_ms();
    let page: Page<Value> = typed(answer)?;
    print::text(&match whose {
        Whose::Everybodys => everybodys(page.items, now)?,
        Whose::Mine => mine(page.items, now)?,
    });
    Ok(())
}

const EMPTY: &str = "No requests are on their way.";

fn everybodys(items: Vec<Value>, now: i64) -> Result<String, Failure> {
    let items = items.into_iter().map(typed);
    let items = items.collect::<Result<Vec<LiveRequest>, _>>()?;
    let rows = items.iter().map(|live| {
        let id = |id: Option<String>| id.unwrap_or_else(|| "–".to_owned());
        let [request, upstream, model, stage, age] = row(&live.request, now);
        let user = id(live.user.map(|user| user.to_string()));
        let key = id(live.pool_key.map(|key| key.to_string()));
        let node = id(live.node.as_deref().map(str::to_owned));
        [request, user, upstream, model, stage, age, key, node]
    });
    let headings = [
        "REQUEST", "USER", "UPSTREAM", "MODEL", "STAGE", "AGE", "POOL KEY", "NODE",
    ];
    Ok(table::table(headings, &rows.collect::<Vec<_>>(), EMPTY))
}

fn mine(items: Vec<Value>, now: i64) -> Result<String, Failure> {
    let items = items.into_iter().map(typed);
    let items = items.collect::<Result<Vec<MyLiveRequest>, _>>()?;
    let rows: Vec<_> = items.iter().map(|live| row(live, now)).collect();
    let headings = ["REQUEST", "UPSTREAM", "MODEL", "STAGE", "AGE"];
    Ok(table::table(headings, &rows, EMPTY))
}

fn row(live: &MyLiveRequest, now: i64) -> [String; 5] {
    let stage = match (live.stage, live.place, live.attempt) {
        (Stage::Admitted, _, _) => "admitted".to_owned(),
        (Stage::Waiting, Some(place), _) => format!("waiting, place {place}"),
        (Stage::Waiting, None, _) => "waiting".to_owned(),
        (Stage::Running, _, Some(attempt)) if attempt > 1 => format!("running, attempt {attempt}"),
        (Stage::Running, _, Some(_) | None) => "running".to_owned(),
    };
    let age = u64::try_from(now.saturating_sub(live.since)).unwrap_or(0);
    [
        live.request_id.clone(),
        live.upstream.to_string(),
        live.model.as_deref().unwrap_or("–").to_owned(),
        stage,
        amount::time_ms(age),
    ]
}

async fn line(upstream: &str, api: &Api, options: &Options) -> Result<(), Failure> {
    let answer = api.get(&format!("/manage/v1/upstreams/{upstream}/queue")).await?;
    if options.json {
        print::json(&answer);
        return Ok(());
    }
    let line: WaitingLine = typed(answer)?;
    let rows: Vec<_> = line.items.iter().enumerate().map(waiting).collect();
    let headings = ["PLACE", "REQUEST", "USER", "WEIGHT", "WAITED"];
    print::text(&table::table(headings, &rows, "Nobody waits for a pool key."));
    if line.total > rows.len() {
        print::note(&format!("These are the first {} of {}.", rows.len(), line.total));
    }
    Ok(())
}

fn waiting((before, waiting): (usize, &Waiting)) -> [String; 5] {
    let nobody = || "–".to_owned();
    [
        (before + 1).to_string(),
        waiting.request_id.clone().unwrap_or_else(nobody),
        waiting.user.map_or_else(nobody, |user| user.to_string()),
        waiting.weight.to_string(),
        amount::time_ms(waiting.waited_ms),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_request_tells_how_far_it_has_come() {
        let live = |stage: &str, place: Option<u32>, attempt: Option<u16>| {
            json!({ "request_id": "r-1", "since": 1_000, "client_key": 1, "upstream": "novelai",
                "endpoint": "chat", "model": "m", "stage": stage, "stage_since": 1_500, "place": place,
                "attempt": attempt, "user": 7, "pool_key": null, "node": null })
        };
        for (one, told) in [
            (live("admitted", None, None), "admitted"),
            (live("waiting", Some(3), None), "waiting, place 3"),
            (live("running", None, Some(1)), "running"),
            (live("running", None, Some(2)), "running, attempt 2"),
        ] {
            let shown = everybodys(vec![one], 3_000).unwrap();
            assert!(shown.contains(&format!("{told}  2.0 s")), "{shown}");
        }
        assert_eq!(mine(Vec::new(), 0).unwrap(), format!("{EMPTY}\n"));
    }
}
