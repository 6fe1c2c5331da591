//! Passages as a strip: for each part of a range, how long a thing was in which state.
//!
//! Invariant: the shares of a segment add up to its length, as far as that is not in the future.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Passage, State};

/// Time in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Share {
    /// The state.
    pub state: State,
    /// How long, in milliseconds.
    pub ms: u64,
}

/// A part of a range.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Segment {
    /// When it begins, in Unix milliseconds.
    pub from: i64,
    /// When it ends, in Unix milliseconds.
    pub to: i64,
    /// How long the thing was in which state, the longest first. Empty for what is yet to come.
    pub spent: Vec<Share>,
}

/// A time in which nobody looked: from, and until.
pub type Gap = (i64, i64);

/// A stretch in one state, or in several by parts.
struct Piece {
    from: i64,
    to: i64,
    mix: Vec<(State, f64)>,
}

/// The strip of a thing that was in `before` when the range began. `passages` in their order; `range` must not go beyond
/// now.
#[must_use]
pub fn strip(
    before: State,
    passages: &[Passage],
    gaps: &[Gap],
    range: (i64, i64),
    segments: usize,
) -> Vec<Segment> {
    let pieces = without(pieces(before, passages, range), gaps);
    let (from, to) = range;
    let (count, length) = (segments.max(1) as i64, (to - from).max(0));
    let bound = |index: i64| from + length * index / count;
    let mut pieces = pieces.iter().peekable();
    (0..count)
        .map(|index| {
            let (from, to) = (bound(index), bound(index + 1));
            let mut sums: Vec<(State, f64)> = Vec::new();
            while let Some(piece) = pieces.peek() {
                let inside = (piece.to.min(to) - piece.from.max(from)).max(0);
                for (state, part) in &piece.mix {
                    add(&mut sums, *state, part * inside as f64);
                }
                if piece.to > to {
                    break;
                }
                pieces.next();
            }
            let spent = shares(sums);
            Segment { from, to, spent }
        })
        .collect()
}

fn add(sums: &mut Vec<(State, f64)>, state: State, ms: f64) {
    match sums.iter_mut().find(|(known, _)| *known == state) {
        Some((_, sum)) => *sum += ms,
        None => sums.push((state, ms)),
    }
}

fn shares(sums: Vec<(State, f64)>) -> Vec<Share> {
    let share = |(state, ms): (State, f64)| Share {
        state,
        ms: ms.round() as u64,
    };
    let mut shares: Vec<_> = sums.into_iter().map(share).filter(|share| share.ms > 0).collect();
    shares.sort_by_key(|share| (std::cmp::Reverse(share.ms), share.state));
    shares
}

/// The range as stretches, one after the other without a hole.
fn pieces(before: State, passages: &[Passage], (begin, end): (i64, i64)) -> Vec<Piece> {
    let mut pieces = Vec::with_capacity(passages.len() * 2 + 1);
    let (mut at, mut state) = (begin, before);
    let mut push = |from: i64, to: i64, mix: Vec<(State, f64)>| {
        let (from, to) = (from.max(begin), to.min(end));
        if from < to {
            pieces.push(Piece { from, to, mix });
        }
    };
    for passage in passages {
        push(at, passage.at, vec![(state, 1.0)]);
        let sum: u64 = passage.spent.iter().map(|share| share.ms).sum();
        if sum > 0 {
            let parts = passage.spent.iter();
            let parts = parts.map(|share| (share.state, share.ms as f64 / sum as f64));
            push(passage.at.max(at), passage.until, parts.collect());
        }
        at = at.max(passage.until);
        state = passage.to;
    }
    push(at, end, vec![(state, 1.0)]);
    pieces
}

/// The same, with nothing known of the gaps.
fn without(pieces: Vec<Piece>, gaps: &[Gap]) -> Vec<Piece> {
    let mut gaps: Vec<Gap> = gaps.iter().copied().filter(|(from, to)| from < to).collect();
    gaps.sort_unstable();
    let mut cut = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let mut at = piece.from;
        for (from, to) in &gaps {
            let (from, to) = ((*from).max(at), (*to).min(piece.to));
            if from >= to {
                continue;
            }
            if at < from {
                let mix = piece.mix.clone();
                cut.push(Piece {
                    from: at,
                    to: from,
                    mix,
                });
            }
            let mix = vec![(State::NotChecked, 1.0)];
            cut.push(Piece { from, to, mix });
            at = to;
        }
        if at < piece.to {
            cut.push(Piece { from: at, ..piece });
        }
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Why;
    use proptest::prelude::*;

    fn passage(at: i64, to: State) -> Passage {
        Passage {
            at,
            until: at,
            from: None,
            to,
            times: 1,
            spent: Vec::new(),
            why: Why::relay("test"),
        }
    }

    fn told(strip: &[Segment]) -> Vec<Vec<(State, u64)>> {
        let told = strip.iter().map(|one| one.spent.iter());
        told.map(|spent| spent.map(|share| (share.state, share.ms)).collect())
            .collect()
    }

    #[test]
    fn a_short_rest_is_as_high_as_it_was_long_and_a_gap_is_not_green() {
        let passages = [passage(110, State::Cooling), passage(120, State::Healthy)];
        let strip = strip(State::Healthy, &passages, &[(230, 260)], (100, 300), 2);
        assert_eq!(
            told(&strip),
            [
                vec![(State::Healthy, 90), (State::Cooling, 10)],
                vec![(State::Healthy, 70), (State::NotChecked, 30)],
            ]
        );
    }

    #[test]
    fn a_rest_that_began_before_the_gap_is_not_known_within_it() {
        let passages = [passage(150, State::Cooling)];
        let strip = strip(State::Healthy, &passages, &[(140, 170)], (100, 200), 1);
        assert_eq!(
            told(&strip),
            [vec![
                (State::Healthy, 40),
                (State::NotChecked, 30),
                (State::Cooling, 30)
            ]]
        );
    }

    proptest! {
        #[test]
        fn the_shares_of_each_segment_add_up_to_its_length(
            mut times in prop::collection::vec((0_i64..100_000, 0_usize..14), 0..60),
            gaps in prop::collection::vec((0_i64..100_000, 0_i64..100_000), 0..6),
            segments in 1_usize..120,
        ) {
            times.sort_unstable();
            let passages: Vec<_> = times.iter().map(|(at, to)| passage(*at, State::ALL[*to])).collect();
            for segment in strip(State::Healthy, &passages, &gaps, (20_000, 80_000), segments) {
                let sum: u64 = segment.spent.iter().map(|share| share.ms).sum();
                prop_assert_eq!(i64::try_from(sum).unwrap(), segment.to - segment.from);
            }
        }
    }
}
