//! From what visits found to what is stored and served: the step of the state machine, the next probe's time,
//! and one change for all that edges must hear of.
//!
//! Invariants: the step starts from the state that the key has when it is written, so what people did while the
//! visit was under way stands; what no edge needs is written without a change.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use potluck_filters::id::PoolKeyId;
use potluck_filters::life::State;
use potluck_filters::model::{Account, PoolKeyState};
use potluck_filters::probe::{Found, Known, Refusal, Settings, pause};
use potluck_filters::time::Moment;
use potluck_store::table::pool_keys::PoolKeyRow;
use potluck_store::{Change, Probed, SavedProbe, Told};

use super::said::{self, Said};
use super::visit::Visited;
use crate::caller::By;
use crate::control::Control;
use crate::error::ControlError;

/// NovelAI asks programs not to repeat a login that was turned away.
const TURNED_AWAY: Duration = Duration::from_secs(600);

/// Until a key is asked again what is left whose upstream tells nobody.
const UNTOLD: Duration = Duration::from_secs(86_400);

/// A span in whole milliseconds.
pub(super) fn ms(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

/// Unix time as the state machine counts it.
pub(super) fn moment(unix_ms: i64) -> Moment {
    Moment::from_millis(u64::try_from(unix_ms).unwrap_or(0))
}

/// Writes down what visits found.
pub(super) struct Outcomes {
    control: Arc<Control>,
    settings: Settings,
    now: fn() -> i64,
    chance: fn() -> f64,
    /// Keys that serve and were refused once. Not stored: after a restart it takes two refusals again.
    doubts: HashMap<PoolKeyId, State>,
    said: Said,
}

/// A key as a step finds it.
#[derive(Clone, Copy)]
struct Before {
    state: PoolKeyState,
    streak: u32,
    /// Why it is invalid, if it is.
    refusal: Option<Refusal>,
}

/// What follows from one visit.
struct Step {
    state: State,
    probed: Probed,
}

impl Outcomes {
    pub(super) fn new(
        control: Arc<Control>,
        settings: Settings,
        now: fn() -> i64,
        chance: fn() -> f64,
    ) -> Self {
        Self {
            control,
            settings,
            now,
            chance,
            doubts: HashMap::new(),
            said: Said::default(),
        }
    }

    /// Takes note that an edge saw the key's credential refused.
    pub(super) fn doubt(&mut self, key: PoolKeyId, state: State) {
        self.doubts.insert(key, state);
    }

    /// Takes note that there is no such key any more.
    pub(super) fn forget(&mut self, key: PoolKeyId) {
        self.doubts.remove(&key);
    }

    /// Writes what was found; returns when edges serve what they must hear of.
    pub(super) async fn save(&mut self, visits: Vec<Visited>) -> Result<(), ControlError> {
        let mut loud = Vec::new();
        for visited in visits {
            self.said.say(&visited);
            if !self.is_saved_quietly(&visited).await? {
                loud.push(visited);
            }
        }
        if loud.is_empty() {
            return Ok(());
        }
        let control = Arc::clone(&self.control);
        let mut turn = control.turn(&By::job("login")).await?;
        for visited in &loud {
            self.write(turn.change(), visited).await?;
        }
        turn.end_job().await
    }

    async fn is_saved_quietly(&mut self, visited: &Visited) -> Result<bool, ControlError> {
        if visited.token.is_some() {
            return Ok(false);
        }
        let Step { state, probed } = self.step(visited, visited.into(), visited.found);
        let store = self.control.store();
        let saved = match (visited.found, probed.next_probe_at) {
            (Found::Nothing(_), Some(at)) => {
                store.defer_probe(visited.id, at, probed.probe_streak).await?;
                true
            }
            (
                Found::Nothing(_) | Found::Well(_) | Found::Credit(_) | Found::NoCredit | Found::Refused(_),
                _,
            ) => store.save_quiet_probe(visited.id, &probed).await?,
        };
        if saved {
            self.remember(visited.id, state);
        }
        Ok(saved)
    }

    async fn write(&mut self, change: &mut Change<'_>, visited: &Visited) -> Result<(), ControlError> {
        let Some(row) = change.pool_key(visited.id).await? else {
            return Ok(());
        };
        let before = Before::from(&row);
        let mut step = self.step(visited, before, visited.found);
        let mut saved = change.save_probe(visited.id, &step.probed).await?;
        if let SavedProbe::SameAccountAs(other) = saved {
            said::same_account(visited.id, other);
            step = self.step(visited, before, Found::Refused(Refusal::SameAccount));
            step.probed.account_id = None;
            saved = change.save_probe(visited.id, &step.probed).await?;
        }
        match saved {
            SavedProbe::Saved => {}
            SavedProbe::SameAccountAs(_) | SavedProbe::Gone => return Ok(()),
        }
        if let Some((token, session)) = &visited.token {
            change.save_token(visited.id, token, session.expires_at).await?;
            said::logged_in(visited);
        }
        said::changed(visited, row.state, &step.probed);
        self.remember(visited.id, step.state);
        Ok(())
    }

    fn step(&self, visited: &Visited, before: Before, found: Found) -> Step {
        let now_ms = (self.now)();
        let stored = State::from(before.state);
        let doubted = self.doubts.get(&visited.id).copied();
        let state = doubted.filter(|_| stored == State::Healthy).unwrap_or(stored);
        let streak = before.streak;
        let known = Known { state, streak }.after(&found, moment(now_ms));
        let why = before.after(&found).filter(|_| known.state == State::Invalid);
        let settings = Settings {
            interval: if found == Found::NoCredit {
                UNTOLD
            } else {
                visited.interval
            },
            ..self.settings
        };
        let pause = pause(known.state, known.streak, why, &settings, (self.chance)());
        let pause = pause.map(|pause| {
            pause.max(if visited.was_turned_away() {
                TURNED_AWAY
            } else {
                Duration::ZERO
            })
        });
        let next = pause.map(|pause| now_ms.saturating_add(ms(pause)));
        // A renewal that is overdue waits like any other probe.
        let renew_at = visited.renew_at.filter(|at| *at > now_ms);
        Step {
            state: known.state,
            probed: Probed {
                state: known.state.stored(),
                reason: why.map(Refusal::as_str),
                account: account(&found),
                credit: credit(&found, now_ms),
                account_id: visited.account_id.clone(),
                probe_streak: known.streak,
                next_probe_at: next.map(|next| renew_at.map_or(next, |at| at.min(next))),
                at: now_ms,
            },
        }
    }

    fn remember(&mut self, key: PoolKeyId, state: State) {
        match state {
            State::Suspect { .. } => self.doubts.insert(key, state),
            State::Pending
            | State::Healthy
            | State::Cooling { .. }
            | State::Drained { .. }
            | State::Invalid
            | State::Paused
            | State::Withdrawn => self.doubts.remove(&key),
        };
    }
}

impl From<&Visited> for Before {
    fn from(visited: &Visited) -> Self {
        Self {
            state: visited.state,
            streak: visited.streak,
            refusal: None,
        }
    }
}

impl From<&PoolKeyRow> for Before {
    fn from(row: &PoolKeyRow) -> Self {
        Self {
            state: row.state,
            streak: row.probe_streak,
            refusal: row.state_reason.as_deref().and_then(Refusal::parse),
        }
    }
}

impl Before {
    /// Why it is invalid after that, if it is.
    fn after(self, found: &Found) -> Option<Refusal> {
        match found {
            Found::Refused(refusal) => Some(*refusal),
            Found::Nothing(_) => self.refusal,
            Found::Well(_) | Found::Credit(_) | Found::NoCredit => None,
        }
    }
}

fn account(found: &Found) -> Option<Account> {
    match found {
        Found::Well(account) => Some(*account),
        Found::Credit(_) | Found::NoCredit | Found::Refused(_) | Found::Nothing(_) => None,
    }
}

fn credit(found: &Found, now_ms: i64) -> Told {
    match found {
        Found::Credit(credit) => Told::Left(*credit),
        Found::NoCredit => Told::Nobody(now_ms),
        Found::Well(_) | Found::Refused(_) | Found::Nothing(_) => Told::Nothing,
    }
}
