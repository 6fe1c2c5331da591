//! What happened, told to whoever listens: so that a page shows what is true without asking again and again.
//!
//! Invariants: whoever is slow is told that they missed something, and never makes anybody wait or memory grow; an
//! event tells a member only of what is theirs, and of that only that it changed.

mod series;
mod stream;
mod topics;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use parking_lot::Mutex;
use potluck_filters::id::{Revision, UserId};
use potluck_filters::snapshot::Delta;
use serde_json::{Map, Value};
use tokio::sync::broadcast;

use crate::audit::{Note, ObjectKind};
pub(crate) use stream::{EventStream, Listener};
pub(crate) use topics::Topics;

/// Events that are kept for whoever comes back, and that a slow listener may lag behind.
const KEPT: usize = 512;
/// Streams that one user may have open at once.
const MOST: usize = 8;

/// Something that happened.
#[derive(Debug)]
pub(crate) struct Event {
    /// The change that it was part of.
    pub(crate) revision: Revision,
    pub(crate) kind: ObjectKind,
    /// Which ones; none: any of the kind.
    pub(crate) ids: Vec<i64>,
    /// What is known of the one, for admins.
    pub(crate) fields: Option<Map<String, Value>>,
    /// What the one is called, where it has no id.
    pub(crate) name: String,
    /// Whose they are.
    pub(crate) owners: Vec<UserId>,
    /// Whether another event of the same change follows: whoever has heard only this one has not heard it all.
    pub(crate) follows: bool,
}

/// What a step of a job has touched: things of one kind, and whose they are.
pub(crate) type StepOf<'s> = (ObjectKind, &'s [i64], &'s [UserId]);

/// Everybody who listens.
#[derive(Debug)]
pub(crate) struct Events {
    sender: broadcast::Sender<Arc<Event>>,
    /// Taken for a few steps, so that nothing happens between what is replayed and what is heard.
    kept: Mutex<Kept>,
    streams: Arc<Mutex<HashMap<Option<UserId>, usize>>>,
}

#[derive(Debug, Default)]
struct Kept {
    /// Everything after this revision is kept.
    since: Revision,
    events: VecDeque<Arc<Event>>,
}

/// One open stream. Counted until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    streams: Arc<Mutex<HashMap<Option<UserId>, usize>>>,
    user: Option<UserId>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut streams = self.streams.lock();
        if let Some(open) = streams.get_mut(&self.user) {
            *open -= 1;
            if *open == 0 {
                streams.remove(&self.user);
            }
        }
    }
}

/// What somebody who comes back has missed.
#[derive(Debug)]
pub(crate) enum Missed {
    /// These.
    Events(Vec<Arc<Event>>),
    /// Nobody knows any more.
    Unknown,
}

impl Default for Events {
    fn default() -> Self {
        Self {
            sender: broadcast::channel(KEPT).0,
            kept: Mutex::default(),
            streams: Arc::default(),
        }
    }
}

impl Events {
    /// From now on everything is kept that happens after this revision.
    pub(crate) fn begin_at(&self, revision: Revision) {
        *self.kept.lock() = Kept {
            since: revision,
            events: VecDeque::new(),
        };
    }

    /// The last change that everybody was told of.
    pub(crate) fn revision(&self) -> Revision {
        let kept = self.kept.lock();
        kept.events.back().map_or(kept.since, |event| event.revision)
    }

    /// Tells of a change that was noted.
    pub(crate) fn tell(&self, note: &Note, revision: Revision) {
        self.send(Event {
            revision,
            kind: note.object.kind,
            ids: note.object.id.into_iter().collect(),
            fields: note.fields().cloned(),
            name: note.object.name.clone(),
            owners: note.object.owner.into_iter().collect(),
            follows: false,
        });
    }

    /// Tells of a step of a job: how the job is, and what the step has touched.
    pub(crate) fn tell_step(&self, job: &Note, (kind, ids, owners): StepOf<'_>, revision: Revision) {
        let touched = !ids.is_empty();
        self.send(Event {
            revision,
            kind: job.object.kind,
            ids: job.object.id.into_iter().collect(),
            fields: job.fields().cloned(),
            name: job.object.name.clone(),
            owners: job.object.owner.into_iter().collect(),
            follows: touched,
        });
        if touched {
            self.send(Event {
                revision,
                kind,
                ids: ids.to_vec(),
                fields: None,
                name: String::new(),
                owners: owners.to_vec(),
                follows: false,
            });
        }
    }

    /// Tells of what a job changed: pool keys, and with them what their contributors weigh.
    pub(crate) fn tell_pool_keys(&self, delta: &Delta) {
        if delta.pool_keys.is_empty() {
            return;
        }
        self.send(Event {
            revision: delta.to,
            kind: ObjectKind::PoolKey,
            ids: delta.pool_keys.iter().map(|change| change.id().0).collect(),
            fields: None,
            name: String::new(),
            owners: delta.users.iter().map(|user| user.id).collect(),
            follows: false,
        });
    }

    /// Tells of findings that are new, have changed or are over.
    pub(crate) fn tell_findings(&self, ids: Vec<i64>, revision: Revision) {
        self.send(Event {
            revision,
            kind: ObjectKind::Finding,
            ids,
            fields: None,
            name: String::new(),
            owners: Vec::new(),
            follows: false,
        });
    }

    fn send(&self, event: Event) {
        let event = Arc::new(event);
        let mut kept = self.kept.lock();
        if kept.events.len() >= KEPT
            && let Some(oldest) = kept.events.pop_front()
        {
            kept.since = oldest.revision;
        }
        kept.events.push_back(Arc::clone(&event));
        // Nobody may be listening.
        let _ = self.sender.send(event);
    }

    /// A place for one more stream; `None` where there are too many. All operators together are one.
    pub(crate) fn place(&self, user: Option<UserId>) -> Option<Place> {
        let mut streams = self.streams.lock();
        let open = streams.entry(user).or_default();
        if *open >= MOST {
            return None;
        }
        *open += 1;
        Some(Place {
            streams: Arc::clone(&self.streams),
            user,
        })
    }

    /// Listens from now on. `last` is the revision up to which everything was heard before.
    pub(crate) fn listen(&self, last: Option<Revision>) -> (Missed, broadcast::Receiver<Arc<Event>>) {
        let kept = self.kept.lock();
        let heard = self.sender.subscribe();
        let newest = kept.events.back().map_or(kept.since, |event| event.revision);
        let missed = match last {
            None => Missed::Events(Vec::new()),
            Some(last) if last < kept.since || last > newest => Missed::Unknown,
            Some(last) => {
                let missed = kept.events.iter().filter(|event| event.revision > last);
                Missed::Events(missed.cloned().collect())
            }
        };
        (missed, heard)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Act, Object};

    fn note(id: i64) -> Note {
        Note::new(Act::UserEdited, Object::new(ObjectKind::User, id, "x"))
    }

    fn missed(events: &Events, last: i64) -> Option<Vec<i64>> {
        match events.listen(Some(Revision(last))).0 {
            Missed::Events(events) => Some(events.iter().map(|event| event.revision.0).collect()),
            Missed::Unknown => None,
        }
    }

    #[test]
    fn whoever_comes_back_hears_what_they_missed_or_that_nobody_knows() {
        let events = Events::default();
        events.begin_at(Revision(10));
        assert_eq!(missed(&events, 10), Some(vec![]));
        for revision in [12, 13, 15] {
            events.tell(&note(1), Revision(revision));
        }
        assert_eq!(missed(&events, 12), Some(vec![13, 15]));
        assert_eq!(missed(&events, 10), Some(vec![12, 13, 15]));
        assert_eq!(missed(&events, 9), None);
        assert_eq!(missed(&events, 16), None);
        for revision in 16..16 + i64::try_from(KEPT).unwrap() {
            events.tell(&note(1), Revision(revision));
        }
        assert_eq!(missed(&events, 14), None);
        assert_eq!(missed(&events, 15).unwrap().len(), KEPT);
    }

    #[test]
    fn nobody_has_more_streams_than_they_may_and_a_closed_one_is_free() {
        let events = Events::default();
        let mut open: Vec<_> = (0..MOST)
            .map(|_| events.place(Some(UserId(1))).unwrap())
            .collect();
        assert!(events.place(Some(UserId(1))).is_none());
        assert!(events.place(Some(UserId(2))).is_some());
        open.pop();
        assert!(events.place(Some(UserId(1))).is_some());
        drop(open);
        assert!(events.streams.lock().is_empty());
    }
}
