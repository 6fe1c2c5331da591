//! The rules for plain HTTP services, such as self-run GPU nodes.
//!
//! Nothing is known about their bodies, so none is looked at. A node that refuses is left for the next;
//! one that may have begun the work is not asked again.

use super::rule::Rule;
use super::{CoolDown, Outcome, Retry, Scope, Verdict, novelai::failures};

/// The rules in order; the first that matches wins.
pub(super) fn rules() -> Vec<Rule> {
    let mut rules = Vec::from(answers());
    rules.extend(failures());
    rules
}

fn answers() -> [Rule; 9] {
    let node = |retry, name| Verdict::node(CoolDown::ServerError, retry, name);
    let refused = Verdict::refused;
    [
        Rule::status(&[100..=399], Verdict::ok("answered")),
        Rule::status(
            &[401..=401],
            refused(Outcome::Key, Scope::Key, CoolDown::Credential, "unauthorized"),
        ),
        Rule::status(
            &[402..=402],
            refused(Outcome::Quota, Scope::Key, CoolDown::Payment, "no-credit"),
        ),
        Rule::status(&[407..=407], Verdict::egress("proxy-auth")),
        Rule::status(
            &[408..=408, 421..=421, 425..=425],
            Verdict::node(CoolDown::None, Retry::ElsewhereOnce, "not-taken"),
        ),
        Rule::status(
            &[429..=429],
            refused(Outcome::Busy, Scope::Key, CoolDown::RateLimited, "rate-limited"),
        ),
        Rule::status(&[400..=499], Verdict::client("client")),
        Rule::status(&[502..=503, 521..=523], node(Retry::ElsewhereOnce, "unavailable")),
        Rule::status(&[500..=599], node(Retry::Never, "server-error")),
    ]
}
