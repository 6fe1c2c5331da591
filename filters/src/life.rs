//! The life of a pool key: one state after another, and a way out of each but the last.
//!
//! One pure machine for everybody: the edge steps it with what attempts showed, the admin with what
//! probes and people said. An edge holds only keys that may serve and knows the states from `Healthy`
//! to `Suspect`; the admin stores [`PoolKeyState`] and so forgets the short rests, which end by timers.
//!
//! Invariant: each automatic state has a timer or a probe out; only [`State::Withdrawn`] is final.

use std::time::Duration;

use serde::Serialize;

use crate::judge::Outcome;
use crate::model::PoolKeyState;
use crate::time::Moment;

/// How long one refused probe is held against a key that served until then: a second one within this
/// time makes it invalid.
pub const SUSPICION: Duration = Duration::from_secs(600);

/// How a pool key fares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum State {
    /// Brought, and not yet found to work. Out: a probe.
    Pending,
    /// Serves.
    #[default]
    Healthy,
    /// Rests after a failure. Out: the timer.
    Cooling {
        /// When it serves again.
        #[serde(skip)]
        until: Moment,
    },
    /// Its account has run dry. Out: the timer, or a probe that finds credit.
    Drained {
        /// When it is tried again.
        #[serde(skip)]
        until: Moment,
    },
    /// Its credential was refused once. Out: a probe either way, or the timer.
    Suspect {
        /// When it is tried again.
        #[serde(skip)]
        until: Moment,
    },
    /// Its credential was refused, and a probe agreed. Out: a probe, again and again.
    Invalid,
    /// Held back by people. Out: people.
    Paused,
    /// Taken out for ever.
    Withdrawn,
}

/// What happens to a pool key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// An attempt succeeded.
    Served,
    /// An attempt failed in a way that needs a rest of this length.
    Rest(Duration),
    /// An attempt was refused for lack of credit; rest this long.
    Dry(Duration),
    /// An attempt's credential was refused; rest this long unless a probe says more.
    Refused(Duration),
    /// A probe found the account well.
    ProbedWell,
    /// A probe's credential was refused. Of a key that served until then, this makes a suspect; a suspect
    /// is found invalid.
    ProbedRefused,
    /// A probe came to no answer: nothing was learned.
    ProbeFailed,
    /// Time has passed.
    Tick,
    /// Somebody held the key back.
    Pause,
    /// Somebody let it serve again; it must show that it works.
    Resume,
    /// Somebody wants it looked at anew: as after [`Event::Resume`].
    Recheck,
    /// Its contributor took it out.
    Withdraw,
}

impl Event {
    /// What an attempt's outcome means to the pool key that it was made with; `rest` is the verdict's
    /// cool-down. `None` where nothing happened to the key: a client's fault, or one of the upstream, of
    /// the way out or of this relay, says nothing about it.
    #[must_use]
    pub fn of(outcome: Outcome, rest: Duration) -> Option<Self> {
        match outcome {
            Outcome::Ok => Some(Self::Served),
            Outcome::Busy => Some(Self::Rest(rest)),
            Outcome::Quota => Some(Self::Dry(rest)),
            Outcome::Key => Some(Self::Refused(rest)),
            Outcome::Client | Outcome::Upstream | Outcome::Egress | Outcome::Relay => None,
        }
    }
}

impl State {
    /// The state after an event.
    #[must_use]
    pub fn after(self, event: Event, now: Moment) -> Self {
        match self {
            Self::Withdrawn => Self::Withdrawn,
            Self::Paused => self.when_paused(event),
            Self::Pending | Self::Invalid => self.when_unproven(event),
            Self::Healthy | Self::Cooling { .. } | Self::Drained { .. } | Self::Suspect { .. } => {
                self.when_proven(event, now)
            }
        }
    }

    fn when_paused(self, event: Event) -> Self {
        match event {
            Event::Withdraw => Self::Withdrawn,
            Event::Resume => Self::Pending,
            Event::Served
            | Event::Rest(_)
            | Event::Dry(_)
            | Event::Refused(_)
            | Event::ProbedWell
            | Event::ProbedRefused
            | Event::ProbeFailed
            | Event::Tick
            | Event::Pause
            | Event::Recheck => self,
        }
    }

    /// Only a probe can say that it works; attempts that still ran when it was taken out can not.
    fn when_unproven(self, event: Event) -> Self {
        match event {
            Event::Withdraw => Self::Withdrawn,
            Event::Pause => Self::Paused,
            Event::Resume | Event::Recheck => Self::Pending,
            Event::ProbedWell => Self::Healthy,
            Event::ProbedRefused => Self::Invalid,
            Event::Served
            | Event::Rest(_)
            | Event::Dry(_)
            | Event::Refused(_)
            | Event::ProbeFailed
            | Event::Tick => self,
        }
    }

    fn when_proven(self, event: Event, now: Moment) -> Self {
        match event {
            Event::Withdraw => Self::Withdrawn,
            Event::Pause => Self::Paused,
            Event::Resume | Event::Recheck => Self::Healthy,
            Event::ProbedWell => self.well(now),
            Event::ProbedRefused => self.doubted(now),
            Event::Served | Event::ProbeFailed | Event::Tick => self.rested(now),
            Event::Rest(span) => self.at_least(Self::Cooling { until: now + span }, now),
            Event::Dry(span) => self.at_least(Self::Drained { until: now + span }, now),
            Event::Refused(span) => self.at_least(Self::Suspect { until: now + span }, now),
        }
    }

    /// When it may serve again by itself; `None` where it serves now or only a probe or people help.
    #[must_use]
    pub fn until(self) -> Option<Moment> {
        match self {
            Self::Cooling { until } | Self::Drained { until } | Self::Suspect { until } => Some(until),
            Self::Pending | Self::Healthy | Self::Invalid | Self::Paused | Self::Withdrawn => None,
        }
    }

    /// Whether it may serve at that moment.
    #[must_use]
    pub fn serves(self, now: Moment) -> bool {
        self.rested(now) == Self::Healthy
    }

    /// Whether a probe is the way out, or one of them.
    #[must_use]
    pub fn wants_probe(self) -> bool {
        match self {
            Self::Pending | Self::Healthy | Self::Drained { .. } | Self::Suspect { .. } | Self::Invalid => {
                true
            }
            Self::Cooling { .. } | Self::Paused | Self::Withdrawn => false,
        }
    }

    /// What of it is stored.
    #[must_use]
    pub fn stored(self) -> PoolKeyState {
        match self {
            Self::Pending => PoolKeyState::Pending,
            Self::Healthy | Self::Cooling { .. } | Self::Drained { .. } | Self::Suspect { .. } => {
                PoolKeyState::Healthy
            }
            Self::Invalid => PoolKeyState::Invalid,
            Self::Paused => PoolKeyState::Paused,
            Self::Withdrawn => PoolKeyState::Withdrawn,
        }
    }

    /// A rest that is over is over.
    fn rested(self, now: Moment) -> Self {
        match self.until() {
            Some(until) if until <= now => Self::Healthy,
            Some(_) | None => self,
        }
    }

    /// A probe that went well ends what it speaks about: a rest after a failure goes on.
    fn well(self, now: Moment) -> Self {
        match self {
            Self::Cooling { .. } => self.rested(now),
            Self::Pending | Self::Healthy | Self::Drained { .. } | Self::Suspect { .. } | Self::Invalid => {
                Self::Healthy
            }
            Self::Paused | Self::Withdrawn => self,
        }
    }

    /// A probe that was refused confirms what an attempt or an earlier probe said, or is the first to say it.
    fn doubted(self, now: Moment) -> Self {
        let rested = self.rested(now);
        match rested {
            Self::Healthy | Self::Cooling { .. } | Self::Drained { .. } => Self::Suspect {
                until: rested.until().unwrap_or(now).max(now + SUSPICION),
            },
            Self::Pending | Self::Suspect { .. } | Self::Invalid => Self::Invalid,
            Self::Paused | Self::Withdrawn => self,
        }
    }

    /// A rest is only ever lengthened: `deadline = max(old, new)`, and the later one names the state.
    fn at_least(self, other: Self, now: Moment) -> Self {
        let rested = self.rested(now);
        match (rested.until(), other.until()) {
            (Some(old), Some(new)) if old > new => rested,
            (_, Some(new)) if new <= now => rested,
            (Some(_) | None, Some(_) | None) => other,
        }
    }
}

impl From<PoolKeyState> for State {
    fn from(stored: PoolKeyState) -> Self {
        match stored {
            PoolKeyState::Pending => Self::Pending,
            PoolKeyState::Healthy => Self::Healthy,
            PoolKeyState::Invalid => Self::Invalid,
            PoolKeyState::Paused => Self::Paused,
            PoolKeyState::Withdrawn => Self::Withdrawn,
        }
    }
}

/// What an edge tells the admin about a pool key, so that it is probed early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observation {
    /// Which pool key.
    pub key: crate::id::PoolKeyId,
    /// What was seen.
    pub seen: Seen,
}

/// What an edge saw of a pool key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// Its credential was refused: a token has to be renewed, or the key is dead.
    CredentialRefused,
    /// Its account has run dry.
    OutOfCredit,
}

#[cfg(test)]
mod tests;
