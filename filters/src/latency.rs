//! How long things took, counted in slots that merge by addition over any range.
//!
//! Four slots to each doubling, from a microsecond to 36 minutes. Invariant: the bounds never change, since counts
//! of every age are added to one another.

mod packed;

use crate::usage::Times;

/// How many slots there are. The last one has no end.
pub const SLOTS: usize = 121;

/// From here on there are four slots to a doubling; below, each microsecond has its own.
const EXACT: u64 = 8;

/// The slot of a time in microseconds.
#[must_use]
pub fn slot(us: u64) -> usize {
    if us < EXACT {
        // Below eight, so it fits.
        return usize::try_from(us).unwrap_or(0);
    }
    let octave = us.ilog2();
    let quarter = (us >> (octave - 2)) & 3;
    let place = 8 + u64::from(octave - 3) * 4 + quarter;
    usize::try_from(place).map_or(SLOTS - 1, |place| place.min(SLOTS - 1))
}

/// The first microsecond of a slot.
#[must_use]
pub fn lower(slot: usize) -> u64 {
    let slot = slot.min(SLOTS - 1) as u64;
    if slot < EXACT {
        return slot;
    }
    let (octave, quarter) = ((slot - EXACT) / 4 + 3, (slot - EXACT) % 4);
    (4 + quarter) << (octave - 2)
}

/// How often something took how long.
#[derive(Clone, PartialEq, Eq)]
pub struct Histogram {
    counts: [u64; SLOTS],
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: [0; SLOTS] }
    }
}

/// The slots that have something, by their first microsecond.
impl std::fmt::Debug for Histogram {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let filled = self.filled().map(|(slot, count)| (lower(slot), count));
        f.debug_map().entries(filled).finish()
    }
}

impl Histogram {
    /// Counts one time, in microseconds.
    pub fn note(&mut self, us: u64) {
        self.add(slot(us), 1);
    }

    fn add(&mut self, slot: usize, count: u64) {
        if let Some(place) = self.counts.get_mut(slot) {
            *place = place.saturating_add(count);
        }
    }

    /// Adds what another has counted.
    pub fn merge(&mut self, other: &Self) {
        for (slot, count) in other.filled() {
            self.add(slot, count);
        }
    }

    /// The slots that have something, in order.
    pub fn filled(&self) -> impl Iterator<Item = (usize, u64)> + '_ {
        let counts = self.counts.iter().copied().enumerate();
        counts.filter(|(_, count)| *count > 0)
    }

    /// How many times were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts
            .iter()
            .fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// The time, in microseconds, that a share of all (`0.0..=1.0`) did not exceed; `None` where nothing was counted.
    /// Within its slot it is interpolated, so it is off by a quarter at most.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Option<u64> {
        let all = self.count();
        let wanted = (share.clamp(0.0, 1.0) * all as f64).ceil().max(1.0);
        let mut below = 0.0;
        for (slot, count) in self.filled() {
            let within = (wanted - below) / count as f64;
            if within <= 1.0 {
                let (from, to) = (lower(slot), lower(slot + 1));
                return Some(from + ((to.saturating_sub(from) as f64) * within) as u64);
            }
            below += count as f64;
        }
        None
    }
}

/// The four times of a request, each with a histogram of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Latencies {
    /// From its head's arrival to its end.
    pub total: Histogram,
    /// In the queue for a pool key.
    pub queued: Histogram,
    /// To the first byte of the answer.
    pub first_byte: Histogram,
    /// What the relay itself worked.
    pub own: Histogram,
}

impl Latencies {
    /// Counts a request.
    pub fn note(&mut self, times: &Times) {
        self.total.note(times.total);
        self.queued.note(times.queued);
        if let Some(us) = times.first_byte {
            self.first_byte.note(us);
        }
        if let Some(us) = times.own {
            self.own.note(us);
        }
    }

    /// Adds what others have counted.
    pub fn merge(&mut self, other: &Self) {
        self.total.merge(&other.total);
        self.queued.merge(&other.queued);
        self.first_byte.merge(&other.first_byte);
        self.own.merge(&other.own);
    }
}

#[cfg(test)]
mod tests;
