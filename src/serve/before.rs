//! What happened before this process began: what was spent today, the objects that members made, and the requests of the
//! last minute. A restart gives nobody a fresh quota, and counts nothing twice.
//!
//! Spent today is what was booked, or what the books of usage and the requests that are on their way to them say where
//! that is more: a relay that is killed while its database is away has booked nothing, but its spool is there.
//! Invariant: a request is in the books or in what is on its way, never in both, as the books' mark says.

use std::path::Path;

use anyhow::Result;
use potluck_admin::Control;
use potluck_admin::store::usage::UsageStore;
use potluck_filters::spending::{Spending, day_of, missing};
use potluck_filters::usage::Admitted;
use potluck_filters::window::SPAN;

use crate::clock::unix_ms;
use crate::edge::Edge;
use crate::spool::Left;

/// What was seen of requests that ended.
#[derive(Debug, Default)]
struct Seen {
    spent: Vec<Spending>,
    admitted: Vec<Admitted>,
}

/// Tells the edge. Called before it serves, and before the spool is opened.
///
/// # Errors
/// When the database fails.
pub(super) async fn tell(edge: &Edge, control: &Control, spool: &Path) -> Result<()> {
    let now = unix_ms();
    let seen = match control.usage() {
        Some(usage) => seen(usage, spool, now).await?,
        None => Seen::default(),
    };
    let booked = control.store().spent_on(day_of(now)).await?;
    let missing = missing(&booked, &seen.spent);
    control.store().book(&missing).await?;
    edge.restore(&booked);
    edge.restore(&missing);
    edge.restore_windows(seen.admitted);
    edge.restore_objects(control.store().objects(now).await?);
    Ok(())
}

async fn seen(usage: &UsageStore, spool: &Path, now: i64) -> Result<Seen> {
    let (day, since) = (day_of(now), now.saturating_sub(SPAN.as_millis() as i64));
    let mut seen = Seen {
        spent: usage.spent_on(day).await?,
        admitted: usage.admitted_since(since).await?,
    };
    for left in Left::all(spool) {
        let (edge, epoch) = left.of();
        let written = usage.high_water(edge, epoch).await?;
        let first = written.map_or(1, |written| written.0.saturating_add(1));
        left.each_from(first, |event| {
            seen.spent.extend(event.spent().filter(|spent| spent.day == day));
            let admitted = event.admitted().filter(|admitted| admitted.at >= since);
            seen.admitted.extend(admitted);
        });
    }
    Ok(seen)
}
