//! The operator's own judge rules: what they become, and which are refused.

use potluck_filters::judge::{CoolDown, End, Outcome, Retry, RuleName, Scope, Stage, Verdict};

use super::*;

/// An upstream of that kind with rules, each of which stands at the start of a line, from line 6 on.
fn upstream(kind: &str, rules: &[&str]) -> String {
    let role = if kind == "novelai" { "role: image, " } else { "" };
    let rules: String = rules.iter().map(|rule| format!("- {rule}\n")).collect();
    format!(
        "routes: []\nupstreams: {{x: {{kind: {kind}, nodes: [{{name: a, {role}url: 'https://h'}}], judge: [\n\n\n\n{}]}}}}\n",
        rules.replace("- ", "").replace("}\n", "},\n")
    )
}

fn refused(kind: &str, rule: &str, expected: &str) {
    let complaints = complaints(&upstream(kind, &[rule]));
    assert_eq!(complaints.len(), 1, "{rule}: {complaints:?}");
    let start = "c.yaml:6:";
    assert!(complaints[0].starts_with(start), "{rule}: {complaints:?}");
    assert!(complaints[0].contains(expected), "{rule}: {complaints:?}");
}

fn judged(kind: &str, rules: &[&str], end: &End<'_>) -> Verdict {
    let config = parse(&upstream(kind, rules)).unwrap_or_else(|problems| panic!("{problems:?}"));
    config.layout().unwrap().upstreams[0].judge.judge(end)
}

fn answer(status: u16, body: &str) -> End<'_> {
    End::Answer {
        status,
        content_type: None,
        body: body.as_bytes(),
    }
}

const fn failed(stage: Stage, timed_out: bool) -> End<'static> {
    End::Failed {
        stage,
        timed_out,
        reused_connection: false,
    }
}

fn parts(verdict: Verdict) -> (Outcome, Scope, CoolDown, Retry) {
    (verdict.outcome, verdict.scope, verdict.cool_down, verdict.retry)
}

#[test]
fn a_rule_decides_what_it_names_and_leaves_the_rest_to_the_built_in_ones() {
    let rules = [
        "{status: 418, contains: Short AND stout, outcome: busy, cool_down: conflict}",
        "{status: [4xx, 500-503], content: html, outcome: upstream, retry: elsewhere-once}",
        "{failed: [send, first-byte], timed_out: true, outcome: upstream, scope: none}",
    ];
    let judge = |end: &End<'_>| judged("openai", &rules, end);
    let busy = judge(&answer(418, "i am short and Stout"));
    assert_eq!(busy.rule, RuleName::Own(0));
    assert_eq!(
        parts(busy),
        (Outcome::Busy, Scope::Key, CoolDown::Conflict, Retry::NextKey)
    );
    let page = judge(&answer(502, "<html>"));
    assert_eq!(page.rule, RuleName::Own(1));
    assert_eq!(
        parts(page),
        (
            Outcome::Upstream,
            Scope::Node,
            CoolDown::ServerError,
            Retry::ElsewhereOnce
        )
    );
    let hung = judge(&failed(Stage::FirstByte, true));
    assert_eq!(hung.rule, RuleName::Own(2));
    assert_eq!(
        parts(hung),
        (Outcome::Upstream, Scope::None, CoolDown::None, Retry::Never)
    );
    for end in [
        answer(418, "{}"),
        answer(504, "<html>"),
        failed(Stage::Send, false),
    ] {
        assert!(matches!(judge(&end).rule, RuleName::BuiltIn(_)), "{end:?}");
    }
}

#[test]
fn what_is_not_written_follows_from_the_outcome() {
    for (outcome, expected) in [
        ("ok", (Outcome::Ok, Scope::None, CoolDown::None, Retry::Never)),
        (
            "client",
            (Outcome::Client, Scope::None, CoolDown::None, Retry::Never),
        ),
        (
            "key",
            (Outcome::Key, Scope::Key, CoolDown::Credential, Retry::NextKey),
        ),
        (
            "quota",
            (Outcome::Quota, Scope::Key, CoolDown::Payment, Retry::NextKey),
        ),
        (
            "busy",
            (Outcome::Busy, Scope::Key, CoolDown::RateLimited, Retry::NextKey),
        ),
        (
            "upstream",
            (
                Outcome::Upstream,
                Scope::Node,
                CoolDown::ServerError,
                Retry::Never,
            ),
        ),
        (
            "egress",
            (
                Outcome::Egress,
                Scope::Proxy,
                CoolDown::RateLimited,
                Retry::ElsewhereOnce,
            ),
        ),
        (
            "relay",
            (Outcome::Relay, Scope::None, CoolDown::None, Retry::Never),
        ),
    ] {
        let rule = format!("{{status: 418, outcome: {outcome}}}");
        let verdict = judged("novelai", &[&rule], &answer(418, ""));
        assert_eq!(parts(verdict), expected, "{outcome}");
    }
    let busy = judged("http", &["{status: 418, outcome: busy}"], &answer(418, ""));
    assert_eq!((busy.outcome, busy.scope), (Outcome::Busy, Scope::Node));
}

#[test]
fn without_pool_keys_the_built_in_rules_blame_none() {
    let table = |keyed: &str| {
        let text = upstream("openai", &[]).replace("kind:", &format!("{keyed}kind:"));
        parse(&text).unwrap().layout().unwrap().upstreams[0].judge.clone()
    };
    assert_eq!(table("").judge(&answer(401, "")).outcome, Outcome::Key);
    assert_eq!(
        table("keyed: false, ").judge(&answer(401, "")).outcome,
        Outcome::Client
    );
}

const IMPOSSIBLE: &[(&str, &str)] = &[
    (
        "{outcome: busy}",
        "judge[0]: needs `status` (of an answer) or `failed`",
    ),
    ("{status: 418}", "judge[0]: `outcome` is missing"),
    (
        "{status: 200, outcome: busy}",
        "judge[0].status: `200` is out of range",
    ),
    (
        "{status: teapot, outcome: busy}",
        "judge[0].status: `teapot` is no status; write 418, 5xx or 400-499",
    ),
    ("{status: 418, outcome: bussy}", "did you mean `busy`?"),
    (
        "{status: 418, outcome: busy, cool_down: rate_limited}",
        "did you mean `rate-limited`?",
    ),
    (
        "{status: 418, failed: send, outcome: upstream}",
        "judge[0].failed: an attempt has a `status` or it",
    ),
    (
        "{failed: sent, outcome: upstream}",
        "judge[0].failed: `sent` is not one of proxy, connect, send",
    ),
    (
        "{failed: send, contains: x, outcome: upstream}",
        "judge[0].contains: an attempt that `failed` has no",
    ),
    (
        "{failed: send, content: html, outcome: upstream}",
        "judge[0].content: an attempt that `failed` has no",
    ),
    (
        "{status: 418, timed_out: true, outcome: client}",
        "judge[0].timed_out: is for attempts that `failed`",
    ),
    (
        "{failed: send, outcome: ok}",
        "judge[0].outcome: `ok` is for answers",
    ),
    (
        "{failed: send, outcome: client}",
        "judge[0].outcome: `client` is for answers",
    ),
    (
        "{status: 418, outcome: client, scope: key}",
        "judge[0].scope: `key` cannot be with outcome `client`: that is none",
    ),
    (
        "{status: 418, outcome: busy, scope: node}",
        "that is key or key-model",
    ),
    (
        "{status: 418, outcome: upstream, scope: key}",
        "that is none or node or upstream",
    ),
    (
        "{status: 418, outcome: client, cool_down: payment}",
        "judge[0].cool_down: nothing rests here",
    ),
    (
        "{status: 418, outcome: client, retry: next-key}",
        "judge[0].retry: what is `client` would end no better",
    ),
    (
        "{failed: body, outcome: upstream, retry: next-key}",
        "judge[0].retry: after `body` the client may have",
    ),
    (
        "{status: 418, contains: '', outcome: client}",
        "judge[0].contains: must not be empty",
    ),
    (
        "{status: [418, [5xx]], outcome: client}",
        "judge[0].status[1]: must be text, not a list",
    ),
    (
        "{status: {a: b}, outcome: client}",
        "judge[0].status: must be text, not a section",
    ),
];

#[test]
fn impossible_rules_are_refused_with_their_place() {
    for (rule, expected) in IMPOSSIBLE {
        refused("openai", rule, expected);
    }
    let long = format!("{{status: 418, contains: {}, outcome: client}}", "x".repeat(300));
    refused("openai", &long, "judge[0].contains: may have at most 256 bytes");
}

#[test]
fn what_novelai_may_have_begun_is_never_repeated() {
    for (rule, expected) in [
        (
            "{failed: first-byte, outcome: upstream, retry: next-key}",
            "after `first-byte` the generation may be running",
        ),
        (
            "{failed: [send, first-byte], outcome: upstream, retry: elsewhere-once}",
            "be charged twice",
        ),
        (
            "{status: 5xx, outcome: upstream, retry: elsewhere-once}",
            "after status 504 the generation",
        ),
        ("{status: 524, outcome: busy}", "`retry: never` is the only way"),
    ] {
        refused("novelai", rule, expected);
        assert!(parse(&upstream("openai", &[rule])).is_ok(), "{rule}");
    }
    let allowed = "{status: [502, 503], outcome: upstream, retry: elsewhere-once}";
    assert!(parse(&upstream("novelai", &[allowed])).is_ok());
}

#[test]
fn no_key_is_blamed_where_none_is_sent() {
    refused(
        "http",
        "{status: 418, outcome: key}",
        "judge[0].outcome: `key` blames a pool key, and this upstream is sent none",
    );
    refused(
        "http",
        "{status: 418, outcome: quota, scope: key}",
        "`quota` blames a pool key",
    );
    refused("http", "{status: 418, outcome: busy, scope: key}", "that is node");
}

#[test]
fn a_rule_that_is_never_reached_is_refused() {
    let rules = [
        "{status: 418, outcome: busy}",
        "{status: 5xx, outcome: upstream}",
        "{status: 418, outcome: client}",
    ];
    check(
        &upstream("openai", &rules),
        &["c.yaml:8:1: upstreams.x.judge[2]: rule 0 decides the same already; this one is never reached"],
    );
}

#[test]
fn rules_survive_being_shown_and_can_come_from_outside() {
    let rules = [
        "{status: [418, 5xx], content: json, contains: [a, 'b: c'], outcome: busy}",
        "{failed: connect, timed_out: false, outcome: egress, scope: none}",
    ];
    let config = parse(&upstream("openai", &rules)).unwrap();
    assert_eq!(parse(&show(&config)).unwrap(), config);
    let flags = [
        "upstreams.vercel.judge=[{status: 418, outcome: busy}]",
        "upstreams.vercel.judge.0.status=[418, 420-429]",
    ];
    let config = parse_with("", &[], &flags).unwrap();
    assert_eq!(config.upstreams["vercel"].judge[0].status.0.len(), 2);
}

#[test]
fn every_word_of_a_rule_is_one_that_the_types_read_and_the_schema_knows() {
    let schema = schema().to_string();
    fn words<T: Serialize>(all: &[T]) -> String {
        serde_json::to_string(all).unwrap()
    }
    let all = [
        words(&[
            Stage::Proxy,
            Stage::Connect,
            Stage::Send,
            Stage::FirstByte,
            Stage::Body,
        ]),
        words(&[
            Outcome::Ok,
            Outcome::Client,
            Outcome::Key,
            Outcome::Quota,
            Outcome::Busy,
            Outcome::Upstream,
            Outcome::Egress,
            Outcome::Relay,
        ]),
        words(&[
            Scope::None,
            Scope::Key,
            Scope::KeyModel,
            Scope::Node,
            Scope::Proxy,
            Scope::Upstream,
        ]),
        words(&[
            CoolDown::None,
            CoolDown::Conflict,
            CoolDown::RateLimited,
            CoolDown::ServerError,
            CoolDown::Payment,
            CoolDown::Credential,
            CoolDown::Connect,
        ]),
        words(&[Retry::Never, Retry::NextKey, Retry::ElsewhereOnce]),
        words(&[
            WhichContent::Any,
            WhichContent::Html,
            WhichContent::Json,
            WhichContent::Other,
        ]),
    ];
    for words in all {
        assert!(schema.contains(&format!(r#""enum":{words}"#)), "{words}");
    }
}

const PAGE: &str = include_str!("../../../docs/judge.md");

#[test]
fn the_example_of_the_page_is_right() {
    let example = PAGE
        .split("```yaml\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .unwrap();
    let config = parse(&format!("routes: []\n{example}")).unwrap();
    assert_eq!(config.upstreams["vercel"].judge.len(), 3);
}

#[test]
fn the_page_shows_the_first_rest_of_every_class() {
    let cool_downs = CoolDowns::default();
    for (class, first, key) in [
        ("conflict", cool_downs.conflict, "base_409"),
        ("rate-limited", cool_downs.rate_limited, "base_429"),
        ("server-error", cool_downs.server_error, "base_5xx"),
        ("payment", cool_downs.payment, "base_402"),
        ("connect", cool_downs.connect, "connect"),
        ("credential", cool_downs.max, "max"),
    ] {
        let row = format!("| `{class}` | {first} | `{key}` |");
        assert!(PAGE.contains(&row), "{row}");
    }
}
