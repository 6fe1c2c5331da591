//! The rules for OpenAI-compatible APIs.
//!
//! The envelope is `{"error":{"message","type","code"}}`. A 5xx of these APIs is not billed, so it may be
//! tried once elsewhere; a gateway's time-out may hide a finished completion and is not.

use super::novelai::failures;
use super::rule::{Content, Rule};
use super::{CoolDown, Outcome, Retry, Scope, Verdict};

/// The rules in order; the first that matches wins.
pub(super) fn rules() -> Vec<Rule> {
    let mut rules = Vec::new();
    rules.extend(key_faults());
    rules.extend(rate_faults());
    rules.extend(server_faults());
    rules.extend(client_faults());
    rules.extend(failures());
    rules
}

fn key_faults() -> [Rule; 8] {
    let region = &["unsupported_country", "region, or territory not supported"];
    let flagged = &["flagged", "moderation", "content_policy", "content policy"];
    let verify = &["customer_verification", "billing", "credit", "payment"];
    let refused = Verdict::refused;
    [
        Rule::content(
            &[401..=403, 407..=407, 429..=429],
            &[Content::Html],
            Verdict::egress("cdn-page"),
        ),
        // To programs, a common CDN says `error code: 1015` and no more.
        Rule::text(
            &[403..=403, 429..=429],
            &["error code: 10"],
            Verdict::egress("cdn-text"),
        ),
        Rule::text(&[403..=403], region, Verdict::egress("region")),
        Rule::text(&[403..=403], flagged, Verdict::client("flagged")),
        Rule::status(
            &[401..=401],
            refused(Outcome::Key, Scope::Key, CoolDown::Credential, "unauthorized"),
        ),
        Rule::status(
            &[402..=402],
            refused(Outcome::Quota, Scope::Key, CoolDown::Payment, "no-credit"),
        ),
        Rule::text(
            &[403..=403],
            verify,
            refused(Outcome::Quota, Scope::KeyModel, CoolDown::Payment, "not-covered"),
        ),
        // What else a 403 may mean differs from one API to the next: a short rest, and the next key.
        Rule::status(
            &[403..=403],
            refused(Outcome::Key, Scope::KeyModel, CoolDown::Conflict, "forbidden"),
        ),
    ]
}

fn rate_faults() -> [Rule; 4] {
    let spent = &[
        "insufficient_quota",
        "exceeded your current quota",
        "billing_hard_limit",
        "billing_not_active",
        "account is not active",
        "credit balance",
        "insufficient credit",
        "insufficient balance",
        "insufficient_funds",
        "insufficient funds",
        "out of credits",
    ];
    let overloaded = Verdict {
        scope: Scope::None,
        ..Verdict::node(CoolDown::None, Retry::ElsewhereOnce, "overloaded")
    };
    let refused = Verdict::refused;
    [
        Rule::text(
            &[429..=429],
            spent,
            refused(Outcome::Quota, Scope::Key, CoolDown::Payment, "quota"),
        ),
        Rule::text(
            &[429..=429],
            &["request too large"],
            Verdict::client("request-too-large"),
        ),
        Rule::text(&[429..=429], &["overloaded"], overloaded),
        Rule::status(
            &[429..=429],
            refused(Outcome::Busy, Scope::Key, CoolDown::RateLimited, "rate-limited"),
        ),
    ]
}

fn server_faults() -> [Rule; 5] {
    let node = |retry, name| Verdict::node(CoolDown::ServerError, retry, name);
    [
        // "Overloaded": refused at the door, by the service as a whole.
        Rule::status(
            &[529..=529],
            Verdict::node(CoolDown::RateLimited, Retry::ElsewhereOnce, "no-capacity"),
        ),
        Rule::status(&[504..=504, 524..=524], node(Retry::Never, "gateway-timeout")),
        Rule::status(
            &[500..=500, 502..=503, 520..=523, 525..=528, 530..=530],
            node(Retry::ElsewhereOnce, "server-error"),
        ),
        Rule::status(&[500..=599], node(Retry::Never, "other-server-error")),
        Rule::status(
            &[408..=408, 421..=421, 425..=425],
            Verdict::node(CoolDown::None, Retry::ElsewhereOnce, "not-taken"),
        ),
    ]
}

fn client_faults() -> [Rule; 4] {
    [
        Rule::status(&[407..=407], Verdict::egress("proxy-auth")),
        Rule::status(&[400..=499], Verdict::client("client")),
        Rule::status(&[100..=199, 304..=304], Verdict::ok("no-content")),
        Rule::status(&[300..=399], Verdict::relay("redirect")),
    ]
}
