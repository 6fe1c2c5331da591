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
use potluck_filters::spending::{day_of, missing};
use potluck_filters::usage::Before;
use potluck_filters::window::SPAN;

use crate::clock::unix_ms;
use crate::edge::Edge;
use crate::spool::Left;

/// Tells the edge. Called before it serves, and before the spool is opened.
///
/// # Errors
/// When the database fails.
pub(super) async fn tell(edge: &Edge, control: &Control, spool: &Path) -> Result<()> {
    let now = unix_ms();
    let (day, since) = (day_of(now), now.saturating_sub(SPAN.as_millis() as i64));
    let mut before = Before::new(day, since);
    if let Some(usage) = control.usage() {
        booked(usage, &mut before, (day, since)).await?;
        on_its_way(usage, &mut before, spool).await?;
    }
    let booked = control.store().spent_on(day).await?;
    let missing = missing(&booked, &before.spent());
    control.store().book(&missing).await?;
    edge.restore(&booked);
    edge.restore(&missing);
    edge.restore_windows(before.admitted());
    edge.restore_objects(control.store().objects(now).await?);
    Ok(())
}

/// What the books of usage know of a day, and of requests since then.
async fn booked(usage: &UsageStore, before: &mut Before, (day, since): (i64, i64)) -> Result<()> {
    let spent = usage.spent_on(day).await?;
    spent.iter().for_each(|spent| before.spend(spent));
    let admitted = usage.admitted_since(since).await?;
    admitted.iter().for_each(|admitted| before.admit(admitted));
    Ok(())
}

/// What earlier processes left for them.
async fn on_its_way(usage: &UsageStore, before: &mut Before, spool: &Path) -> Result<()> {
    for left in Left::all(spool) {
        let (edge, epoch) = left.of();
        let written = usage.high_water(edge, epoch).await?;
        let first = written.map_or(1, |written| written.0.saturating_add(1));
        left.each_from(first, |event| before.see(event));
    }
    Ok(())
}
