//! What each kind's table says about the ends that are known to happen.

mod own;
mod page;
mod rows;
mod soundness;

use super::*;
use crate::model::Kind;

const KINDS: [Kind; 3] = [Kind::Novelai, Kind::Openai, Kind::Http];
const JSON: Option<&str> = Some("application/json; charset=utf-8");
const HTML: Option<&str> = Some("text/html; charset=UTF-8");

fn answer(kind: Kind, status: u16, content_type: Option<&str>, body: &str) -> Verdict {
    JudgeTable::for_kind(kind).judge(&End::Answer {
        status,
        content_type,
        body: body.as_bytes(),
    })
}

fn failed(kind: Kind, stage: Stage, timed_out: bool, reused_connection: bool) -> Verdict {
    JudgeTable::for_kind(kind).judge(&End::Failed {
        stage,
        timed_out,
        reused_connection,
    })
}

fn check(kind: Kind, answered: (u16, Option<&str>, &str), expected: (Outcome, Scope, CoolDown, Retry)) {
    let (status, content_type, body) = answered;
    let verdict = answer(kind, status, content_type, body);
    let Verdict {
        outcome,
        scope,
        cool_down,
        retry,
        rule,
    } = verdict;
    assert_eq!(
        (outcome, scope, cool_down, retry),
        expected,
        "{kind:?} {answered:?} by {rule}"
    );
}

const CLIENT: (Outcome, Scope, CoolDown, Retry) =
    (Outcome::Client, Scope::None, CoolDown::None, Retry::Never);
const RELAY: (Outcome, Scope, CoolDown, Retry) = (Outcome::Relay, Scope::None, CoolDown::None, Retry::Never);
const EGRESS: (Outcome, Scope, CoolDown, Retry) = (
    Outcome::Egress,
    Scope::Proxy,
    CoolDown::RateLimited,
    Retry::ElsewhereOnce,
);
const BAD_KEY: (Outcome, Scope, CoolDown, Retry) =
    (Outcome::Key, Scope::Key, CoolDown::Credential, Retry::NextKey);
const NO_CREDIT: (Outcome, Scope, CoolDown, Retry) =
    (Outcome::Quota, Scope::Key, CoolDown::Payment, Retry::NextKey);
const BUSY: (Outcome, Scope, CoolDown, Retry) =
    (Outcome::Busy, Scope::Key, CoolDown::RateLimited, Retry::NextKey);

fn node(cool_down: CoolDown, retry: Retry) -> (Outcome, Scope, CoolDown, Retry) {
    (Outcome::Upstream, Scope::Node, cool_down, retry)
}

#[test]
fn novelai_blames_the_key_only_for_its_own_faults() {
    let k = Kind::Novelai;
    check(
        k,
        (401, JSON, r#"{"statusCode":401,"message":"Unauthorized"}"#),
        BAD_KEY,
    );
    check(
        k,
        (402, JSON, r#"{"statusCode":402,"message":"Not enough Anlas"}"#),
        NO_CREDIT,
    );
    check(
        k,
        (
            429,
            JSON,
            r#"{"statusCode":429,"message":"Concurrent generation is locked"}"#,
        ),
        BUSY,
    );
    check(
        k,
        (429, None, r#"{"message":"Concurrent generation is locked"}"#),
        BUSY,
    );
    check(k, (429, None, ""), BUSY);
    check(
        k,
        (409, JSON, "{}"),
        (Outcome::Busy, Scope::Key, CoolDown::Conflict, Retry::NextKey),
    );
    check(
        k,
        (
            403,
            JSON,
            r#"{"statusCode":403,"message":"Model not allowed for user tier"}"#,
        ),
        (Outcome::Quota, Scope::KeyModel, CoolDown::Payment, Retry::NextKey),
    );
}

#[test]
fn novelai_pages_of_the_cdn_are_the_way_out_s_fault() {
    let k = Kind::Novelai;
    check(
        k,
        (403, HTML, "<html>Attention Required! | Cloudflare</html>"),
        EGRESS,
    );
    check(k, (403, None, " <!DOCTYPE html>"), EGRESS);
    check(
        k,
        (403, Some("text/plain"), "error code: 1010, CLOUDFLARE"),
        EGRESS,
    );
    check(k, (429, HTML, "<html>You are being rate limited</html>"), EGRESS);
    check(k, (401, HTML, "<html>"), EGRESS);
}

#[test]
fn novelai_wrong_hosts_and_sessions_are_the_relay_s_fault() {
    let k = Kind::Novelai;
    let notice = "Please refresh NovelAI.net. If using a third-party tool, update to the image URL.";
    check(
        k,
        (
            400,
            JSON,
            &format!(r#"{{"statusCode":400,"message":"{notice}"}}"#),
        ),
        RELAY,
    );
    check(k, (400, HTML, &format!("<p>{notice}</p>")), RELAY);
    check(
        k,
        (
            404,
            JSON,
            r#"{"message":"… Please use image.novelai.net/ai/generate-image."}"#,
        ),
        RELAY,
    );
    let session = r#"{"message":"Usage of persistent access tokens is not allowed for this endpoint"}"#;
    check(k, (401, JSON, session), RELAY);
    check(k, (302, None, ""), RELAY);
}

#[test]
fn novelai_client_faults_pass_without_penalty_or_fan_out() {
    let k = Kind::Novelai;
    for status in [400, 404, 405, 413, 415, 422, 431, 451] {
        check(
            k,
            (status, JSON, r#"{"statusCode":0,"message":"Validation error"}"#),
            CLIENT,
        );
    }
    check(
        k,
        (
            400,
            JSON,
            r#"{"statusCode":400,"message":"INVALID_CACHE_KEYS","details":{}}"#,
        ),
        CLIENT,
    );
    check(
        k,
        (
            500,
            JSON,
            r#"{"statusCode":500,"message":"Internal Server Error"}"#,
        ),
        CLIENT,
    );
    check(
        k,
        (
            403,
            JSON,
            r#"{"message":"only available via OpenAI-compatible API"}"#,
        ),
        CLIENT,
    );
}

#[test]
fn novelai_server_faults_are_repeated_only_where_the_origin_was_not_reached() {
    let k = Kind::Novelai;
    check(
        k,
        (502, HTML, ""),
        node(CoolDown::ServerError, Retry::ElsewhereOnce),
    );
    check(
        k,
        (503, None, ""),
        node(CoolDown::ServerError, Retry::ElsewhereOnce),
    );
    check(
        k,
        (522, HTML, ""),
        node(CoolDown::ServerError, Retry::ElsewhereOnce),
    );
    check(k, (504, HTML, ""), node(CoolDown::ServerError, Retry::Never));
    check(k, (520, HTML, ""), node(CoolDown::ServerError, Retry::Never));
    check(k, (524, HTML, ""), node(CoolDown::ServerError, Retry::Never));
    check(
        k,
        (500, HTML, "<h1>500 Internal Server Error</h1>"),
        node(CoolDown::ServerError, Retry::Never),
    );
    check(
        k,
        (500, JSON, r#"{"message":"Error generating image"}"#),
        node(CoolDown::ServerError, Retry::Never),
    );
}

#[test]
fn openai_answers_are_told_apart_by_code() {
    let k = Kind::Openai;
    check(k, (401, JSON, r#"{"error":{"code":"invalid_api_key"}}"#), BAD_KEY);
    check(k, (402, JSON, "{}"), NO_CREDIT);
    check(
        k,
        (429, JSON, r#"{"error":{"code":"insufficient_quota"}}"#),
        NO_CREDIT,
    );
    check(
        k,
        (429, JSON, r#"{"error":{"code":"rate_limit_exceeded"}}"#),
        BUSY,
    );
    check(
        k,
        (
            429,
            JSON,
            r#"{"error":{"message":"Request too large for gpt-5"}}"#,
        ),
        CLIENT,
    );
    check(k, (429, HTML, "<html>"), EGRESS);
    check(
        k,
        (
            403,
            JSON,
            r#"{"error":{"code":"unsupported_country_region_territory"}}"#,
        ),
        EGRESS,
    );
    check(
        k,
        (403, JSON, r#"{"error":{"message":"Your input was flagged"}}"#),
        CLIENT,
    );
    check(
        k,
        (
            403,
            JSON,
            r#"{"error":{"message":"Project has no access to model"}}"#,
        ),
        (Outcome::Key, Scope::KeyModel, CoolDown::Conflict, Retry::NextKey),
    );
    check(
        k,
        (400, JSON, r#"{"error":{"message":"credit balance is too low"}}"#),
        CLIENT,
    );
    check(k, (404, JSON, r#"{"error":{"code":"model_not_found"}}"#), CLIENT);
    check(
        k,
        (500, JSON, ""),
        node(CoolDown::ServerError, Retry::ElsewhereOnce),
    );
    check(k, (504, JSON, ""), node(CoolDown::ServerError, Retry::Never));
    check(k, (301, None, ""), RELAY);
}

#[test]
fn http_nodes_are_judged_by_status_alone() {
    let k = Kind::Http;
    let table = JudgeTable::for_kind(k);
    assert!((0..2048).all(|status| !table.needs_body(status)));
    assert_eq!(answer(k, 304, None, "").outcome, Outcome::Ok);
    assert_eq!(answer(k, 101, None, "").outcome, Outcome::Ok);
    check(k, (404, HTML, ""), CLIENT);
    check(
        k,
        (503, None, ""),
        node(CoolDown::ServerError, Retry::ElsewhereOnce),
    );
    check(k, (500, None, ""), node(CoolDown::ServerError, Retry::Never));
}

#[test]
fn without_a_pool_key_no_key_is_blamed() {
    let table = JudgeTable::for_kind(Kind::Http).keyless();
    let judge = |status| {
        table.judge(&End::Answer {
            status,
            content_type: None,
            body: b"",
        })
    };
    assert_eq!(judge(401), Verdict::client("unauthorized"));
    assert_eq!(
        (judge(429).outcome, judge(429).scope),
        (Outcome::Busy, Scope::Node)
    );
    assert_eq!(judge(200).outcome, Outcome::Ok);
}

#[test]
fn failed_attempts_are_repeated_only_while_the_work_cannot_have_begun() {
    for kind in KINDS {
        let retry = |stage, timed_out, reused| failed(kind, stage, timed_out, reused).retry;
        assert_eq!(retry(Stage::Connect, false, false), Retry::NextKey);
        assert_eq!(retry(Stage::Connect, true, false), Retry::NextKey);
        assert_eq!(retry(Stage::Proxy, false, false), Retry::NextKey);
        assert_eq!(retry(Stage::Send, false, true), Retry::NextKey);
        assert_eq!(retry(Stage::Send, false, false), Retry::ElsewhereOnce);
        assert_eq!(retry(Stage::Send, true, true), Retry::ElsewhereOnce);
        for (timed_out, reused) in [(false, false), (false, true), (true, false), (true, true)] {
            assert_eq!(retry(Stage::FirstByte, timed_out, reused), Retry::Never);
            assert_eq!(retry(Stage::Body, timed_out, reused), Retry::Never);
        }
        assert_eq!(failed(kind, Stage::Send, false, true).scope, Scope::None);
    }
}
