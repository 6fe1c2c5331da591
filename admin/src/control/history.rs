//! How pool keys, nodes and outbound proxies fared.
//!
//! Invariant: time in which nobody looked is not checked, also when that is now.

use std::collections::BTreeMap;

use potluck_filters::history::{Gap, Kind, Passage, Segment, Share, State, strip};
use potluck_filters::id::{OutboundProxyId, PoolKeyId, UserId};
use potluck_store::table::state_changes::{StateChangeRow, Whose};

use super::Control;
use crate::api::{History, HistoryPart, HistoryQuery, StateChange};
use crate::error::ControlError;

const DAY: i64 = 24 * 60 * 60 * 1000;
/// The longest range.
const LONGEST: i64 = 400 * DAY;
/// Changes that one strip is made of.
pub(super) const MOST: u32 = 100_000;
/// Segments, unless somebody wants more or fewer.
pub(super) const SEGMENTS: u32 = 96;
pub(super) const MOST_SEGMENTS: u32 = 400;
/// Without a mark for so long, in milliseconds, nobody looks.
const STALE: i64 = 30_000;

impl Control {
    /// How a pool key fared.
    ///
    /// # Errors
    /// When there is none with this id, or the range is none.
    pub async fn pool_key_history(
        &self,
        id: PoolKeyId,
        asked: &HistoryQuery,
    ) -> Result<History, ControlError> {
        self.pool_key(id).await?;
        self.history(Kind::PoolKey, &id.to_string(), None, asked).await
    }

    /// How a pool key of one's own fared. Nobody is named.
    ///
    /// # Errors
    /// When they have brought none with this id, or the range is none.
    pub async fn my_pool_key_history(
        &self,
        user: UserId,
        id: PoolKeyId,
        asked: &HistoryQuery,
    ) -> Result<History, ControlError> {
        self.my_pool_key(user, id).await?;
        let mut history = self.history(Kind::PoolKey, &id.to_string(), None, asked).await?;
        for change in &mut history.changes {
            change.by_user = change.by_user.filter(|by| *by == user);
        }
        Ok(history)
    }

    /// How a node fared, also one that was taken out.
    ///
    /// # Errors
    /// When there is none of this name and none is remembered, or the range is none.
    pub async fn node_history(
        &self,
        upstream: &str,
        node: &str,
        asked: &HistoryQuery,
    ) -> Result<History, ControlError> {
        let history = self.history(Kind::Node, node, Some(upstream), asked).await?;
        if history.changes.is_empty() {
            self.node(upstream, node).await?;
        }
        Ok(history)
    }

    /// How an outbound proxy fared on the way to each upstream, also one that was taken out.
    ///
    /// # Errors
    /// When there is none with this id and none is remembered, or the range is none.
    pub async fn outbound_proxy_history(
        &self,
        id: OutboundProxyId,
        asked: &HistoryQuery,
    ) -> Result<History, ControlError> {
        let upstream = asked.upstream.as_deref();
        let history = self
            .history(Kind::OutboundProxy, &id.to_string(), upstream, asked)
            .await?;
        if history.changes.is_empty() {
            self.outbound_proxy(id).await?;
        }
        Ok(history)
    }

    async fn history(
        &self,
        kind: Kind,
        name: &str,
        upstream: Option<&str>,
        asked: &HistoryQuery,
    ) -> Result<History, ControlError> {
        // Postgres has no text with it, and nothing is called so.
        let is_none = |name: &str| name.contains('\0');
        if is_none(name) || upstream.is_some_and(is_none) {
            return Err(ControlError::NotFound("history"));
        }
        let now = self.now_ms();
        let (from, to) = range(asked.from, asked.to, now)?;
        let segments = asked.segments.unwrap_or(SEGMENTS).clamp(1, MOST_SEGMENTS);
        let whose = Whose { kind, name, upstream };
        let store = self.store();
        let rows = store.state_changes_in(&whose, (from, to), MOST).await?;
        let (checked_at, gaps) = self.unwatched((from, to), now).await?;
        let mut parts: BTreeMap<String, Vec<StateChangeRow>> = BTreeMap::new();
        for row in rows {
            parts.entry(row.subject.upstream.clone()).or_default().push(row);
        }
        let parts = parts.into_iter();
        let limit = asked.limit();
        let changes = store.state_changes(&whose, asked.after, limit).await?;
        let full = changes.len() >= limit as usize;
        let changes: Vec<StateChange> = changes.into_iter().map(Into::into).collect();
        Ok(History {
            from,
            to,
            checked_at,
            parts: parts
                .map(|(upstream, rows)| part(upstream, rows, &gaps, (from, to), segments as usize))
                .collect(),
            next: changes.last().filter(|_| full).map(|change| change.id),
            changes,
        })
    }

    /// When somebody looked last, and the times of a range in which nobody did.
    pub(super) async fn unwatched(
        &self,
        range: Gap,
        now: i64,
    ) -> Result<(Option<i64>, Vec<Gap>), ControlError> {
        let checked_at = self.store().last_watched().await?;
        let mut gaps = self.store().watch_gaps(range).await?;
        gaps.extend(checked_at.filter(|at| now - at > STALE).map(|at| (at, now)));
        Ok((checked_at, gaps))
    }
}

pub(super) fn range(from: Option<i64>, to: Option<i64>, now: i64) -> Result<Gap, ControlError> {
    let to = to.unwrap_or(now).clamp(0, now);
    let from = from.unwrap_or(to - DAY).max(0);
    if from >= to {
        return Err(ControlError::invalid(
            "from",
            "must be before `to`, and in the past",
        ));
    }
    if to - from > LONGEST {
        return Err(ControlError::invalid(
            "from",
            "must be at most 400 days before `to`",
        ));
    }
    Ok((from, to))
}

pub(super) fn part(
    upstream: String,
    rows: Vec<StateChangeRow>,
    gaps: &[Gap],
    range: Gap,
    segments: usize,
) -> HistoryPart {
    let passages: Vec<Passage> = rows.into_iter().map(|row| row.passage).collect();
    let last = passages.last();
    let (state, since) = last.map_or((State::NotChecked, range.0), |last| (last.to, last.until));
    let segments = strip(State::NotChecked, &passages, gaps, range, segments);
    let spent = total(&segments);
    HistoryPart {
        upstream,
        state,
        since,
        healthy: healthy(&spent),
        spent,
        segments,
    }
}

fn total(segments: &[Segment]) -> Vec<Share> {
    let mut sums: BTreeMap<State, u64> = BTreeMap::new();
    for share in segments.iter().flat_map(|segment| &segment.spent) {
        *sums.entry(share.state).or_default() += share.ms;
    }
    let mut spent: Vec<Share> = sums.into_iter().map(|(state, ms)| Share { state, ms }).collect();
    spent.sort_by_key(|share| (std::cmp::Reverse(share.ms), share.state));
    spent
}

fn healthy(spent: &[Share]) -> Option<f64> {
    let sum = |wanted: &dyn Fn(State) -> bool| -> u64 {
        let shares = spent.iter().filter(|share| wanted(share.state));
        shares.map(|share| share.ms).sum()
    };
    let checked = sum(&|state| state != State::NotChecked);
    (checked > 0).then(|| sum(&|state| state == State::Healthy) as f64 / checked as f64)
}
