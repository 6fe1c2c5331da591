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
        names.extend(["success", "other-answer", "other-failure"].map(RuleName::BuiltIn));
        let all = names.len();
        names.sort_unstable_by_key(ToString::to_string);
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
            When::Answer { contains, .. } => &contains[..],
            When::Failed { .. } => &[],
        });
        let bodies: Vec<&str> = bodies.into_iter().chain(texts.map(AsRef::as_ref)).collect();
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
        for stage in [
            Stage::Proxy,
            Stage::Connect,
            Stage::Send,
            Stage::FirstByte,
            Stage::Body,
        ] {
            used.extend([false, true].map(|timed_out| failed(kind, stage, timed_out, false).rule));
            used.insert(failed(kind, stage, false, true).rule);
        }
        for rule in table.rules() {
            assert!(
                used.contains(&rule.verdict.rule),
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
        prop_assert_eq!(verdict.outcome == Outcome::Ok, status / 100 == 2 || ["no-content", "answered"]
            .map(RuleName::BuiltIn).contains(&verdict.rule));
        if !table.needs_body(status) {
            let unseen = End::Answer { status, content_type: None, body: b"" };
            prop_assert_eq!(table.judge(&unseen), verdict);
        }
    }

    /// Errors repeat what clients sent, so this is what a storm of malformed requests can do to the keys.
    #[test]
    fn no_text_in_a_body_talks_a_key_into_a_rest(
        kind in prop::sample::select(KINDS.to_vec()),
        status in 300_u16..=599,
        content_type in prop::sample::select(vec!["text/html", "application/json", "text/plain"]),
        echoed in prop_oneof![".{0,60}", prop::sample::select(known_texts())],
    ) {
        let table = JudgeTable::for_kind(kind);
        let rests_key = |body: &str| {
            let end = End::Answer { status, content_type: Some(content_type), body: body.as_bytes() };
            matches!(table.judge(&end).scope, Scope::Key | Scope::KeyModel)
        };
        let body = format!("{{\"message\":\"{echoed}\"}}");
        prop_assert!(!rests_key(&body) || rests_key("{}"), "{} {}", status, body);
    }
}

/// Every text that some rule looks for.
fn known_texts() -> Vec<String> {
    let tables = KINDS.map(JudgeTable::for_kind);
    let rules = tables.iter().flat_map(JudgeTable::rules);
    let texts = rules.flat_map(|rule| match &rule.when {
        When::Answer { contains, .. } => &contains[..],
        When::Failed { .. } => &[],
    });
    texts.map(ToString::to_string).collect()
}
