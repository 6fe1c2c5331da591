//! Rules of the configuration before the built-in ones, and verdicts turned away from the key.

use super::*;

fn own(at: u16, when: When, verdict: Verdict) -> Rule {
    let rule = RuleName::Own(at);
    Rule {
        when,
        verdict: Verdict { rule, ..verdict },
    }
}

fn teapot() -> Rule {
    let when = When::Answer {
        statuses: [418..=418].into(),
        content: [].into(),
        contains: [Box::from("short and stout")].into(),
    };
    own(
        0,
        when,
        Verdict::refused(Outcome::Busy, Scope::Key, CoolDown::RateLimited, ""),
    )
}

#[test]
fn own_rules_are_looked_at_first_and_the_built_in_ones_after_them() {
    let table = JudgeTable::for_kind(Kind::Openai).after(vec![teapot()]);
    assert!(table.needs_body(418));
    let judge = |body: &str| {
        let (status, body) = (418, body.as_bytes());
        table.judge(&End::Answer {
            status,
            content_type: JSON,
            body,
        })
    };
    let verdict = judge("I'm Short And Stout");
    assert_eq!((verdict.outcome, verdict.rule), (Outcome::Busy, RuleName::Own(0)));
    assert_eq!(verdict.rule.to_string(), "judge[0]");
    assert_eq!(judge("tall").rule.to_string(), "client");
    assert_eq!(
        JudgeTable::for_kind(Kind::Openai).after(Vec::new()),
        JudgeTable::for_kind(Kind::Openai)
    );
}

#[test]
fn own_rules_decide_on_failures_too() {
    let when = When::Failed {
        stages: [Stage::FirstByte].into(),
        timed_out: Some(true),
        reused_connection: None,
    };
    let rule = own(0, when, Verdict::node(CoolDown::None, Retry::ElsewhereOnce, ""));
    let table = JudgeTable::for_kind(Kind::Http).after(vec![rule]);
    let judge = |timed_out| {
        let (stage, reused_connection) = (Stage::FirstByte, false);
        table.judge(&End::Failed {
            stage,
            timed_out,
            reused_connection,
        })
    };
    assert_eq!(judge(true).retry, Retry::ElsewhereOnce);
    assert_eq!(judge(false).retry, Retry::Never);
}

#[test]
fn a_success_is_beyond_every_rule() {
    let when = When::Answer {
        statuses: [].into(),
        content: [].into(),
        contains: [].into(),
    };
    let table = JudgeTable::for_kind(Kind::Http).after(vec![own(0, when, Verdict::client(""))]);
    assert_eq!(
        table
            .judge(&End::Answer {
                status: 204,
                content_type: None,
                body: b""
            })
            .outcome,
        Outcome::Ok
    );
}

#[test]
fn what_is_not_the_key_s_fault_rests_no_key() {
    for kind in KINDS {
        for rule in JudgeTable::for_kind(kind).rules() {
            let turned = rule.verdict.not_the_key();
            assert_eq!(
                (turned.outcome, turned.retry),
                (Outcome::Upstream, rule.verdict.retry)
            );
            assert!(!matches!(turned.scope, Scope::Key | Scope::KeyModel));
        }
    }
}

#[test]
fn the_client_sees_its_own_faults_and_never_the_pool_s() {
    let words = |verdict: Verdict| shown(&verdict, None).map(|no| no.status().as_u16());
    assert_eq!(words(Verdict::ok("")), None);
    assert_eq!(words(Verdict::client("")), None);
    assert_eq!(words(Verdict::node(CoolDown::None, Retry::Never, "")), None);
    assert_eq!(words(teapot().verdict), Some(429));
    for outcome in [Outcome::Key, Outcome::Quota] {
        let refused = Verdict::refused(outcome, Scope::Key, CoolDown::Payment, "");
        assert_eq!(words(refused), Some(502));
    }
    assert_eq!(words(Verdict::relay("")), Some(502));
    assert_eq!(words(Verdict::egress("")), Some(502));
    let failed = |stage, timed_out| {
        no_answer(&Verdict::node(CoolDown::None, Retry::Never, ""), stage, timed_out)
            .status()
            .as_u16()
    };
    assert_eq!(failed(Stage::Connect, true), 502);
    assert_eq!(failed(Stage::FirstByte, true), 504);
    assert_eq!(failed(Stage::Body, false), 502);
}
