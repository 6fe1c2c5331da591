//! A request's course in words.
//!
//! Invariant: nobody is blamed whom the trace does not blame; what is not known is said to be so.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use potluck_admin::api::{MyRequest, RequestDetails, RequestFigure};
use potluck_filters::judge::{CoolDown, Outcome, Retry, Scope};
use potluck_filters::pool::{Census, PassedOver};
use potluck_filters::rejection::LimitSource;
use potluck_filters::trace::{Attempt, Step, What};
use potluck_filters::usage::StatusClass;

use crate::cli::{amount, date};

/// What is known of a request, line by line.
pub(super) fn told(details: &RequestDetails<MyRequest>) -> String {
    let mut text = String::new();
    match &details.request {
        Some(request) => line(&mut text, &headline(request, details.limit_source)),
        None => line(
            &mut text,
            "Its line is not in the books: it was not written yet, or is no longer kept.",
        ),
    }
    let began = details.request.as_ref().map(began);
    match &details.trace {
        Some(trace) => {
            let teller = Teller {
                details,
                began,
                served: details
                    .request
                    .as_ref()
                    .is_some_and(|request| request.class == StatusClass::Ok),
            };
            for step in &trace.steps {
                line(&mut text, &teller.step(step));
            }
            if trace.left_out > 0 {
                line(
                    &mut text,
                    &format!("  … and {} more steps that were not kept", trace.left_out),
                );
            }
        }
        None if details
            .request
            .as_ref()
            .is_some_and(|one| one.class == StatusClass::Ok) =>
        {
            line(
                &mut text,
                "  No steps are kept: it was served at once, or longer ago than the relay remembers them.",
            );
        }
        None => line(&mut text, "  No steps are kept of it any more."),
    }
    if let Some(request) = &details.request {
        figures(&mut text, request);
    }
    text
}

fn line(text: &mut String, words: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{words}");
}

fn began(request: &MyRequest) -> i64 {
    request.ended_at - i64::try_from(request.total_us / 1000).unwrap_or(0)
}

/// What happened and whose doing it was.
fn headline(request: &MyRequest, limit: Option<LimitSource>) -> String {
    let took = amount::time(request.total_us);
    let status = request.status;
    let code = request.code.as_deref().unwrap_or_default();
    let ended = match request.class {
        StatusClass::Ok => format!("Answered ({status}) after {took}."),
        StatusClass::Left => format!("The client went away after {took}; nobody else's fault."),
        StatusClass::Limited => format!("Refused ({status} {code}) after {took}: a limit of this relay."),
        StatusClass::Refused => {
            format!("Refused ({status} {code}) after {took}: the request could not be taken as it was.")
        }
        StatusClass::UpstreamRefused => format!("The upstream refused it ({status}) after {took}."),
        StatusClass::UpstreamFailed => format!("The upstream failed ({status}) after {took}."),
        StatusClass::Unserved => format!("Not served ({status} {code}) after {took}."),
    };
    let limit = limit.map(|source| match source {
        LimitSource::Relay => " Whose limit: this relay's.",
        LimitSource::Upstream => " Whose limit: the upstream's.",
    });
    format!(
        "{ended}{}  {}",
        limit.unwrap_or_default(),
        date::shown(request.ended_at)
    )
}

/// What is needed to tell a step.
struct Teller<'d> {
    details: &'d RequestDetails<MyRequest>,
    /// When the request began, in milliseconds since the Unix epoch, where that is known.
    began: Option<i64>,
    served: bool,
}

impl Teller<'_> {
    fn step(&self, step: &Step) -> String {
        let words = match &step.what {
            What::Upstream { upstream } => format!("went to upstream {upstream}"),
            What::NoneFree { census } => format!("no key was free: {}", self.census(census, step.at_ms)),
            What::Waited {
                ahead,
                expected_ms,
                took_ms,
                got,
            } => waited(*ahead, *expected_ms, *took_ms, *got),
            What::Attempt(attempt) => self.attempt(attempt),
            What::Refused {
                code,
                retry_after_ms,
                limit,
                limit_source: _,
            } => {
                let limit = limit.map(|most| format!("; the limit was {most} in 60 seconds"));
                let again =
                    retry_after_ms.map(|ms| format!("; told to come again in {}", amount::time_ms(ms)));
                let (limit, again) = (limit.unwrap_or_default(), again.unwrap_or_default());
                format!("the relay refused it: {}{limit}{again}", code.0)
            }
            What::ClientLeft => "the client went away".to_owned(),
        };
        format!("  {:>9}  {words}", amount::time_ms(step.at_ms))
    }

    fn name(&self, id: i64) -> String {
        let named = self.details.pool_keys.iter().find(|one| one.pool_key == id);
        match named {
            Some(named) if named.name.starts_with("key ") => named.name.clone(),
            Some(named) if !named.name.is_empty() => format!("key {id} ({})", named.name),
            Some(_) | None => format!("key {id}"),
        }
    }

    /// `3 keys, 2 leased, 1 cooling until 14:32:10`.
    fn census(&self, census: &Census, at_ms: u64) -> String {
        let mut groups: BTreeMap<&'static str, (usize, Option<u64>)> = BTreeMap::new();
        for one in &census.named {
            let (count, back) = groups.entry(standing(one.why)).or_default();
            *count += 1;
            *back = [*back, one.back_in_ms].into_iter().flatten().min();
        }
        let mut parts = vec![match census.keys {
            1 => "1 key".to_owned(),
            keys => format!("{keys} keys"),
        }];
        for (why, (count, back)) in groups {
            let until = back.map(|back| self.until(at_ms.saturating_add(back)));
            parts.push(format!("{count} {why}{}", until.unwrap_or_default()));
        }
        let unnamed = census.keys.saturating_sub(census.named.len());
        if unnamed > 0 {
            parts.push(format!("{unnamed} more"));
        }
        parts.join(", ")
    }

    /// The time of day, or how long after the request's beginning.
    fn until(&self, at_ms: u64) -> String {
        match (self.began, i64::try_from(at_ms)) {
            (Some(began), Ok(at)) => format!(" until {}", date::clock(began + at)),
            (None, _) | (_, Err(_)) => format!(" until {} after it began", amount::time_ms(at_ms)),
        }
    }

    fn attempt(&self, attempt: &Attempt) -> String {
        let key = attempt
            .pool_key
            .map_or_else(|| "no key".to_owned(), |id| self.name(id.0));
        let node = attempt
            .node
            .as_ref()
            .map(|node| format!(" at {node}"))
            .unwrap_or_default();
        let proxy = attempt
            .outbound_proxy
            .map(|id| format!(" through proxy {}", id.0));
        let took = amount::time_ms(attempt.took_ms);
        let status = attempt
            .status
            .map_or_else(|| "no answer".to_owned(), |status| status.to_string());
        let way = format!("{key}{node}{}", proxy.unwrap_or_default());
        if attempt.outcome == Outcome::Ok && self.served {
            return format!("served by {way}: {status} after {took}");
        }
        let rest = rest(attempt).map(|rest| format!("; {rest}")).unwrap_or_default();
        let next = match attempt.retry {
            Retry::Never => "",
            Retry::NextKey | Retry::ElsewhereOnce => "; another attempt was allowed",
        };
        let (blamed, rule) = (blamed(attempt.outcome), &attempt.rule);
        format!("tried {way}: {status} after {took}, {blamed} (rule {rule}){rest}{next}")
    }
}

fn waited(ahead: u64, expected_ms: Option<u64>, took_ms: u64, got: bool) -> String {
    let expected = expected_ms.map(|ms| format!(", {} expected", amount::time_ms(ms)));
    let end = if got {
        "then a key was free"
    } else {
        "and no key came free"
    };
    format!(
        "waited {} ({ahead} before it{}), {end}",
        amount::time_ms(took_ms),
        expected.unwrap_or_default()
    )
}

fn standing(why: PassedOver) -> &'static str {
    match why {
        PassedOver::Tried => "tried before",
        PassedOver::Unsuited => "not for this request",
        PassedOver::Leased => "leased",
        PassedOver::Cooling => "cooling",
        PassedOver::Drained => "drained",
        PassedOver::Suspect => "suspect",
        PassedOver::ModelRests => "resting for this model",
        PassedOver::OutOfHours => "outside its hours",
        PassedOver::CapReached => "at its cap for today",
        PassedOver::Unaffordable => "without the means or leave to pay for it",
        PassedOver::LowCredit => "low on credit",
        PassedOver::Ready => "ready",
    }
}

fn blamed(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "all well",
        Outcome::Client => "the request's own fault",
        Outcome::Key => "the key's fault",
        Outcome::Quota => "the key has run dry",
        Outcome::Busy => "the key was busy",
        Outcome::Upstream => "the upstream's fault",
        Outcome::Egress => "the way out failed",
        Outcome::Relay => "the relay's own fault",
    }
}

fn rest(attempt: &Attempt) -> Option<String> {
    let who = match attempt.scope {
        Scope::None => return None,
        Scope::Key => "the key rests",
        Scope::KeyModel => "the key rests for this model",
        Scope::Node => "the node rests",
        Scope::Proxy => "the outbound proxy rests",
        Scope::Upstream => "the upstream rests",
    };
    if attempt.cool_down == CoolDown::None {
        return None;
    }
    let wish = attempt
        .retry_after_ms
        .map(|ms| format!(" (asked for {})", amount::time_ms(ms)));
    Some(format!("{who}{}", wish.unwrap_or_default()))
}

fn figures(text: &mut String, request: &MyRequest) {
    let parts = [
        ("asked tokens", &request.prompt_tokens),
        ("answered tokens", &request.completion_tokens),
        ("images", &request.images),
        ("Anlas", &request.anlas),
    ];
    let known: Vec<String> = parts
        .into_iter()
        .filter_map(|(words, figure)| Some(format!("{} {words}{}", figure.amount?, guessed(figure))))
        .collect();
    let used = if known.is_empty() {
        "nothing that anybody counted".to_owned()
    } else {
        known.join(", ")
    };
    let own = request
        .own_us
        .map(|us| format!("; the relay's own part: {}", amount::time(us)));
    line(text, &format!("  Used: {used}{}", own.unwrap_or_default()));
}

fn guessed(figure: &RequestFigure) -> &'static str {
    match figure.source {
        potluck_admin::api::FigureSource::Estimated => " (estimated)",
        potluck_admin::api::FigureSource::Reported | potluck_admin::api::FigureSource::None => "",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn details(trace: &serde_json::Value, class: &str, status: u16) -> RequestDetails<MyRequest> {
        let figure = |amount: Option<u64>, source: &str| json!({ "amount": amount, "source": source });
        let none = figure(None, "none");
        let request = json!({
            "request_id": "feed0000000000000001", "ended_at": 1_795_233_612_600_i64, "client_key": 1,
            "upstream": "novelai", "model": "nai", "endpoint": "generate_image", "status": status, "ended": "whole",
            "class": class, "code": null, "limit_source": null, "attempts": 1, "queued_us": 11_200_000,
            "first_byte_us": null, "total_us": 12_600_000, "own_us": 210, "asked_bytes": 1, "answered_bytes": 2,
            "prompt_tokens": none, "cached_tokens": none, "completion_tokens": none,
            "images": figure(Some(1), "reported"), "anlas": figure(Some(20), "estimated"), "cost_micros": none,
        });
        let details = json!({
            "request": request, "trace": trace, "trace_from": "edge", "limit_source": null,
            "pool_keys": [{ "pool_key": 7, "name": "opus-main" }], "client_key_name": null, "user_name": null,
        });
        serde_json::from_value(details).unwrap()
    }

    #[test]
    fn a_request_that_waited_says_for_what_and_who_served_it() {
        let named = |key: u32, why: &str, back: Option<u64>| json!({ "pool_key": key, "why": why, "back_in_ms": back });
        let census = json!({ "keys": 3, "ready": 0, "unsuited": 0, "named":
            [named(7, "leased", None), named(8, "leased", None), named(9, "cooling", Some(40_000))] });
        let attempt = json!({ "step": "attempt", "at_ms": 12_600, "node": "image", "pool_key": 7, "outbound_proxy": null,
            "took_ms": 1_400, "status": 200, "outcome": "ok", "rule": "ok", "scope": "none", "cool_down": "none",
            "retry_after_ms": null, "retry": "never" });
        let trace = json!({ "left_out": 0, "steps": [
            { "step": "none_free", "at_ms": 0, "census": census },
            { "step": "waited", "at_ms": 11_200, "ahead": 2, "expected_ms": 9_000, "took_ms": 11_200, "got": true },
            attempt,
        ]});
        let text = told(&details(&trace, "ok", 200));
        for words in [
            "Answered (200) after 12.6 s.",
            "no key was free: 3 keys, 1 cooling until 04:00:40 UTC, 2 leased",
            "waited 11.2 s (2 before it, 9.0 s expected), then a key was free",
            "served by key 7 (opus-main) at image: 200 after 1.4 s",
            "Used: 1 images, 20 Anlas (estimated); the relay's own part: 0.2 ms",
        ] {
            assert!(text.contains(words), "{words}\n{text}");
        }
    }

    #[test]
    fn what_is_not_kept_is_said_to_be_so() {
        let text = told(&details(&serde_json::Value::Null, "upstream_failed", 502));
        assert!(
            text.contains("The upstream failed (502)") && text.contains("No steps are kept"),
            "{text}"
        );
    }
}
