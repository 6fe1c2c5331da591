//! How fine sums are, and how a range is put together of as few of them as can be.
//!
//! Invariant: the parts of a range follow one another without gap or overlap, and cover it.

use potluck_filters::spending::DAY_MS;

use super::kept::Kept;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 3_600_000;

/// How fine sums are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Of a minute.
    Minute,
    /// Of an hour.
    Hour,
    /// Of a day (UTC).
    Day,
}

impl Level {
    /// All, from the finest on.
    pub const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    /// Its number in the books.
    #[must_use]
    pub const fn number(self) -> i64 {
        match self {
            Self::Minute => 0,
            Self::Hour => 1,
            Self::Day => 2,
        }
    }

    /// In milliseconds.
    #[must_use]
    pub const fn ms(self) -> i64 {
        match self {
            Self::Minute => MINUTE_MS,
            Self::Hour => HOUR_MS,
            Self::Day => DAY_MS,
        }
    }

    /// The bucket of a time in milliseconds since the Unix epoch.
    #[must_use]
    pub const fn bucket(self, unix_ms: i64) -> i64 {
        unix_ms.div_euclid(self.ms())
    }

    fn finer(self) -> Option<Self> {
        match self {
            Self::Minute => None,
            Self::Hour => Some(Self::Minute),
            Self::Day => Some(Self::Hour),
        }
    }

    fn down(self, unix_ms: i64) -> i64 {
        self.bucket(unix_ms) * self.ms()
    }

    fn up(self, unix_ms: i64) -> i64 {
        (self.bucket(unix_ms.saturating_sub(1)) + 1) * self.ms()
    }
}

/// From a time up to, but not with, another: milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first.
    pub from: i64,
    /// The first one behind it.
    pub to: i64,
}

/// A part of a range: buckets of one level, from the first up to, but not with, the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) level: Level,
    pub(crate) from: i64,
    pub(crate) to: i64,
}

impl Span {
    /// Years that no clock of ours reaches, so that nothing overflows.
    fn bounded(self) -> Self {
        const FAR: i64 = 1 << 45;
        Self {
            from: self.from.clamp(0, FAR),
            to: self.to.clamp(0, FAR),
        }
    }

    /// Whether it ends now, or later.
    pub(crate) fn is_open(self, now: i64) -> bool {
        self.to > now
    }

    /// The parts that cover it: days, at its ends hours, at their ends minutes, as far as those are kept. Where they are
    /// not, the ends are rounded outwards. So is the end of one that is open: today's sum has all there is until now.
    pub(crate) fn parts(self, levels: &[Level], kept: Kept, now: i64) -> Vec<Part> {
        let mut parts = Vec::new();
        let has = |level, from| levels.contains(&level) && kept.has(level, from, now);
        let mut span = self.bounded();
        if self.is_open(now) {
            span.to = Level::Day.up(span.to);
        }
        cut(Level::Day, span, &has, &mut parts);
        parts
    }

    /// The part that covers it with buckets of one level, rounded outwards.
    pub(crate) fn part(self, level: Level) -> Part {
        let Self { from, to } = self.bounded();
        Part {
            level,
            from: level.bucket(from),
            to: level.bucket(level.up(to)),
        }
    }
}

/// What `parts` cover together.
pub(crate) fn covered(parts: &[Part]) -> Option<Span> {
    Some(Span {
        from: parts.first().map(|part| part.from * part.level.ms())?,
        to: parts.last().map(|part| part.to * part.level.ms())?,
    })
}

fn cut(level: Level, span: Span, kept: &impl Fn(Level, i64) -> bool, parts: &mut Vec<Part>) {
    let Span { from, to } = span;
    if from >= to {
        return;
    }
    let Some(finer) = level.finer().filter(|finer| kept(*finer, from)) else {
        parts.push(span.part(level));
        return;
    };
    let (start, end) = (level.up(from), level.down(to));
    if start >= end {
        return cut(finer, span, kept, parts);
    }
    cut(finer, Span { from, to: start }, kept, parts);
    parts.push(Span { from: start, to: end }.part(level));
    cut(finer, Span { from: end, to }, kept, parts);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 20_000 * DAY_MS + 5 * HOUR_MS;

    #[test]
    fn a_range_is_days_then_hours_then_minutes() {
        let from = 19_998 * DAY_MS + 22 * HOUR_MS + 59 * MINUTE_MS + 1;
        let to = 20_000 * DAY_MS + HOUR_MS + MINUTE_MS;
        let parts = Span { from, to }.parts(&Level::ALL, Kept::default(), to);
        let levels: Vec<_> = parts
            .iter()
            .map(|part| (part.level, part.to - part.from))
            .collect();
        assert_eq!(
            levels,
            [
                (Level::Minute, 1),
                (Level::Hour, 1),
                (Level::Day, 1),
                (Level::Hour, 1),
                (Level::Minute, 1)
            ]
        );
    }

    #[test]
    fn until_now_is_all_of_today() {
        let from = 19_999 * DAY_MS + 23 * HOUR_MS;
        let parts = Span { from, to: NOW + 1 }.parts(&Level::ALL, Kept::default(), NOW);
        let part = |level, from| Part {
            level,
            from,
            to: from + 1,
        };
        assert_eq!(
            parts,
            [part(Level::Hour, 19_999 * 24 + 23), part(Level::Day, 20_000)]
        );
    }

    #[test]
    fn where_minutes_are_forgotten_hours_are_taken_whole() {
        let from = 19_990 * DAY_MS + 90 * MINUTE_MS;
        let parts = Span { from, to: from + 1 }.parts(&Level::ALL, Kept::default(), NOW);
        assert_eq!(
            parts,
            [Part {
                level: Level::Hour,
                from: 19_990 * 24 + 1,
                to: 19_990 * 24 + 2
            }]
        );
    }

    #[test]
    fn where_there_are_no_minutes_hours_are_taken_whole() {
        let from = NOW - HOUR_MS + 1;
        let parts = Span { from, to: NOW }.parts(&[Level::Hour, Level::Day], Kept::default(), NOW);
        let hour = NOW / HOUR_MS;
        assert_eq!(
            parts,
            [Part {
                level: Level::Hour,
                from: hour - 1,
                to: hour
            }]
        );
    }

    proptest! {
        #[test]
        fn parts_follow_one_another_and_cover_the_range(from in 0_i64..NOW, long in 1_i64..500 * DAY_MS) {
            let span = Span { from, to: from + long };
            let parts = span.parts(&Level::ALL, Kept::default(), NOW);
            for pair in parts.windows(2) {
                prop_assert_eq!(pair[0].to * pair[0].level.ms(), pair[1].from * pair[1].level.ms());
            }
            let covered = covered(&parts).unwrap();
            prop_assert!(covered.from <= span.from && covered.to >= span.to);
            if Kept::default().has(Level::Minute, from, NOW) {
                let end = if span.is_open(NOW) { DAY_MS } else { MINUTE_MS };
                prop_assert!(span.from - covered.from < MINUTE_MS && covered.to - span.to < end);
            }
            for part in &parts {
                prop_assert!(part.from < part.to);
            }
        }
    }
}
