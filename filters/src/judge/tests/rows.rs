//! The error answers that the services are known to give, row by row.

use super::*;

/// `(status, content type, body)` of each row, and what it must mean.
type Row = (
    u16,
    Option<&'static str>,
    &'static str,
    (Outcome, Scope, CoolDown, Retry),
);

const TEXT: Option<&str> = Some("text/plain");
const CONFLICT: (Outcome, Scope, CoolDown, Retry) =
    (Outcome::Busy, Scope::Key, CoolDown::Conflict, Retry::NextKey);
const NOT_COVERED: (Outcome, Scope, CoolDown, Retry) =
    (Outcome::Quota, Scope::KeyModel, CoolDown::Payment, Retry::NextKey);
const ELSEWHERE: (Outcome, Scope, CoolDown, Retry) = (
    Outcome::Upstream,
    Scope::Node,
    CoolDown::ServerError,
    Retry::ElsewhereOnce,
);
const NEVER: (Outcome, Scope, CoolDown, Retry) = (
    Outcome::Upstream,
    Scope::Node,
    CoolDown::ServerError,
    Retry::Never,
);
const NO_CAPACITY: (Outcome, Scope, CoolDown, Retry) = (
    Outcome::Upstream,
    Scope::Node,
    CoolDown::RateLimited,
    Retry::ElsewhereOnce,
);
const FORBIDDEN: (Outcome, Scope, CoolDown, Retry) =
    (Outcome::Key, Scope::KeyModel, CoolDown::Conflict, Retry::NextKey);

fn check_all(kind: Kind, rows: &[Row]) {
    for (status, content_type, body, expected) in rows {
        check(kind, (*status, *content_type, body), *expected);
    }
}

const OF_A_REQUEST: &[Row] = &[
    (
        400,
        JSON,
        r#"{"message":"Validation error: model x doesn't exist"}"#,
        CLIENT,
    ),
    (400, JSON, r#"{"message":"Model not found"}"#, CLIENT),
    (
        400,
        JSON,
        r#"{"message":"model doesn't support action infill"}"#,
        CLIENT,
    ),
    (
        400,
        JSON,
        r#"{"message":"image field references unknown form part \"a\""}"#,
        CLIENT,
    ),
    (
        400,
        JSON,
        r#"{"message":"INVALID_CACHE_KEYS","details":{"invalidKeys":[]}}"#,
        CLIENT,
    ),
    (
        400,
        JSON,
        r#"{"message":"model doesn't support standalone upscaling"}"#,
        CLIENT,
    ),
    (
        400,
        JSON,
        r#"{"message":"image is too large to upscale: 9 pixels"}"#,
        CLIENT,
    ),
    (
        400,
        JSON,
        r#"{"message":"Error decoding request: unexpected EOF"}"#,
        CLIENT,
    ),
    (
        400,
        JSON,
        r#"{"message":"Error verifying request: width"}"#,
        CLIENT,
    ),
    (
        400,
        JSON,
        r#"{"message":"Error encoding v4 director references: no such host"}"#,
        CLIENT,
    ),
    (404, JSON, r#"{"statusCode":404,"message":"Not Found"}"#, CLIENT),
    (413, HTML, "<h1>413 Request Entity Too Large</h1>", CLIENT),
    (422, JSON, "{}", CLIENT),
    (
        500,
        JSON,
        r#"{"statusCode":500,"message":"Internal Server Error"}"#,
        CLIENT,
    ),
    (500, TEXT, "Internal Server Error", CLIENT),
];

#[test]
fn what_novelai_says_of_a_request_is_the_client_s() {
    check_all(Kind::Novelai, OF_A_REQUEST);
}

const OF_AN_ACCOUNT: &[Row] = &[
    (
        401,
        JSON,
        r#"{"statusCode":401,"message":"Unauthorized"}"#,
        BAD_KEY,
    ),
    (401, None, "", BAD_KEY),
    (402, JSON, r#"{"message":"Not enough Anlas"}"#, NO_CREDIT),
    (
        402,
        JSON,
        r#"{"message":"An active subscription is required to access this endpoint."}"#,
        NO_CREDIT,
    ),
    (
        403,
        JSON,
        r#"{"statusCode":403,"message":"Forbidden"}"#,
        NOT_COVERED,
    ),
    (409, JSON, r#"{"message":"A conflict error occured."}"#, CONFLICT),
    (
        429,
        JSON,
        r#"{"statusCode":429,"message":"Concurrent generation is locked"}"#,
        BUSY,
    ),
    (
        429,
        JSON,
        r#"{"message":"Concurrent free generation requests are not allowed"}"#,
        BUSY,
    ),
    (
        429,
        JSON,
        r#"{"message":"Rate limited. API clients should not attempt to retry."}"#,
        BUSY,
    ),
];

#[test]
fn what_novelai_says_of_an_account_moves_on_to_the_next() {
    check_all(Kind::Novelai, OF_AN_ACCOUNT);
}

const OF_THE_WAY: &[Row] = &[
    (403, TEXT, "error code: 1020", EGRESS),
    (429, TEXT, "error code: 1015", EGRESS),
    (403, TEXT, "nope", CLIENT),
    (404, JSON, r#"{"message":"Please use image.novelai.net"}"#, RELAY),
    (502, JSON, "{}", ELSEWHERE),
    (503, HTML, "<html>", ELSEWHERE),
    (521, HTML, "<html>", ELSEWHERE),
    (522, HTML, "<html>", ELSEWHERE),
    (504, JSON, r#"{"message":"Timeout"}"#, NEVER),
    (520, HTML, "<html>", NEVER),
    (524, HTML, "<html>", NEVER),
    (501, JSON, "{}", NEVER),
];

#[test]
fn what_novelai_s_cdn_and_moved_hosts_say_blames_no_account() {
    check_all(Kind::Novelai, OF_THE_WAY);
}

const OPENAI: &[Row] = &[
    (
        401,
        JSON,
        r#"{"error":{"message":"Incorrect API key provided","code":"invalid_api_key"}}"#,
        BAD_KEY,
    ),
    (
        401,
        JSON,
        r#"{"error":{"message":"Authentication failed","type":"authentication_error"}}"#,
        BAD_KEY,
    ),
    (
        402,
        JSON,
        r#"{"error":{"message":"Insufficient funds","type":"insufficient_funds"}}"#,
        NO_CREDIT,
    ),
    (
        402,
        JSON,
        r#"{"error":{"message":"Insufficient Balance"}}"#,
        NO_CREDIT,
    ),
    (429, JSON, r#"{"error":{"code":"insufficient_quota"}}"#, NO_CREDIT),
    (
        429,
        JSON,
        r#"{"error":{"message":"You exceeded your current quota"}}"#,
        NO_CREDIT,
    ),
    (429, JSON, r#"{"error":{"code":"billing_not_active"}}"#, NO_CREDIT),
    (
        429,
        JSON,
        r#"{"error":{"message":"Insufficient credits"}}"#,
        NO_CREDIT,
    ),
    (
        429,
        JSON,
        r#"{"error":{"message":"Rate limit reached for gpt-5"}}"#,
        BUSY,
    ),
    (429, TEXT, "error code: 1015", EGRESS),
    (
        403,
        JSON,
        r#"{"error":{"type":"customer_verification_required"}}"#,
        NOT_COVERED,
    ),
    (403, JSON, r#"{"error":{"code":"model_not_allowed"}}"#, FORBIDDEN),
    (404, JSON, r#"{"error":{"code":"model_not_found"}}"#, CLIENT),
    (
        400,
        JSON,
        r#"{"error":{"code":"context_length_exceeded"}}"#,
        CLIENT,
    ),
    (413, JSON, "{}", CLIENT),
    (422, JSON, "{}", CLIENT),
    (500, JSON, "{}", ELSEWHERE),
    (503, JSON, "{}", ELSEWHERE),
    (529, JSON, r#"{"error":{"type":"overloaded_error"}}"#, NO_CAPACITY),
    (504, HTML, "<html>", NEVER),
    (524, HTML, "<html>", NEVER),
];

#[test]
fn what_openai_compatible_services_say() {
    check_all(Kind::Openai, OPENAI);
}
