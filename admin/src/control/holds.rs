//! Who may hold a pool key back, and who may let it go again.
//!
//! Invariant: nobody lifts another's hold: an admin's stays until an admin lifts it, a contributor's until they do.

use potluck_filters::id::UserId;
use potluck_filters::life::Event;
use potluck_filters::model::PoolKeyState;
use potluck_store::table::pool_keys::{AdminHold, PoolKeyRow};

use super::checks::step;
use crate::api::{PoolSwitch, UpstreamFacts};
use crate::error::ControlError;

/// Whose hand is on the switch.
#[derive(Clone, Debug)]
pub(super) enum Hand {
    /// The contributor's.
    Contributor,
    /// An admin's.
    Admin {
        /// Their id; `None` is somebody with the operator's token, or at the machine.
        by: Option<UserId>,
        /// Whether the key is theirs to let go whoever paused it: an admin brought it.
        owns: bool,
        /// Why, where they have said so.
        reason: Option<String>,
    },
}

impl Hand {
    /// Whether it may say what others may do with the key: its contributor's, or an admin's on an admin's key.
    pub(super) fn may_cap(&self) -> bool {
        match self {
            Self::Contributor => true,
            Self::Admin { owns, .. } => *owns,
        }
    }
}

/// Holds a pool key back, or lets it go. It goes when nobody holds it any more.
pub(super) fn switch(
    row: &mut PoolKeyRow,
    to: PoolSwitch,
    hand: &Hand,
    upstreams: &[UpstreamFacts],
    now_ms: i64,
) -> Result<(), ControlError> {
    match to {
        PoolSwitch::Paused => {
            hold(row, hand, now_ms);
            if row.state != PoolKeyState::Paused {
                step(row, Event::Pause, upstreams, now_ms);
            }
            Ok(())
        }
        PoolSwitch::Active => {
            let was_held = lift(row, hand);
            match (row.holds.admin.is_some(), row.holds.contributor.is_some()) {
                (false, false) => step(row, Event::Resume, upstreams, now_ms),
                (true, _) | (_, true) if was_held => {}
                (true, _) => return Err(ControlError::HeldBy("an admin")),
                (false, true) => return Err(ControlError::HeldBy("its contributor")),
            }
            Ok(())
        }
    }
}

fn hold(row: &mut PoolKeyRow, hand: &Hand, now_ms: i64) {
    match hand {
        Hand::Contributor => {
            row.holds.contributor.get_or_insert(now_ms);
        }
        Hand::Admin { by, reason, .. } => {
            let at = row.holds.admin.as_ref().map_or(now_ms, |held| held.at);
            row.holds.admin = Some(AdminHold {
                at,
                by: *by,
                reason: reason.clone(),
            });
        }
    }
}

/// Lets go of what that hand holds. Says whether it held anything.
fn lift(row: &mut PoolKeyRow, hand: &Hand) -> bool {
    match hand {
        Hand::Contributor => row.holds.contributor.take().is_some(),
        Hand::Admin { owns, .. } => {
            let of_contributor = *owns && row.holds.contributor.take().is_some();
            row.holds.admin.take().is_some() || of_contributor
        }
    }
}
