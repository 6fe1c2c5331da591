//! Where an upstream tells what is left on a key, and how its answer is read.
//!
//! Invariant: a document that holds no balance is not taken for one of zero.

use std::sync::Arc;

use serde_json::Value;

use super::amount;
use crate::judge::{End, JudgeTable, Outcome};
use crate::model::{Credit, Kind};
use crate::probe::{Found, Lesson, Refusal};

/// Where balances are asked for. The pointers are JSON pointers (RFC 6901).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditTerms {
    /// The path below a node's base URL.
    pub path: Arc<str>,
    /// What is left, as a number or as text.
    pub balance: Arc<str>,
    /// What is taken off that, where the upstream tells only what was ever paid in.
    pub less: Option<Arc<str>>,
    /// What was ever used, where the upstream tells.
    pub used: Option<Arc<str>>,
}

/// What an answer tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// What is left, in millionths.
    pub balance: u64,
    /// What was ever used, in millionths.
    pub used: Option<u64>,
}

impl CreditTerms {
    /// What the end of a question says. `asked_at` is when it was asked, in Unix time in milliseconds.
    #[must_use]
    pub fn read(&self, end: &End<'_>, asked_at: i64) -> Found {
        match *end {
            End::Answer {
                status: 200..=299,
                body,
                ..
            } => self
                .told(body)
                .map_or(Found::Nothing(Lesson::Unreadable), |told| {
                    Found::Credit(Credit {
                        balance: told.balance,
                        used: told.used,
                        asked_at,
                    })
                }),
            // There is no such path: this upstream tells no balances.
            End::Answer {
                status: 404 | 405 | 410 | 501,
                ..
            } => Found::NoCredit,
            End::Answer { .. } | End::Failed { .. } => excuse(end),
        }
    }

    /// Reads the body of an answer.
    #[must_use]
    pub fn told(&self, body: &[u8]) -> Option<Told> {
        let body: Value = serde_json::from_slice(body).ok()?;
        let at = |pointer: &str| body.pointer(pointer).and_then(money);
        let less = match &self.less {
            Some(pointer) => at(pointer)?,
            None => 0,
        };
        Some(Told {
            balance: at(&self.balance)?.saturating_sub(less),
            used: self.used.as_deref().and_then(at),
        })
    }
}

/// A number or its text. Numbers keep the digits that they were written with, as far as a double has them.
pub(crate) fn money(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => amount(text),
        Value::Number(number) => amount(&number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// What an answer without a balance says. The endpoint is the account's, and a key may well be kept from it: only
/// beside an attempt that was refused does its refusal count.
fn excuse(end: &End<'_>) -> Found {
    Found::Nothing(match JudgeTable::for_kind(Kind::Openai).judge(end).outcome {
        Outcome::Key => return Found::Refused(Refusal::CreditRefused),
        Outcome::Egress => Lesson::Egress,
        Outcome::Busy => Lesson::Busy,
        Outcome::Upstream => Lesson::Upstream,
        Outcome::Relay => Lesson::WrongHost,
        Outcome::Ok | Outcome::Client | Outcome::Quota => Lesson::Unreadable,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::judge::Stage;

    fn vercel() -> CreditTerms {
        CreditTerms {
            path: "/v1/credits".into(),
            balance: "/balance".into(),
            less: None,
            used: Some("/total_used".into()),
        }
    }

    fn read(status: u16, body: &str) -> Found {
        let end = End::Answer {
            status,
            content_type: Some("application/json"),
            body: body.as_bytes(),
        };
        vercel().read(&end, 7)
    }

    #[test]
    fn balances_come_as_text_or_as_numbers() {
        let credit = |balance, used| {
            let asked_at = 7;
            Found::Credit(Credit {
                balance,
                used,
                asked_at,
            })
        };
        assert_eq!(
            read(200, r#"{"balance":"95.50","total_used":"4.50"}"#),
            credit(95_500_000, Some(4_500_000))
        );
        assert_eq!(read(200, r#"{"balance":1e-3}"#), credit(1_000, None));
        assert_eq!(read(200, r#"{"balance":-3,"total_used":null}"#), credit(0, None));
        assert_eq!(
            read(200, r#"{"credits":"4"}"#),
            Found::Nothing(Lesson::Unreadable)
        );
        assert_eq!(read(200, "<html>"), Found::Nothing(Lesson::Unreadable));
    }

    #[test]
    fn what_was_paid_in_less_what_was_used_is_a_balance_too() {
        let terms = CreditTerms {
            path: "/api/v1/credits".into(),
            balance: "/data/total_credits".into(),
            less: Some("/data/total_usage".into()),
            used: Some("/data/total_usage".into()),
        };
        let told = terms.told(br#"{"data":{"total_credits":100.5,"total_usage":25.75}}"#);
        let expected = Told {
            balance: 74_750_000,
            used: Some(25_750_000),
        };
        assert_eq!(told, Some(expected));
        assert_eq!(terms.told(br#"{"data":{"total_credits":100.5}}"#), None);
    }

    #[test]
    fn no_path_no_balance_and_a_refusal_is_only_half_a_word() {
        assert_eq!(read(404, "{}"), Found::NoCredit);
        assert_eq!(read(405, ""), Found::NoCredit);
        for status in [401, 403] {
            assert_eq!(read(status, "{}"), Found::Refused(Refusal::CreditRefused));
        }
        assert_eq!(read(429, "{}"), Found::Nothing(Lesson::Busy));
        assert_eq!(read(500, "{}"), Found::Nothing(Lesson::Upstream));
        assert_eq!(read(302, ""), Found::Nothing(Lesson::WrongHost));
        assert_eq!(read(402, "{}"), Found::Nothing(Lesson::Unreadable));
        let end = End::Failed {
            stage: Stage::Connect,
            timed_out: true,
            reused_connection: false,
        };
        assert!(matches!(vercel().read(&end, 0), Found::Nothing(_)));
    }

    proptest! {
        #[test]
        fn no_body_makes_it_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = vercel().told(&body);
        }
    }
}
