//! The rules for NovelAI.
//!
//! An account does one generation at a time and nothing can be cancelled, so work that may have begun
//! is never repeated: it may be charged. Its bare 500 is most often a fault of the body, its 400 about
//! the image URL a fault of this relay's, and HTML comes from the CDN and speaks about our address.

use super::rule::{Content, Rule};
use super::{CoolDown, Outcome, Retry, Scope, Stage, Verdict};

/// The rules in order; the first that matches wins.
pub(super) fn rules() -> Vec<Rule> {
    let mut rules = Vec::new();
    rules.extend(relay_faults());
    rules.extend(key_faults());
    rules.extend(server_faults());
    rules.extend(client_faults());
    rules.extend(failures());
    rules
}

/// The relay spoke to the wrong host, or sent a token where only a session will do.
fn relay_faults() -> [Rule; 3] {
    let moved = &["update to the image url", "please use image.novelai.net"];
    let session = &["persistent access token"];
    [
        Rule::text(&[400..=499], moved, Verdict::relay("wrong-host")),
        Rule::text(
            &[401..=401, 403..=403],
            session,
            Verdict::relay("session-required"),
        ),
        Rule::status(&[300..=303, 305..=399], Verdict::relay("redirect")),
    ]
}

fn key_faults() -> [Rule; 8] {
    let other_api = &["only available via"];
    let refused = Verdict::refused;
    [
        Rule::content(
            &[401..=403, 407..=407, 429..=429],
            &[Content::Html],
            Verdict::egress("cdn-page"),
        ),
        // To programs, the CDN says `error code: 1015` and no more.
        Rule::text(
            &[403..=403, 429..=429],
            &["cloudflare", "error code: 10"],
            Verdict::egress("cdn-text"),
        ),
        Rule::status(
            &[401..=401],
            refused(Outcome::Key, Scope::Key, CoolDown::Credential, "unauthorized"),
        ),
        Rule::status(
            &[402..=402],
            refused(Outcome::Quota, Scope::Key, CoolDown::Payment, "no-anlas"),
        ),
        // A model asked for on the wrong path says nothing about the account's plan.
        Rule::text(&[403..=403], other_api, Verdict::client("wrong-path-for-model")),
        Rule::content(
            &[403..=403],
            &[Content::Json],
            refused(Outcome::Quota, Scope::KeyModel, CoolDown::Payment, "tier"),
        ),
        Rule::status(
            &[409..=409],
            refused(Outcome::Busy, Scope::Key, CoolDown::Conflict, "conflict"),
        ),
        Rule::status(
            &[429..=429],
            refused(Outcome::Busy, Scope::Key, CoolDown::RateLimited, "busy"),
        ),
    ]
}

fn server_faults() -> [Rule; 7] {
    let node = |retry, name| Verdict::node(CoolDown::ServerError, retry, name);
    [
        Rule::content(
            &[500..=500],
            &[Content::Html],
            node(Retry::Never, "server-error-page"),
        ),
        Rule::text(
            &[500..=500],
            &["internal server error"],
            Verdict::client("body-shape"),
        ),
        // A gateway gave up waiting: the generation runs on and may be charged.
        Rule::status(
            &[504..=504, 520..=520, 524..=524],
            node(Retry::Never, "gateway-timeout"),
        ),
        Rule::status(&[502..=503], node(Retry::ElsewhereOnce, "unavailable")),
        // The CDN did not reach the origin.
        Rule::status(
            &[521..=523, 525..=527, 530..=530],
            node(Retry::ElsewhereOnce, "origin-unreachable"),
        ),
        Rule::status(&[500..=599], node(Retry::Never, "server-error")),
        Rule::status(
            &[408..=408, 421..=421, 425..=425],
            Verdict::node(CoolDown::None, Retry::ElsewhereOnce, "not-taken"),
        ),
    ]
}

fn client_faults() -> [Rule; 4] {
    [
        Rule::status(&[407..=407], Verdict::egress("proxy-auth")),
        // Neither the API's JSON nor the CDN's page: nobody is blamed, and the client sees it.
        Rule::status(&[403..=403], Verdict::client("forbidden")),
        Rule::status(&[400..=499], Verdict::client("client")),
        Rule::status(&[100..=199, 304..=304], Verdict::ok("no-content")),
    ]
}

/// An attempt without an answer, alike for the kinds whose work costs money.
pub(super) fn failures() -> [Rule; 7] {
    let stale = Verdict {
        scope: Scope::None,
        ..Verdict::node(CoolDown::None, Retry::NextKey, "stale-connection")
    };
    // How long a proxy rests for that is for the upstream's `egress` settings to say.
    let no_way_out = Verdict {
        cool_down: CoolDown::None,
        retry: Retry::NextKey,
        ..Verdict::egress("no-way-out")
    };
    let cut_send = Verdict::node(CoolDown::None, Retry::ElsewhereOnce, "broken-while-sending");
    [
        Rule::failed(&[Stage::Proxy], None, None, no_way_out),
        Rule::failed(
            &[Stage::Connect],
            None,
            None,
            Verdict::node(CoolDown::Connect, Retry::NextKey, "connect"),
        ),
        // An idle connection that the other side had closed: the request never arrived whole.
        Rule::failed(&[Stage::Send], Some(false), Some(true), stale),
        Rule::failed(&[Stage::Send], Some(false), None, cut_send),
        Rule::failed(
            &[Stage::Send],
            Some(true),
            None,
            Verdict::node(CoolDown::Connect, Retry::ElsewhereOnce, "send-timeout"),
        ),
        Rule::failed(
            &[Stage::FirstByte],
            None,
            None,
            Verdict::node(CoolDown::ServerError, Retry::Never, "no-answer"),
        ),
        Rule::failed(
            &[Stage::Body],
            None,
            None,
            Verdict::node(CoolDown::None, Retry::Never, "cut-answer"),
        ),
    ]
}
