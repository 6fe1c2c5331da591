//! What must hold for every table.

use std::collections::HashSet;

use proptest::prelude::*;

use super::{KINDS, failed};
use crate::judge::*;

#[test]
fn the_names_of_rules_are_unique_in_their_table() {
    for kind in KINDS {
        let table = JudgeTable::for_kind(kind);
        let mut names: Vec<_> = table.rules().iter().map(|rule| rule.verdict.rule).collect();
        names.extend(["success", "other-answer", "other-failure"]);
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all, "{kind:?}");
    }
}

#[test]
fn every_rule_decides_something() {
    let bodies = [
        "",
        "<html>",
        "{}",
        "cloudflare",
        "<html> cloudflare",
        "{internal server error}",
    ];
    for kind in KINDS {
        let table = JudgeTable::for_kind(kind);
        let texts = table.rules().iter().flat_map(|rule| match &rule.when {
            When::Answer { contains, .. } => contains.to_vec(),
            When::Failed { .. } => Vec::new(),
        });
        let bodies: Vec<&str> = bodies.into_iter().chain(texts).collect();
        let answers = (100..=599).flat_map(|status| bodies.iter().map(move |body| (status, *body)));
        let judged = answers.map(|(status, body)| {
            table
                .judge(&End::Answer {
                    status,
                    content_type: None,
                    body: body.as_bytes(),
                })
                .rule
        });
        let mut used: HashSet<_> = judged.collect();
        for stage in [Stage::Connect, Stage::Send, Stage::FirstByte, Stage::Body] {
            used.extend([false, true].map(|timed_out| failed(kind, stage, timed_out, false).rule));
            used.insert(failed(kind, stage, false, true).rule);
        }
        for rule in table.rules() {
            assert!(
                used.contains(rule.verdict.rule),
                "{kind:?} {:?}",
                rule.verdict.rule
            );
        }
    }
}

fn is_sound(verdict: Verdict) -> bool {
    let touches_key = matches!(verdict.scope, Scope::Key | Scope::KeyModel);
    let may_touch = matches!(verdict.outcome, Outcome::Key | Outcome::Quota | Outcome::Busy);
    let harmless = verdict.scope == Scope::None && verdict.cool_down == CoolDown::None;
    let blameless = matches!(verdict.outcome, Outcome::Ok | Outcome::Client | Outcome::Relay);
    touches_key == may_touch && (!blameless || harmless && verdict.retry == Retry::Never)
}

proptest! {
    #[test]
    fn every_answer_gets_a_sound_verdict(
        kind in prop::sample::select(KINDS.to_vec()),
        status in 0_u16..=700,
        content_type in prop::option::of(prop::sample::select(vec!["text/html", "application/json", "image/png"])),
        body in prop_oneof![".{0,80}", Just("Cloudflare update to the image url".to_owned()), "<.{0,9}"],
    ) {
        let table = JudgeTable::for_kind(kind);
        let end = End::Answer { status, content_type, body: body.as_bytes() };
        let verdict = table.judge(&end);
        prop_assert!(is_sound(verdict), "{verdict:?}");
        prop_assert_eq!(verdict.outcome == Outcome::Ok, status / 100 == 2 || verdict.rule == "no-content"
            || verdict.rule == "answered");
        if !table.needs_body(status) {
            let unseen = End::Answer { status, content_type: None, body: b"" };
            prop_assert_eq!(table.judge(&unseen), verdict);
        }
    }
}
