//! When a pool key is asked again, and how many are asked in a minute.

use std::num::NonZeroU32;
use std::time::Duration;

use super::{Refusal, Settings};
use crate::life::State;

/// After the first probe that learned nothing; doubles with each further one.
const FIRST: Duration = Duration::from_secs(30);
const LONGEST: Duration = Duration::from_secs(600);
/// After the first refusal; doubles with each further one.
const FIRST_INVALID: Duration = Duration::from_secs(600);
/// NovelAI may lock out who logs in wrongly again and again.
const FIRST_LOGIN: Duration = Duration::from_secs(3600);
const LONGEST_INVALID: Duration = Duration::from_secs(6 * 3600);

/// How soon after an edge's report a key is probed, from and to.
pub const REPORT_WAIT: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(3));
/// Reports make a key be probed at most once in this time.
pub const REPORT_GAP: Duration = Duration::from_secs(30);

/// How long until the next probe of a key in this state; `None` where none is due before people act. `chance`
/// is from 0 up to 1.
#[must_use]
pub fn pause(
    state: State,
    streak: u32,
    why: Option<Refusal>,
    settings: &Settings,
    chance: f64,
) -> Option<Duration> {
    let pause = match state {
        State::Healthy | State::Cooling { .. } | State::Drained { .. } if streak == 0 => settings.interval,
        State::Healthy | State::Cooling { .. } | State::Drained { .. } => {
            doubled(FIRST, streak, LONGEST.max(settings.interval))
        }
        State::Pending | State::Suspect { .. } if streak == 0 => Duration::ZERO,
        State::Pending | State::Suspect { .. } => doubled(FIRST, streak, LONGEST),
        State::Invalid => match why {
            Some(Refusal::LoginRefused) => doubled(FIRST_LOGIN, streak, LONGEST_INVALID),
            Some(Refusal::Unauthorized | Refusal::SameAccount | Refusal::CreditRefused) | None => {
                doubled(FIRST_INVALID, streak, LONGEST_INVALID)
            }
        },
        State::Paused | State::Withdrawn => return None,
    };
    Some(jittered(
        pause,
        settings.spread,
        chance,
        why == Some(Refusal::LoginRefused),
    ))
}

/// The interval at which so many keys can be probed at the setting's pace with room to spare, so that none is
/// ever late and a new one comes on at once. Not less than the setting's own.
#[must_use]
pub fn interval(keys: usize, settings: &Settings) -> Duration {
    const MINUTE: Duration = Duration::from_secs(60);
    let keys = u32::try_from(keys).unwrap_or(u32::MAX);
    let round = MINUTE.saturating_mul(keys) / settings.per_minute.get();
    settings.interval.max(round.saturating_mul(5) / 4)
}

fn doubled(first: Duration, streak: u32, longest: Duration) -> Duration {
    let factor = 1_u32.checked_shl(streak.saturating_sub(1)).unwrap_or(u32::MAX);
    first.saturating_mul(factor).min(longest)
}

/// Moved by up to `spread` percent, to both sides or only to later.
fn jittered(pause: Duration, spread: u8, chance: f64, only_later: bool) -> Duration {
    let spread = f64::from(spread.min(100)) / 100.0;
    let moved = if only_later {
        spread * chance
    } else {
        spread * (2.0 * chance - 1.0)
    };
    pause.mul_f64((1.0 + moved).max(0.0))
}

/// A time between the two, by chance.
#[must_use]
pub fn spread((from, to): (Duration, Duration), chance: f64) -> Duration {
    from + to.saturating_sub(from).mul_f64(chance.clamp(0.0, 1.0))
}

/// Places for requests, evenly spaced: a backlog of any size goes out at the same pace.
#[derive(Clone, Copy, Debug)]
pub struct Slots {
    gap_ms: i64,
    next_ms: i64,
}

impl Slots {
    /// So many a minute; more than 60 000 are not counted.
    #[must_use]
    pub fn per_minute(most: NonZeroU32) -> Self {
        Self {
            gap_ms: i64::from(60_000 / most),
            next_ms: i64::MIN,
        }
    }

    /// Takes a place now, or says from when on there is one. Times are Unix time in milliseconds.
    ///
    /// # Errors
    /// When the next place is free.
    pub fn take(&mut self, now_ms: i64) -> Result<(), i64> {
        // A clock that was set back must not close the door until it has caught up.
        let next = self.next_ms.min(now_ms.saturating_add(self.gap_ms));
        if next > now_ms {
            return Err(next);
        }
        self.next_ms = now_ms.saturating_add(self.gap_ms);
        Ok(())
    }
}
