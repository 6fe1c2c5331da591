//! What other settings would have made of what has happened to a proxy.
//!
//! Invariant: with the settings that were in force it comes to what was, but for chance; what a proxy would have met in
//! the time in which it really rested nobody knows, and nothing is made up for it.

use super::EgressSettings;
use super::standing::Standing;
use crate::time::Moment;

/// What was seen of a proxy on the way to one upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// It opened a way, the first time since it last failed.
    Worked,
    /// It opened none. For how many milliseconds it rested for that, if it did.
    Failed(Option<i64>),
    /// Its failures turned out to be their target's.
    Excused,
}

/// How often and for how long a proxy was out, or would have been.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outs {
    /// Rests that began.
    pub rests: u32,
    /// For how long, in all, in milliseconds.
    pub out_ms: i64,
    /// The longest without a break, in milliseconds.
    pub longest_ms: i64,
}

/// A stretch out of use.
#[derive(Clone, Copy)]
struct Out {
    since: i64,
    until: i64,
}

/// How a proxy would have been out under these settings; `None`: how it was. `seen` is in its order, with Unix
/// milliseconds; `end` is when that was over.
#[must_use]
pub fn replay(seen: &[(i64, Seen)], settings: Option<&EgressSettings>, end: i64) -> Outs {
    let (mut standing, mut outs) = (Standing::default(), Outs::default());
    let mut out: Option<Out> = None;
    for (at, seen) in seen {
        let now = Moment::from_millis(u64::try_from(*at).unwrap_or(0));
        let back = match seen {
            Seen::Worked => {
                standing.worked(now);
                true
            }
            Seen::Excused => {
                standing.acquit();
                true
            }
            Seen::Failed(was) => {
                let ms = |rest: std::time::Duration| i64::try_from(rest.as_millis()).unwrap_or(i64::MAX);
                let rest = match settings {
                    Some(settings) => standing.failed(settings, now, 0.5).map(ms),
                    None => *was,
                };
                if let Some(rest) = rest {
                    outs.rests += 1;
                    let going_on = out.filter(|out| out.until >= *at);
                    if going_on.is_none() {
                        outs.end(out.take(), *at);
                    }
                    let since = going_on.map_or(*at, |out| out.since);
                    let until = at.saturating_add(rest);
                    out = Some(Out { since, until });
                }
                false
            }
        };
        if back {
            outs.end(out.take(), *at);
        }
    }
    outs.end(out, end);
    outs
}

impl Outs {
    fn end(&mut self, out: Option<Out>, now: i64) {
        if let Some(out) = out {
            let length = (out.until.min(now) - out.since).max(0);
            self.out_ms += length;
            self.longest_ms = self.longest_ms.max(length);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn settings(failures: u32, seconds: u64) -> EgressSettings {
        EgressSettings {
            failures,
            cool_down: Duration::from_secs(seconds),
            ..EgressSettings::default()
        }
    }

    const FAILED: Seen = Seen::Failed(None);

    #[test]
    fn a_proxy_that_fails_twice_in_a_row_is_out_only_where_two_are_too_many() {
        let seen = [
            (0, FAILED),
            (1000, FAILED),
            (20_000, Seen::Worked),
            (50_000, FAILED),
        ];
        let with = |failures| replay(&seen, Some(&settings(failures, 60)), 100_000);
        assert_eq!(with(3), Outs::default());
        assert_eq!(
            with(2),
            Outs {
                rests: 1,
                out_ms: 19_000,
                longest_ms: 19_000
            }
        );
        let one = with(1);
        assert_eq!(
            (one.rests, one.out_ms, one.longest_ms),
            (2, 20_000 + 50_000, 50_000)
        );
    }

    #[test]
    fn failures_that_were_their_targets_count_for_nothing() {
        let seen = [(0, FAILED), (1000, FAILED), (2000, Seen::Excused), (3000, FAILED)];
        assert_eq!(replay(&seen, Some(&settings(3, 60)), 100_000), Outs::default());
    }

    #[test]
    fn what_was_is_told_from_the_rests_that_were() {
        let seen = [
            (0, FAILED),
            (1000, Seen::Failed(Some(30_000))),
            (31_000, Seen::Failed(Some(60_000))),
            (200_000, Seen::Worked),
        ];
        let was = replay(&seen, None, 300_000);
        assert_eq!((was.rests, was.out_ms, was.longest_ms), (2, 90_000, 90_000));
    }

    #[test]
    fn the_same_settings_come_to_what_was_but_for_chance() {
        let (settings, mut standing) = (settings(2, 30), Standing::default());
        let mut seen = Vec::new();
        for turn in 0..200_i64 {
            let at = turn * 7000;
            let now = Moment::from_millis(u64::try_from(at).unwrap());
            if turn % 9 < 5 {
                let rest = standing.failed(&settings, now, 0.5);
                let rest = rest.map(|rest| i64::try_from(rest.as_millis()).unwrap());
                seen.push((at, Seen::Failed(rest)));
            } else {
                standing.worked(now);
                seen.push((at, Seen::Worked));
            }
        }
        let end = 200 * 7000;
        assert_eq!(replay(&seen, Some(&settings), end), replay(&seen, None, end));
    }
}
