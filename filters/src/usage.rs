//! One request in the books: what the edge notes when a request has ended, and what the control plane stores.
//!
//! An event is of fixed size: names are shared text, never copied for it. It holds nothing of a prompt, an answer, a
//! header or a query. Each figure says where it is from ([`Figure`]); what nobody knows is not zero.

mod before;
mod endpoint;
mod key_use;
mod live;
mod number;
mod recent;

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{ClientKeyId, PoolKeyId, UserId};
use crate::meter::Figure;
use crate::rejection::Code;
use crate::trace::Trace;

pub use before::{Admitted, Before};
pub use endpoint::Endpoint;
pub use key_use::{KeyUse, Program};
pub use live::{LiveRequest, LiveStage, QueuedRequest};
pub use number::RequestNumber;
pub use recent::{Counted, Counts, Recent, RecentOfUsers, RecentStep, STEP_MS};

/// A request that has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageEvent {
    /// Its id, as in `x-request-id`.
    pub request: RequestNumber,
    /// When it ended, in milliseconds since the Unix epoch.
    pub ended_at: i64,
    /// Who asked; `None` on routes without a client key, and where the key was refused.
    pub user: Option<UserId>,
    /// With which client key.
    pub client_key: Option<ClientKeyId>,
    /// How the request named it; nothing is known of that where there is none.
    #[serde(default)]
    pub key_use: KeyUse,
    /// Whose pool key served it: that of the last attempt; `None` where none was tried.
    pub pool_key: Option<PoolKeyId>,
    /// The upstream; `None` where no route was found.
    pub upstream: Option<Arc<str>>,
    /// The node of the last attempt, by its name.
    pub node: Option<Arc<str>>,
    /// The model that was asked for, else the one that answered; cut at 64 bytes.
    pub model: Option<Arc<str>>,
    /// What was asked for.
    pub endpoint: Endpoint,
    /// The status that the client saw; 0 where it left before one was sent.
    pub status: u16,
    /// How it ended.
    pub ended: Ended,
    /// The relay's own reason to refuse it; `None` where the answer is the upstream's.
    pub code: Option<Code>,
    /// Attempts made.
    pub attempts: u16,
    /// Its times.
    pub times: Times,
    /// Bytes of the request's body that were read.
    pub asked_bytes: u64,
    /// Bytes of the answer's body that were sent.
    pub answered_bytes: u64,
    /// What it used.
    pub used: Used,
    /// How it came to its end, where that was not the plain way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<Arc<Trace>>,
}

/// How long a request took, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// In the queue for a pool key.
    pub queued: u64,
    /// From its head's arrival to the first byte of the answer; `None` where there was none.
    pub first_byte: Option<u64>,
    /// From its head's arrival to its end.
    pub total: u64,
    /// Of that, what the relay itself worked: not waiting for the client, the queue or the upstream.
    pub own: Option<u64>,
}

/// What a request used of the upstream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Used {
    /// Tokens of what was asked.
    pub prompt: Figure,
    /// Of those, tokens that the upstream had in its cache.
    pub cached: Figure,
    /// Tokens of what was answered.
    pub completion: Figure,
    /// Pictures.
    pub images: Figure,
    /// NovelAI's currency, in Anlas.
    pub anlas: Figure,
    /// Money, in millionths of the upstream's currency.
    pub cost: Figure,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// All of the answer went out.
    Whole,
    /// The upstream broke off.
    Cut,
    /// The client went away.
    ClientGone,
    /// The relay refused it, or a plug-in stopped it.
    Refused,
}

impl Ended {
    /// All, in the order of their numbers in the books.
    pub const ALL: &'static [Self] = &[Self::Whole, Self::Cut, Self::ClientGone, Self::Refused];

    /// The stable text form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Cut => "cut",
            Self::ClientGone => "client_gone",
            Self::Refused => "refused",
        }
    }
}

/// The class of a status, in which sums are kept. Whose 429 or 5xx it was is part of it, since that is the first
/// question of whoever sees one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StatusClass {
    /// 1xx, 2xx and 3xx, to the end.
    Ok,
    /// The client went away before the end.
    Left,
    /// The relay's limits: a 429 or a 403 of its own.
    Limited,
    /// Any other refusal of the relay's that is the client's to mend.
    Refused,
    /// 4xx of the upstream.
    UpstreamRefused,
    /// 5xx of the upstream, or an answer that broke off.
    UpstreamFailed,
    /// 5xx of the relay's own: no pool key in time, no way to the upstream.
    Unserved,
}

impl StatusClass {
    /// All, in the order of their numbers in the books.
    pub const ALL: &'static [Self] = &[
        Self::Ok,
        Self::Left,
        Self::Limited,
        Self::Refused,
        Self::UpstreamRefused,
        Self::UpstreamFailed,
        Self::Unserved,
    ];

    /// The stable text form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Left => "left",
            Self::Limited => "limited",
            Self::Refused => "refused",
            Self::UpstreamRefused => "upstream_refused",
            Self::UpstreamFailed => "upstream_failed",
            Self::Unserved => "unserved",
        }
    }
}

impl UsageEvent {
    /// The class it is summed under.
    #[must_use]
    pub fn class(&self) -> StatusClass {
        match (self.ended, self.code) {
            (Ended::ClientGone, _) => StatusClass::Left,
            (Ended::Cut, None) => StatusClass::UpstreamFailed,
            (Ended::Whole | Ended::Cut | Ended::Refused, Some(_)) => self.refused(),
            (Ended::Whole | Ended::Refused, None) => self.answered(),
        }
    }

    fn refused(&self) -> StatusClass {
        match self.status {
            429 | 403 => StatusClass::Limited,
            500.. => StatusClass::Unserved,
            0..500 => StatusClass::Refused,
        }
    }

    fn answered(&self) -> StatusClass {
        match self.status {
            0..400 => StatusClass::Ok,
            400..500 => StatusClass::UpstreamRefused,
            500.. => StatusClass::UpstreamFailed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(status: u16, ended: Ended, code: Option<Code>) -> UsageEvent {
        UsageEvent {
            request: RequestNumber::default(),
            ended_at: 0,
            user: None,
            client_key: None,
            key_use: KeyUse::default(),
            pool_key: None,
            upstream: None,
            node: None,
            model: None,
            endpoint: Endpoint::Other,
            status,
            ended,
            code,
            attempts: 0,
            times: Times::default(),
            asked_bytes: 0,
            answered_bytes: 0,
            used: Used::default(),
            trace: None,
        }
    }

    #[test]
    fn a_429_says_whose_it_was() {
        let theirs = event(429, Ended::Whole, None);
        assert_eq!(theirs.class(), StatusClass::UpstreamRefused);
        let ours = event(429, Ended::Refused, Some(Code::RateLimited));
        assert_eq!(ours.class(), StatusClass::Limited);
    }

    #[test]
    fn what_the_client_did_not_wait_for_is_nobodys_failure() {
        assert_eq!(event(200, Ended::ClientGone, None).class(), StatusClass::Left);
        assert_eq!(event(200, Ended::Cut, None).class(), StatusClass::UpstreamFailed);
        assert_eq!(event(200, Ended::Whole, None).class(), StatusClass::Ok);
        assert_eq!(
            event(502, Ended::Whole, None).class(),
            StatusClass::UpstreamFailed
        );
    }

    #[test]
    fn no_pool_key_in_time_is_no_fault_of_the_client() {
        let late = event(503, Ended::Refused, Some(Code::PoolBusy));
        assert_eq!(late.class(), StatusClass::Unserved);
    }
}
