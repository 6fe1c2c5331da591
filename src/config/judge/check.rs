//! Rules over judge rules: what cannot be meant, or would break a promise of the relay.
//!
//! The promises: only `key`, `quota` and `busy` touch a pool key; nothing is spliced after a part of an
//! answer; what NovelAI may have begun is never repeated.

use potluck_filters::judge::{CoolDown, Outcome, Retry, Scope, Stage, When};
use potluck_filters::model::Kind;

use super::{OwnRule, WhichContent, word};
use crate::config::path::Path;
use crate::config::problem::Fault;
use crate::config::upstream::Upstream;

/// Most rules of an upstream; each costs a look on every error.
const MOST: usize = 1000;
/// Longest text to look for, in bytes.
const LONGEST_TEXT: usize = 256;

/// The key at fault within the rule (none: the rule as a whole), and why.
type Slip = (Option<&'static str>, String);

/// Each looks at one thing.
const RULES: [fn(&OwnRule, &Upstream) -> Option<Slip>; 9] = [
    subject,
    only_of_answers,
    only_of_failures,
    text,
    outcome,
    scope,
    cool_down,
    retry,
    retry_of_novelai,
];

/// All faults of an upstream's own rules.
pub(in crate::config) fn check(upstream: &Upstream, path: &Path, faults: &mut Vec<Fault>) {
    let path = path.key("judge");
    if upstream.judge.len() > MOST {
        faults.push(Fault::new(path, format!("may have at most {MOST} rules")));
        return;
    }
    let mut seen: Vec<When> = Vec::new();
    for (at, rule) in upstream.judge.iter().enumerate() {
        let path = path.index(at);
        faults.extend(RULES.iter().filter_map(|look| {
            let (key, message) = look(rule, upstream)?;
            Some(Fault::new(
                key.map_or_else(|| path.clone(), |key| path.key(key)),
                message,
            ))
        }));
        let when = rule.when();
        if let Some(first) = seen.iter().position(|earlier| *earlier == when) {
            let message = format!("rule {first} decides the same already; this one is never reached");
            faults.push(Fault::new(path, message));
        }
        seen.push(when);
    }
}

fn slip(key: &'static str, message: impl Into<String>) -> Option<Slip> {
    Some((Some(key), message.into()))
}

fn subject(rule: &OwnRule, _: &Upstream) -> Option<Slip> {
    match (rule.status.is_empty(), rule.failed.is_empty()) {
        (true, true) => {
            let message = "needs `status` (of an answer) or `failed` (where none came)";
            Some((None, message.to_owned()))
        }
        (false, false) => slip(
            "failed",
            "an attempt has a `status` or it `failed`; make it two rules",
        ),
        (true, false) | (false, true) => None,
    }
}

fn only_of_answers(rule: &OwnRule, _: &Upstream) -> Option<Slip> {
    if rule.failed.is_empty() {
        return None;
    }
    let message = "an attempt that `failed` has no answer to look at";
    match rule.content {
        WhichContent::Any if rule.contains.is_empty() => None,
        WhichContent::Any => slip("contains", message),
        WhichContent::Html | WhichContent::Json | WhichContent::Other => slip("content", message),
    }
}

fn only_of_failures(rule: &OwnRule, _: &Upstream) -> Option<Slip> {
    let answered = !rule.status.is_empty();
    rule.timed_out.filter(|_| answered)?;
    slip("timed_out", "is for attempts that `failed`; here an answer came")
}

fn text(rule: &OwnRule, _: &Upstream) -> Option<Slip> {
    let long = rule.contains.0.iter().any(|text| text.len() > LONGEST_TEXT);
    long.then(|| slip("contains", format!("may have at most {LONGEST_TEXT} bytes")))?
}

fn outcome(rule: &OwnRule, upstream: &Upstream) -> Option<Slip> {
    let word = word(rule.outcome);
    match rule.outcome {
        Outcome::Ok | Outcome::Client if !rule.failed.is_empty() => slip(
            "outcome",
            format!("`{word}` is for answers; where none came, somebody else failed"),
        ),
        Outcome::Key | Outcome::Quota if !upstream.is_keyed() => slip(
            "outcome",
            format!("`{word}` blames a pool key, and this upstream is sent none (`keyed: false`)"),
        ),
        Outcome::Ok
        | Outcome::Client
        | Outcome::Key
        | Outcome::Quota
        | Outcome::Busy
        | Outcome::Upstream
        | Outcome::Egress
        | Outcome::Relay => None,
    }
}

fn scope(rule: &OwnRule, upstream: &Upstream) -> Option<Slip> {
    let may: &[Scope] = match rule.outcome {
        Outcome::Ok | Outcome::Client | Outcome::Relay => &[Scope::None],
        Outcome::Busy if !upstream.is_keyed() => &[Scope::Node],
        Outcome::Key | Outcome::Quota | Outcome::Busy => &[Scope::Key, Scope::KeyModel],
        Outcome::Upstream => &[Scope::None, Scope::Node, Scope::Upstream],
        Outcome::Egress => &[Scope::None, Scope::Proxy],
    };
    let written = rule.scope.filter(|written| !may.contains(written))?;
    // What blames a key that is not there has been said.
    if matches!(rule.outcome, Outcome::Key | Outcome::Quota) && !upstream.is_keyed() {
        return None;
    }
    let words: Vec<String> = may.iter().map(word).collect();
    let message = format!(
        "`{}` cannot be with outcome `{}`: that is {}",
        word(written),
        word(rule.outcome),
        words.join(" or ")
    );
    slip("scope", message)
}

fn cool_down(rule: &OwnRule, upstream: &Upstream) -> Option<Slip> {
    rule.cool_down.filter(|class| *class != CoolDown::None)?;
    let nothing = rule.scope(upstream.is_keyed()) == Scope::None;
    nothing.then(|| slip("cool_down", "nothing rests here (scope `none`); leave this out"))?
}

fn retry(rule: &OwnRule, _: &Upstream) -> Option<Slip> {
    rule.retry.filter(|retry| *retry != Retry::Never)?;
    if rule.failed.0.contains(&Stage::Body) {
        let message = "after `body` the client may have a part of the answer, and none is ever spliced";
        return slip("retry", message);
    }
    match rule.outcome {
        Outcome::Ok | Outcome::Client | Outcome::Relay => slip(
            "retry",
            format!("what is `{}` would end no better elsewhere", word(rule.outcome)),
        ),
        Outcome::Key | Outcome::Quota | Outcome::Busy | Outcome::Upstream | Outcome::Egress => None,
    }
}

/// Statuses by which a gateway says that it stopped waiting, while the work goes on behind it.
const GATEWAY_TIMEOUTS: [u16; 2] = [504, 524];

fn retry_of_novelai(rule: &OwnRule, upstream: &Upstream) -> Option<Slip> {
    if upstream.kind != Kind::Novelai || rule.retry() == Retry::Never {
        return None;
    }
    let names = |status: &u16| rule.status.0.iter().any(|range| range.0.contains(status));
    let begun = if rule.failed.0.contains(&Stage::FirstByte) {
        "`first-byte`".to_owned()
    } else {
        format!("status {}", GATEWAY_TIMEOUTS.into_iter().find(names)?)
    };
    let message = format!(
        "after {begun} the generation may be running and be charged twice; `retry: never` is the only way"
    );
    slip("retry", message)
}
