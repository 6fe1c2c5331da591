//! Outbound proxies as people read them.

use potluck_admin::api::OutboundProxy;
use potluck_filters::egress::{By, Event, ProxyHealth, ProxyReport, StandingReport};
use serde_json::Value;

use super::PATH;
use crate::cli::api::Api;
use crate::cli::exit::Failure;
use crate::cli::list::{self as lists, typed};
use crate::cli::{Options, date, print, table};

/// Events that are shown to people; programs get all.
const SHOWN: usize = 10;

/// `potluck proxies list`.
pub(super) async fn all(api: &Api, options: &Options) -> Result<(), Failure> {
    let items = lists::all(api, PATH).await?;
    if options.json {
        print::json(&lists::as_json(&items));
        return Ok(());
    }
    let proxies = items.into_iter().map(typed);
    let proxies = proxies.collect::<Result<Vec<OutboundProxy>, _>>()?;
    let rows: Vec<_> = proxies.iter().map(row).collect();
    let headings = ["ID", "NAME", "URL", "LOGIN", "USED BY", "HEALTH"];
    let empty = "No outbound proxies yet; `potluck proxies add` brings one.";
    print::text(&table::table(headings, &rows, empty));
    Ok(())
}

fn row(proxy: &OutboundProxy) -> [String; 6] {
    [
        proxy.id.to_string(),
        proxy.name.clone(),
        proxy.url.clone(),
        login(proxy).to_owned(),
        users(proxy),
        health(proxy),
    ]
}

fn login(proxy: &OutboundProxy) -> &'static str {
    if proxy.has_login { "yes" } else { "no" }
}

fn users(proxy: &OutboundProxy) -> String {
    let keys = proxy.pool_keys.iter().map(|id| format!("key {id}"));
    let users: Vec<String> = proxy.upstreams.iter().cloned().chain(keys).collect();
    if users.is_empty() {
        "-".to_owned()
    } else {
        users.join(", ")
    }
}

/// The worst of what is known, with the upstream it is about.
fn health(proxy: &OutboundProxy) -> String {
    if !proxy.enabled {
        return "switched off".to_owned();
    }
    let standings = proxy
        .live
        .as_ref()
        .map(|live| live.upstreams.as_slice())
        .unwrap_or_default();
    if standings.is_empty() {
        return "-".to_owned();
    }
    standings.iter().map(standing).collect::<Vec<_>>().join(", ")
}

fn standing(standing: &StandingReport) -> String {
    let word = match standing.health {
        ProxyHealth::Unknown => "unknown",
        ProxyHealth::Healthy => "healthy",
        ProxyHealth::Cooling => "cooling",
    };
    match standing.rests_ms {
        Some(ms) => format!("{}: {word} ({} s)", standing.upstream, ms.div_ceil(1000)),
        None => format!("{}: {word}", standing.upstream),
    }
}

/// One proxy.
pub(super) fn one(answer: Value, options: &Options) -> Result<(), Failure> {
    if options.json {
        print::json(&answer);
        return Ok(());
    }
    card(&typed(answer)?);
    Ok(())
}

pub(super) fn card(proxy: &OutboundProxy) {
    print::text(&table::card(&[
        ("id", proxy.id.to_string()),
        ("name", proxy.name.clone()),
        ("url", proxy.url.clone()),
        ("login", login(proxy).to_owned()),
        ("used by", users(proxy)),
        ("health", health(proxy)),
        ("added", date::shown(proxy.created_at)),
    ]));
    if let Some(live) = &proxy.live {
        history(live);
    }
}

fn history(live: &ProxyReport) {
    let rows: Vec<_> = live.history.iter().take(SHOWN).map(event).collect();
    if !rows.is_empty() {
        print::line("");
        print::text(&table::table(
            ["WHEN", "UPSTREAM", "SEEN BY", "WHAT", "MS"],
            &rows,
            "",
        ));
    }
}

fn event(event: &Event) -> [String; 5] {
    let by = match event.by {
        By::Traffic => "traffic",
        By::Probe => "probe",
        By::Judge => "judge",
    };
    [
        date::shown(event.at),
        event.upstream.to_string(),
        by.to_owned(),
        event.why.as_deref().unwrap_or("well").to_owned(),
        event
            .latency_ms
            .map_or_else(|| "-".to_owned(), |ms| ms.to_string()),
    ]
}
