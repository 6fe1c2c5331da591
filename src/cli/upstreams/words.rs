//! A verdict in sentences, for people.

use std::time::Duration;

use potluck_filters::judge::{CoolDown, Outcome, Retry, RuleName, Scope};

use super::judge::Judged;
use crate::config::{Period, word};

/// One line for each part of the verdict.
pub(super) fn rows(judged: &Judged<'_>) -> Vec<(&'static str, String)> {
    let verdict = judged.verdict;
    let with = |word: String, sentence: &str| format!("{word}: {sentence}");
    vec![
        ("rule", rule(verdict.rule, &judged.upstream.name)),
        ("outcome", with(word(verdict.outcome), outcome(verdict.outcome))),
        ("scope", with(word(verdict.scope), scope(verdict.scope))),
        ("cool-down", cool_down(judged)),
        (
            "retry",
            with(
                word(verdict.retry),
                &retry(verdict.retry, judged.upstream.attempts),
            ),
        ),
        ("client", client(judged)),
    ]
}

fn rule(rule: RuleName, upstream: &str) -> String {
    match rule {
        RuleName::BuiltIn(name) => format!("{name} (built in)"),
        RuleName::Own(_) => format!("upstreams.{upstream}.{rule} of the configuration"),
    }
}

const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "the upstream did what was asked",
        Outcome::Client => "the request itself is at fault",
        Outcome::Key => "the pool key is bad",
        Outcome::Quota => "the pool key's account has run dry, or its plan does not cover this",
        Outcome::Busy => "the pool key works, but not now",
        Outcome::Upstream => "the upstream or one of its nodes is at fault",
        Outcome::Egress => "the way out is at fault: this relay's address or an outbound proxy",
        Outcome::Relay => "this relay or its configuration is at fault",
    }
}

const fn scope(scope: Scope) -> &'static str {
    match scope {
        Scope::None => "nothing rests",
        Scope::Key => "the pool key rests",
        Scope::KeyModel => "the pool key rests for the model that was asked for",
        Scope::Node => "the node rests",
        Scope::Proxy => "the outbound proxy rests, where there is one",
        Scope::Upstream => "all nodes of the upstream rest",
    }
}

fn retry(retry: Retry, attempts: u8) -> String {
    match retry {
        Retry::Never => "no other attempt is made".to_owned(),
        Retry::NextKey => format!("the next key or node is tried, up to {attempts} attempts"),
        Retry::ElsewhereOnce => "one attempt more, on another key or node".to_owned(),
    }
}

fn cool_down(judged: &Judged<'_>) -> String {
    let class = judged.verdict.cool_down;
    let (shown, first) = (word(class), judged.rests.first().copied().unwrap_or_default());
    match judged.asked {
        _ if class == CoolDown::None => shown,
        Some(asked) if asked > first => format!(
            "{shown}: {}, the most that cool_downs.max_retry_after allows (the upstream asks for {})",
            period(first),
            period(asked)
        ),
        Some(_) => format!("{shown}: {}, as the upstream asks", period(first)),
        None => {
            let rests: Vec<String> = judged.rests.iter().map(|rest| period(*rest)).collect();
            format!(
                "{shown}: {} for failures 1 to {} in a row",
                rests.join(", "),
                rests.len()
            )
        }
    }
}

fn client(judged: &Judged<'_>) -> String {
    let last = match judged.verdict.retry {
        Retry::Never => "",
        Retry::NextKey | Retry::ElsewhereOnce => ", where no other attempt ends better",
    };
    match &judged.shown {
        None => format!("the upstream's answer as it is{last}"),
        Some(no) => {
            let (status, code) = (no.status().as_u16(), no.code.as_str());
            format!("{status} {code} (\"{}\"){last}", no.message)
        }
    }
}

fn period(length: Duration) -> String {
    Period(Duration::from_millis(
        u64::try_from(length.as_millis()).unwrap_or(u64::MAX),
    ))
    .to_string()
}
