//! When keys began and ended to rest, for whoever keeps their history.
//!
//! Invariant: bounded; where more happens than is read, what is lost is said, and whoever reads looks at all keys anew.

use super::Keys;
use crate::id::PoolKeyId;
use crate::judge::RuleName;
use crate::life::State;
use crate::time::Moment;

/// Moves that wait to be read; more are lost.
const MOST: usize = 8192;

/// A key that began to rest, or ended to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyMove {
    /// Which one.
    pub key: PoolKeyId,
    /// How it is now.
    pub state: State,
    /// When that began, in Unix time in milliseconds.
    pub at: i64,
    /// When it will be tried again, in Unix time in milliseconds, where it rests.
    pub until: Option<i64>,
    /// The judge's rule that made it rest.
    pub rule: Option<RuleName>,
}

/// The moves since the last look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Journal {
    /// In the order in which they happened.
    pub moves: Vec<KeyMove>,
    /// Whether there were more.
    pub lost: bool,
}

impl Keys {
    /// The moves since the last look.
    pub(in super::super) fn take_journal(&mut self) -> Journal {
        std::mem::take(&mut self.journal)
    }

    /// Writes down how a key is, if that is not known yet.
    pub(super) fn tell(&mut self, index: usize, rule: Option<RuleName>, at: Moment) {
        let (at, origin) = (self.unix_ms(at), self.origin);
        let Some(slot) = self.slots.get_mut(index).filter(|slot| !slot.leaving) else {
            return;
        };
        let rests = slot.state.until().is_some();
        let now = rests.then(|| std::mem::discriminant(&slot.state));
        if slot.rare.told == now {
            return;
        }
        slot.rare.told = now;
        if self.journal.moves.len() >= MOST {
            self.journal.lost = true;
            return;
        }
        let unix_ms =
            |moment: Moment| origin.saturating_add(i64::try_from(moment.millis()).unwrap_or(i64::MAX));
        self.journal.moves.push(KeyMove {
            key: slot.id,
            state: slot.state,
            at,
            until: slot.state.until().map(unix_ms),
            rule,
        });
    }
}
