//! How a pool key is, told from its row, what an edge says, and what was spent today. Plain functions over values.

use potluck_filters::life::State;
use potluck_filters::limit::Limit;
use potluck_filters::model::PoolKeyState;
use potluck_filters::pool::KeyReport;
use potluck_store::table::pool_keys::PoolKeyRow;
use potluck_store::table::spent_days::Spent;

use crate::api::{Condition, HeldBy, Hold, HoldKind, Standing};

const DAY_MS: i64 = 86_400_000;

/// What the relay has learned.
pub(super) fn standing(row: &PoolKeyRow, live: Option<&KeyReport>, now_ms: i64) -> Standing {
    // An edge's word counts for what it knows alone: how a key fares that may serve.
    let live = live.filter(|_| row.state == PoolKeyState::Healthy);
    let state = live.map_or(State::from(row.state), |live| live.state);
    let rest_ends = live.and_then(|live| live.rests_ms).map(|ms| later(now_ms, ms));
    Standing {
        state: condition(state),
        reason: row.state_reason.clone(),
        since: rest_ends.is_none().then_some(row.state_since).flatten(),
        next_at: rest_ends.or(row.next_probe_at.filter(|_| state.wants_probe())),
        attempt: row.probe_streak,
        in_flight: live.map(|live| live.in_flight),
        evidence_at: row.account.map(|account| account.checked_at).max(row.credit_at),
    }
}

fn later(now_ms: i64, ms: u64) -> i64 {
    now_ms.saturating_add_unsigned(ms)
}

fn condition(state: State) -> Condition {
    match state {
        State::Pending => Condition::Pending,
        State::Healthy => Condition::Healthy,
        State::Cooling { .. } => Condition::Cooling,
        State::Drained { .. } => Condition::Drained,
        State::Suspect { .. } => Condition::Suspect,
        State::Invalid => Condition::Invalid,
        State::Paused => Condition::Paused,
        State::Withdrawn => Condition::Withdrawn,
    }
}

/// What holds it back. A key that is gone for ever is held by nobody.
pub(super) fn holds(row: &PoolKeyRow, spent: &Spent, now_ms: i64) -> Vec<Hold> {
    if row.state == PoolKeyState::Withdrawn {
        return Vec::new();
    }
    let rule = |kind, until| Hold {
        kind,
        by: HeldBy::Contributor,
        admin: None,
        reason: None,
        since: None,
        until,
    };
    let mut holds = Vec::new();
    if let Some(held) = &row.holds.admin {
        holds.push(Hold {
            by: HeldBy::Admin,
            admin: held.by,
            reason: held.reason.clone(),
            since: Some(held.at),
            ..rule(HoldKind::Paused, None)
        });
    }
    if let Some(at) = row.holds.contributor {
        holds.push(Hold {
            since: Some(at),
            ..rule(HoldKind::Paused, None)
        });
    }
    let hours = row.caps.hours;
    if !hours.open_at(now_ms) {
        holds.push(rule(HoldKind::Hours, hours.next_turn(now_ms)));
    }
    if is_reached(row.caps.requests_per_day, spent.requests) {
        let midnight = (now_ms.div_euclid(DAY_MS) + 1) * DAY_MS;
        holds.push(rule(HoldKind::Cap, Some(midnight)));
    }
    let kept = row.caps.keep_anlas;
    if kept > 0 && row.account.is_some_and(|account| account.anlas <= kept) {
        holds.push(rule(HoldKind::Reserve, None));
    }
    holds
}

fn is_reached(limit: Limit, spent: u64) -> bool {
    match limit {
        Limit::Unlimited => false,
        Limit::AtMost(most) => spent >= u64::from(most),
    }
}
