//! What becomes of one item of an act on many. Plain functions over values.

use potluck_filters::id::UserId;
use potluck_filters::model::{ClientKeyState, PoolKeyState};
use potluck_store::table::pool_keys::PoolKeyRow;

use super::is_self;
use crate::api::{ClientKeysAct, JobItemState, PoolKeysAct, UsersAct};
use crate::control::holds::Hand;

/// What becomes of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// It is done.
    Do,
    /// There is nothing to do, because of this.
    Skip(&'static str),
    /// It cannot be done, because of this.
    Fail(&'static str),
}

/// What is not there.
pub(super) const GONE: Decision = Decision::Fail("not_found");
/// What the edge would not take.
pub(super) const REFUSED: Decision = Decision::Fail("refused_by_edge");
/// Nobody would be left to manage the relay.
pub(super) const LAST_ADMIN: Decision = Decision::Fail("last_admin");

impl Decision {
    pub(super) fn state(self) -> JobItemState {
        match self {
            Self::Do => JobItemState::Done,
            Self::Skip(_) => JobItemState::Skipped,
            Self::Fail(_) => JobItemState::Failed,
        }
    }

    pub(super) fn why(self) -> Option<&'static str> {
        match self {
            Self::Do => None,
            Self::Skip(why) | Self::Fail(why) => Some(why),
        }
    }
}

/// Of a pool key, for an admin with this hand.
pub(super) fn of_pool_key(act: PoolKeysAct, row: &PoolKeyRow, hand: &Hand) -> Decision {
    match (act, row.state) {
        (_, PoolKeyState::Withdrawn) => Decision::Skip("withdrawn"),
        (PoolKeysAct::Pause, _) if row.holds.admin.is_some() => Decision::Skip("paused"),
        (PoolKeysAct::Resume, PoolKeyState::Paused) => resumed(row, hand),
        (PoolKeysAct::Resume, _) => Decision::Skip("not_paused"),
        (PoolKeysAct::Recheck | PoolKeysAct::Reset, PoolKeyState::Paused) => Decision::Skip("paused"),
        (PoolKeysAct::Withdraw | PoolKeysAct::Pause, _)
        | (PoolKeysAct::Recheck, PoolKeyState::Pending | PoolKeyState::Healthy | PoolKeyState::Invalid)
        | (PoolKeysAct::Reset, PoolKeyState::Healthy) => Decision::Do,
        (PoolKeysAct::Reset, PoolKeyState::Pending | PoolKeyState::Invalid) => Decision::Skip("not_healthy"),
    }
}

/// Nobody lifts what a member has held back but that member.
fn resumed(row: &PoolKeyRow, hand: &Hand) -> Decision {
    let theirs = row.holds.admin.is_none() && row.holds.contributor.is_some();
    if theirs && !hand.may_cap() {
        Decision::Fail("held_by_contributor")
    } else {
        Decision::Do
    }
}

/// Of a client key in this state.
pub(super) fn of_client_key(act: ClientKeysAct, state: ClientKeyState) -> Decision {
    match (act, state) {
        (_, ClientKeyState::Revoked) => Decision::Skip("revoked"),
        (ClientKeysAct::Revoke, ClientKeyState::Active | ClientKeyState::Disabled)
        | (ClientKeysAct::Disable, ClientKeyState::Active)
        | (ClientKeysAct::Enable, ClientKeyState::Disabled) => Decision::Do,
        (ClientKeysAct::Disable, ClientKeyState::Disabled) => Decision::Skip("disabled"),
        (ClientKeysAct::Enable, ClientKeyState::Active) => Decision::Skip("enabled"),
    }
}

/// Of a user who is switched on or off.
pub(super) fn of_user(act: UsersAct, user: UserId, enabled: bool, beginner: Option<UserId>) -> Decision {
    match (act, enabled) {
        (UsersAct::Disable, true) if is_self(beginner, user) => Decision::Fail("yourself"),
        (UsersAct::Disable, true) | (UsersAct::Enable, false) => Decision::Do,
        (UsersAct::Disable, false) => Decision::Skip("disabled"),
        (UsersAct::Enable, true) => Decision::Skip("enabled"),
    }
}
