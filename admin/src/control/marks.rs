//! What happened in a time, from three sources, in one order.
//!
//! Invariant: the list is whole from its first item on; where it had to be cut, the oldest is missing, and that is said.

use super::Control;
use super::usage::span;
use crate::api::{Mark, Marks, MarksQuery, PolicyAct};
use crate::error::ControlError;

/// Marks that are told at once: more than a plot has room for.
const MOST: u32 = 500;

impl Control {
    /// What happened in a time: starts, changes of how requests are served, findings.
    ///
    /// # Errors
    /// When the time is none.
    pub async fn marks(&self, asked: &MarksQuery) -> Result<Marks, ControlError> {
        let span = span(asked.time(), self.now_ms())?;
        let time = (span.from, span.to);
        let acts: Vec<&str> = PolicyAct::ALL.iter().map(|act| act.as_str()).collect();
        let store = &self.store;
        // One more of each, to see whether there are more. They come the newest first.
        let starts = store.starts_in(time, MOST + 1).await?;
        let findings = store.findings_begun(time, MOST + 1).await?;
        let done = store.acts_done(&acts, time, MOST + 1).await?;
        let mut items: Vec<Mark> = starts.into_iter().rev().map(Into::into).collect();
        items.extend(findings.into_iter().rev().map(Mark::from));
        items.extend(done.into_iter().rev().filter_map(Mark::policy));
        items.sort_by_key(Mark::at);
        let cut_before = cut(&mut items, MOST as usize);
        Ok(Marks {
            from: span.from,
            to: span.to,
            items,
            cut_before,
            last_start_at: store.last_start().await?,
        })
    }
}

/// Leaves the newest, at most so many, and says from when on they are all there are. What happened at one time with what
/// is cut off goes, too, unless nothing were left.
fn cut(items: &mut Vec<Mark>, most: usize) -> Option<i64> {
    let over = items.len().checked_sub(most).filter(|over| *over > 0)?;
    let left = items.split_off(over);
    let gone = items.last().map(Mark::at);
    *items = left;
    if items.last().map(Mark::at) != gone {
        items.retain(|mark| Some(mark.at()) != gone);
    }
    items.first().map(Mark::at)
}

#[cfg(test)]
mod tests {
    use super::{Mark, cut};

    fn marks(times: &[i64]) -> Vec<Mark> {
        let start = |at: &i64| Mark::Start {
            at: *at,
            edge: "hk-1".to_owned(),
            version: "1.2.3".to_owned(),
        };
        times.iter().map(start).collect()
    }

    #[test]
    fn what_is_cut_is_the_oldest_and_of_no_time_there_is_only_a_part() {
        for (times, left, before) in [
            (&[][..], &[][..], None),
            (&[1, 2, 3], &[1, 2, 3], None),
            (&[1, 2, 3, 4], &[2, 3, 4], Some(2)),
            (&[1, 2, 2, 3, 4], &[3, 4], Some(3)),
            (&[5, 5, 5, 5], &[5, 5, 5], Some(5)),
        ] {
            let mut items = marks(times);
            assert_eq!(cut(&mut items, 3), before, "{times:?}");
            assert_eq!(items, marks(left), "{times:?}");
        }
    }
}
