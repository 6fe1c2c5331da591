//! The requests that are on their way, for whoever looks: one entry each from the moment its body is there until it
//! has ended.
//!
//! Spread over many small tables, each behind a lock that is held for a few instructions, so that requests hardly
//! ever meet. Invariant: an entry goes with its request, however that ends.

use std::collections::HashMap;
use std::sync::Arc;

use potluck_filters::id::UserId;
use potluck_filters::queue::{Share, WaiterId};
use potluck_filters::usage::{LiveRequest, LiveStage, QueuedRequest, RequestNumber};
use slab::Slab;

use super::{Edge, Mutex};

/// Tables: a power of two, and more than there are threads.
const TABLES: usize = 64;

struct Entry {
    live: LiveRequest,
    waits: Option<WaiterId>,
}

/// All requests on their way.
pub(super) struct UnderWay {
    tables: Vec<Mutex<Slab<Entry>>>,
}

impl Default for UnderWay {
    fn default() -> Self {
        let tables = (0..TABLES).map(|_| Mutex::default()).collect();
        Self { tables }
    }
}

/// A request's entry. Dropped, it goes.
pub(super) struct Place {
    of: Arc<UnderWay>,
    table: usize,
    slot: usize,
}

impl UnderWay {
    /// Enters a request.
    pub(super) fn enter(self: &Arc<Self>, live: LiveRequest) -> Place {
        let [.., last] = live.request.0;
        let table = usize::from(last) % TABLES;
        let entry = Entry { live, waits: None };
        let slot = self
            .tables
            .get(table)
            .map_or(0, |table| table.lock().insert(entry));
        Place {
            of: Arc::clone(self),
            table,
            slot,
        }
    }

    /// The requests that `which` wants, the oldest first, and no more than `most` of them.
    fn look(
        &self,
        most: usize,
        which: impl Fn(&LiveRequest) -> bool,
    ) -> Vec<(LiveRequest, Option<WaiterId>)> {
        let mut found = Vec::new();
        for table in &self.tables {
            let table = table.lock();
            let wanted = table.iter().filter(|(_, entry)| which(&entry.live));
            found.extend(wanted.map(|(_, entry)| (entry.live.clone(), entry.waits)));
        }
        found.sort_unstable_by_key(|(live, _)| (live.since, live.request));
        found.truncate(most);
        found
    }

    /// Which request each of those who wait for a pool key of that upstream is.
    fn waiting(&self, upstream: &str) -> HashMap<WaiterId, (RequestNumber, Option<UserId>)> {
        let mut found = HashMap::new();
        for table in &self.tables {
            let table = table.lock();
            let waiting = table
                .iter()
                .filter(|(_, entry)| *entry.live.upstream == *upstream);
            found.extend(
                waiting.filter_map(|(_, entry)| Some((entry.waits?, (entry.live.request, entry.live.user)))),
            );
        }
        found
    }
}

impl Place {
    /// It waits for a pool key.
    pub(super) fn waits(&self, id: WaiterId, since: i64) {
        self.change(|entry| {
            entry.waits = Some(id);
            entry.live.stage = LiveStage::Waiting { since, place: None };
        });
    }

    /// It goes to an upstream.
    pub(super) fn runs(&self, upstream: &Arc<str>, stage: LiveStage) {
        self.change(|entry| {
            entry.waits = None;
            entry.live.stage = stage;
            if !Arc::ptr_eq(&entry.live.upstream, upstream) {
                entry.live.upstream = Arc::clone(upstream);
            }
        });
    }

    fn change(&self, change: impl FnOnce(&mut Entry)) {
        let Some(table) = self.of.tables.get(self.table) else {
            return;
        };
        if let Some(entry) = table.lock().get_mut(self.slot) {
            change(entry);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(table) = self.of.tables.get(self.table) {
            table.lock().try_remove(self.slot);
        }
    }
}

/// Places in a queue that are told.
const TOLD: usize = 512;

impl Edge {
    /// The requests that are on their way, of everybody or of one user, the oldest first.
    #[must_use]
    pub fn live_requests(&self, of: Option<UserId>, most: usize) -> Vec<LiveRequest> {
        let found = self.under_way.look(most, |live| of.is_none() || live.user == of);
        let mut lines: HashMap<Arc<str>, Vec<WaiterId>> = HashMap::new();
        let mut placed = Vec::with_capacity(found.len());
        for (mut live, waits) in found {
            if let (LiveStage::Waiting { place, .. }, Some(id)) = (&mut live.stage, waits) {
                let line = lines
                    .entry(Arc::clone(&live.upstream))
                    .or_insert_with(|| self.line_of(&live.upstream));
                let at = line.iter().position(|other| *other == id);
                *place = at.and_then(|at| u32::try_from(at + 1).ok());
            }
            placed.push(live);
        }
        placed
    }

    fn line_of(&self, upstream: &str) -> Vec<WaiterId> {
        let line = self.desk(upstream).map(|desk| desk.in_line(TOLD));
        line.into_iter().flatten().map(|one| one.id).collect()
    }

    /// Those who wait for a pool key of an upstream, in the order of their turns, and how many they are together;
    /// `None` where there is no such upstream.
    #[must_use]
    pub fn queue(&self, upstream: &str, most: usize) -> Option<(Vec<QueuedRequest>, usize)> {
        let desk = self.desk(upstream)?;
        let all = desk.look(|scheduler, _| scheduler.report().waiting);
        let (line, known) = (desk.in_line(most), self.under_way.waiting(upstream));
        let now = self.clock.now();
        let told = line.into_iter().map(|one| {
            let request = known.get(&one.id);
            QueuedRequest {
                request: request.map(|(number, _)| *number),
                user: request.and_then(|(_, user)| *user),
                weight: match one.share {
                    Share::Guest => 0,
                    Share::Weight(weight) => weight,
                },
                waited_ms: now.since(one.since).as_millis() as u64,
            }
        });
        Some((told.collect(), all))
    }
}

#[cfg(test)]
mod tests {
    use potluck_filters::usage::Endpoint;

    use super::*;

    fn live(n: u16, user: i64) -> LiveRequest {
        LiveRequest {
            request: RequestNumber::parse(&format!("{n:020x}")).unwrap(),
            since: i64::from(n),
            user: Some(UserId(user)),
            client_key: None,
            upstream: "novelai".into(),
            endpoint: Endpoint::GenerateImage,
            model: None,
            stage: LiveStage::Admitted,
        }
    }

    #[test]
    fn an_entry_is_there_until_its_place_is_dropped() {
        let all = Arc::new(UnderWay::default());
        let places: Vec<_> = (0..200)
            .rev()
            .map(|n| all.enter(live(n, i64::from(n % 2))))
            .collect();
        let own = all.look(10, |live| live.user == Some(UserId(1)));
        let since: Vec<_> = own.iter().map(|(live, _)| live.since).collect();
        assert_eq!(since, [1, 3, 5, 7, 9, 11, 13, 15, 17, 19]);
        drop(places);
        assert!(all.look(10, |_| true).is_empty());
    }
}
