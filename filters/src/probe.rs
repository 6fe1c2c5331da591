//! Probes: what an account's answer says, what follows for its pool key, and when it is asked again.
//!
//! A probe is one `GET /user/subscription` at an image node. It costs nothing and shows the tier, the Anlas
//! and the V5 battery. Invariant: only an answer of the API itself, about this credential, changes a key's
//! state; whatever else comes back (a page of the CDN, a failure, nonsense) teaches nothing.

mod pace;
mod subscription;

use std::num::NonZeroU32;
use std::time::Duration;

use crate::judge::{End, JudgeTable, Outcome};
use crate::life::{Event, State};
use crate::model::{Account, Credit, Kind};
use crate::time::Moment;

pub use pace::{REPORT_GAP, REPORT_WAIT, Slots, interval, pause, spread};
pub use subscription::{read_address, read_subscription};

/// The path of the account's answer, under an image node's base URL.
pub const SUBSCRIPTION_PATH: &str = "/user/subscription";
/// The path of the answer that may hold the account's e-mail address.
pub const INFORMATION_PATH: &str = "/user/information";

/// How pool keys are probed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Whether they are at all.
    pub enabled: bool,
    /// Between two probes of a key that is well; the actual time is up to `spread` off.
    pub interval: Duration,
    /// How far each time is moved at random, in percent of it, 0 to 100.
    pub spread: u8,
    /// Most requests of probes and logins a minute, per upstream.
    pub per_minute: NonZeroU32,
    /// Longest wait for the whole of an answer.
    pub timeout: Duration,
}

/// What a probe found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// The account answered.
    Well(Account),
    /// The upstream told what is left.
    Credit(Credit),
    /// The upstream tells nobody what is left.
    NoCredit,
    /// The credential was refused.
    Refused(Refusal),
    /// Nothing was learned about the key.
    Nothing(Lesson),
}

/// How a credential was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The account's own answer is 401.
    Unauthorized,
    /// The login is 401 with every spelling of the user name.
    LoginRefused,
    /// It works, but another pool key stands for the same account.
    SameAccount,
    /// The upstream does not tell this key what is left. Alone that is no reason to doubt it: the account's
    /// endpoints may be closed to keys that work.
    CreditRefused,
}

/// What a probe that learned nothing about the key says about the rest of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lesson {
    /// The upstream says that this address is not the one to ask: the relay's configuration is at fault.
    WrongHost,
    /// The path takes no token of this sort. Not a dead key.
    TokenNotAllowed,
    /// The CDN refused this relay's own address.
    Egress,
    /// Too many requests.
    Busy,
    /// The upstream failed, or did not answer in time.
    Upstream,
    /// An answer that is none.
    Unreadable,
    /// No node of the upstream is among those that the key may be sent to.
    NotBound,
}

impl Refusal {
    /// The word that is stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unauthorized | Self::CreditRefused => "unauthorized",
            Self::LoginRefused => "login_refused",
            Self::SameAccount => "same_account",
        }
    }

    /// Reads the word that is stored.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Unauthorized, Self::LoginRefused, Self::SameAccount]
            .into_iter()
            .find(|refusal| refusal.as_str() == word)
    }
}

impl Lesson {
    /// The word in logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WrongHost => "wrong_host",
            Self::TokenNotAllowed => "token_not_allowed",
            Self::Egress => "egress",
            Self::Busy => "busy",
            Self::Upstream => "upstream",
            Self::Unreadable => "unreadable",
            Self::NotBound => "not_bound",
        }
    }
}

/// Reads answers with the judge table of NovelAI as it comes with the relay: the operator's own rules are
/// about requests of clients.
#[derive(Clone, Debug)]
pub struct Reader {
    table: JudgeTable,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            table: JudgeTable::for_kind(Kind::Novelai),
        }
    }
}

impl Reader {
    /// What the end of a probe says. `now_ms` is Unix time in milliseconds.
    #[must_use]
    pub fn read(&self, end: &End<'_>, now_ms: i64) -> Found {
        match *end {
            End::Answer {
                status: 200..=299,
                body,
                ..
            } => read_success(body, now_ms),
            End::Answer { .. } | End::Failed { .. } => self.excuse(end),
        }
    }

    fn excuse(&self, end: &End<'_>) -> Found {
        let session_wanted = matches!(
            end,
            End::Answer {
                status: 401 | 403,
                ..
            }
        );
        Found::Nothing(match self.table.judge(end).outcome {
            Outcome::Key => return Found::Refused(Refusal::Unauthorized),
            Outcome::Relay if session_wanted => Lesson::TokenNotAllowed,
            Outcome::Relay => Lesson::WrongHost,
            Outcome::Egress => Lesson::Egress,
            Outcome::Busy => Lesson::Busy,
            Outcome::Upstream => Lesson::Upstream,
            Outcome::Ok | Outcome::Client | Outcome::Quota => Lesson::Unreadable,
        })
    }
}

/// The notice about the address may come with any status, and a page in place of the API too.
fn read_success(body: &[u8], now_ms: i64) -> Found {
    const MOVED: &[u8] = b"update to the image url";
    let moved = |window: &[u8]| window.eq_ignore_ascii_case(MOVED);
    if body.windows(MOVED.len()).any(moved) {
        return Found::Nothing(Lesson::WrongHost);
    }
    if body.trim_ascii_start().first() == Some(&b'<') {
        return Found::Nothing(Lesson::Egress);
    }
    read_subscription(body, now_ms).map_or(Found::Nothing(Lesson::Unreadable), Found::Well)
}

/// What the jobs know of a pool key between two probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its state, as far as probes can tell.
    pub state: State,
    /// Probes in a row that did not find it well; for an invalid key, refusals since it was found so.
    pub streak: u32,
}

impl Known {
    /// What is known after a probe.
    #[must_use]
    pub fn after(self, found: &Found, now: Moment) -> Self {
        let event = match found {
            Found::Well(_) | Found::Credit(_) => Event::ProbedWell,
            Found::NoCredit => self.without_credit(),
            Found::Refused(Refusal::CreditRefused) => self.refused_credit(),
            // The login page's own word is as good as a second probe; so is our own comparison.
            Found::Refused(Refusal::LoginRefused | Refusal::SameAccount) => return self.condemned(now),
            Found::Refused(Refusal::Unauthorized) => Event::ProbedRefused,
            Found::Nothing(_) => Event::ProbeFailed,
        };
        self.stepped(self.state.after(event, now), found)
    }

    /// Nothing can be learned about the key any more, so attempts alone decide.
    fn without_credit(self) -> Event {
        match self.state {
            State::Invalid | State::Pending => Event::ProbedWell,
            State::Healthy
            | State::Cooling { .. }
            | State::Drained { .. }
            | State::Suspect { .. }
            | State::Paused
            | State::Withdrawn => Event::ProbeFailed,
        }
    }

    /// It counts where an attempt was refused, too.
    fn refused_credit(self) -> Event {
        match self.state {
            State::Suspect { .. } | State::Invalid | State::Pending => Event::ProbedRefused,
            State::Healthy
            | State::Cooling { .. }
            | State::Drained { .. }
            | State::Paused
            | State::Withdrawn => Event::ProbeFailed,
        }
    }

    fn condemned(self, now: Moment) -> Self {
        let twice = self
            .state
            .after(Event::ProbedRefused, now)
            .after(Event::ProbedRefused, now);
        self.stepped(twice, &Found::Refused(Refusal::LoginRefused))
    }

    fn stepped(self, state: State, found: &Found) -> Self {
        let streak = match (found, self.state, state) {
            (Found::Well(_) | Found::Credit(_) | Found::NoCredit, _, _) => 0,
            // Nothing learned does not make an invalid key wait longer.
            (Found::Nothing(_), State::Invalid, _) => self.streak,
            (Found::Refused(_), before, State::Invalid) if before != State::Invalid => 1,
            (Found::Refused(_) | Found::Nothing(_), _, _) => self.streak.saturating_add(1),
        };
        Self { state, streak }
    }
}

#[cfg(test)]
mod tests;
