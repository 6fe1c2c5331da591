//! Looking at pool keys anew: what a person asks for, and what a changed configuration asks for.
//!
//! Invariant: every state follows from `potluck_filters::life`; where nothing probes, what waits for a probe is
//! taken to be well.

use potluck_filters::id::PoolKeyId;
use potluck_filters::life::{Event, State};
use potluck_filters::model::PoolKeyState;
use potluck_filters::time::Moment;
use potluck_store::table::pool_keys::PoolKeyRow;

use super::pool_keys::{NOUN, noted};
use super::{Control, Recheck, fields};
use crate::api::{CheckPoolKeys, Checked, PoolKey, UpstreamFacts};
use crate::audit::{Act, Bulk, Note, Object, ObjectKind};
use crate::caller::By;
use crate::error::ControlError;

const STATES: [PoolKeyState; 5] = [
    PoolKeyState::Pending,
    PoolKeyState::Healthy,
    PoolKeyState::Invalid,
    PoolKeyState::Paused,
    PoolKeyState::Withdrawn,
];

/// The state that follows. What an edge knows of a key's rests is not stored, so the time does not matter.
pub(super) fn after(state: PoolKeyState, event: Event, probed: bool) -> PoolKeyState {
    let next = State::from(state).after(event, Moment::default()).stored();
    if next == PoolKeyState::Pending && !probed {
        PoolKeyState::Healthy
    } else {
        next
    }
}

/// Steps a row, and makes a probe due where one is the way on.
pub(super) fn step(row: &mut PoolKeyRow, event: Event, upstreams: &[UpstreamFacts], now_ms: i64) {
    let before = row.state;
    row.state = after(before, event, fields::is_probed(upstreams, &row.upstream));
    if row.state != before {
        row.state_since = Some(now_ms);
    }
    row.state_reason = None;
    if State::from(row.state).wants_probe() {
        row.next_probe_at = Some(now_ms);
    }
}

impl Control {
    /// Has a pool key looked at anew, as soon as can be.
    ///
    /// # Errors
    /// When there is none with this id, or it is paused or withdrawn.
    pub async fn check_pool_key(&self, by: &By, id: PoolKeyId) -> Result<PoolKey, ControlError> {
        let mut turn = self.turn(by).await?;
        let mut row = turn.usable_pool_key(id).await?;
        if row.state == PoolKeyState::Paused {
            return Err(ControlError::Paused(NOUN));
        }
        let before = row.clone();
        step(&mut row, Event::Recheck, &self.upstreams(), turn.now_ms);
        let saved = turn.change.save_pool_key(&row).await?;
        turn.end(noted(Act::PoolKeyChecked, Some(&before), &saved))
            .await?;
        self.live.recheck(Recheck::Key(id));
        self.probe_due.notify_one();
        self.told(saved).await
    }

    /// Has many pool keys looked at anew. Paused and withdrawn ones are left alone.
    ///
    /// # Errors
    /// When there is no such upstream.
    pub async fn check_pool_keys(&self, by: &By, which: &CheckPoolKeys) -> Result<Checked, ControlError> {
        let upstreams = self.upstreams();
        if let Some(name) = &which.upstream {
            fields::upstream(&upstreams, name)?;
        }
        let mut turn = self.turn(by).await?;
        let mut due = 0;
        for facts in upstreams.iter().filter(|facts| which.wants(facts)) {
            for from in STATES.into_iter().filter(|state| which.is_of(*state)) {
                let to = after(from, Event::Recheck, facts.probed);
                if State::from(to).wants_probe() {
                    due += turn
                        .change
                        .move_pool_keys(&facts.name, from, to, turn.now_ms)
                        .await?;
                }
            }
        }
        let at = turn.now_ms;
        let bulk = Bulk {
            count: due,
            upstream: which.upstream.clone(),
            ..Bulk::default()
        };
        let object = Object::named(ObjectKind::PoolKey, "");
        turn.end(Note::new(Act::PoolKeysChecked, object).is(&bulk))
            .await?;
        for facts in upstreams.iter().filter(|facts| which.wants(facts)) {
            self.live.recheck(Recheck::Upstream(&facts.name));
        }
        self.probe_due.notify_one();
        Ok(Checked { due, at })
    }

    /// Lets pool keys serve that wait for a probe where the configuration has none any more. Called at the start
    /// and when upstreams were read again. Returns how many there are.
    ///
    /// # Errors
    /// When the database fails, or the edge cannot serve from the change.
    pub async fn settle_pending(&self) -> Result<u64, ControlError> {
        let upstreams = self.upstreams();
        let mut turn = self.turn(&By::job("start")).await?;
        let mut settled = 0;
        for facts in upstreams.iter().filter(|facts| !facts.probed) {
            let to = after(PoolKeyState::Pending, Event::Recheck, false);
            settled += turn
                .change
                .move_pool_keys(&facts.name, PoolKeyState::Pending, to, turn.now_ms)
                .await?;
        }
        if settled > 0 {
            turn.end_job().await?;
        }
        Ok(settled)
    }
}

impl CheckPoolKeys {
    fn wants(&self, facts: &UpstreamFacts) -> bool {
        self.upstream.as_ref().is_none_or(|name| *name == facts.name)
    }

    fn is_of(&self, state: PoolKeyState) -> bool {
        self.state.is_none_or(|wanted| wanted == state)
    }
}
