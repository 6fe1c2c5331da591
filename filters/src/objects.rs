//! Whose object is this, and under which pool key is it kept?
//!
//! Files, batches, stored responses and the like live under the pool key that made them. An [`Objects`]
//! remembers for each who made it and where, so that a request that names one goes to that key, and
//! nobody reaches another member's. Outlives every snapshot; what changed is handed out to be stored.
//!
//! Invariant: an id, once somebody's, never becomes another's.

mod kind;
mod named;
mod page;
mod sighting;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

pub use kind::ObjectKind;
pub use named::{Named, named_in};
pub use page::{BadPage, PageQuery, page};
pub use sighting::{Seen, Sighting};

use crate::id::{PoolKeyId, UserId};

/// How long stored responses are kept by upstreams, in milliseconds: 30 days, as OpenAI documents for
/// responses outside of conversations. Nothing else ends by itself.
pub const RESPONSES_KEPT_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// What is known of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Who made it.
    pub owner: UserId,
    /// The pool key under which it is kept.
    pub key: PoolKeyId,
    /// What it is.
    pub kind: ObjectKind,
    /// When it was made, in milliseconds since the Unix epoch.
    pub created_at: i64,
    /// The object as the upstream last showed it, JSON; only of kinds that are listed.
    pub about: Option<Arc<str>>,
}

/// A change that is to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// New, or shown again.
    Put(Arc<str>, Object),
    /// Deleted.
    Gone(Arc<str>),
}

/// An object as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The upstream's name.
    pub upstream: Arc<str>,
    /// Unique within its upstream.
    pub id: Arc<str>,
    /// All else.
    pub object: Object,
}

/// A change to the objects of an upstream, to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shelved {
    /// The upstream's name.
    pub upstream: Arc<str>,
    /// What changed.
    pub change: Change,
}

/// Ids by when they were made, in milliseconds since the Unix epoch.
type InOrder = BTreeSet<(i64, Arc<str>)>;

/// The objects of one upstream.
#[derive(Debug, Default)]
pub struct Objects {
    by_id: HashMap<Arc<str>, Object>,
    /// Of the kinds that are listed, in order of creation.
    listed: BTreeMap<(UserId, ObjectKind), InOrder>,
    /// Stored responses, the oldest first.
    responses: VecDeque<(i64, Arc<str>)>,
    changes: Vec<Change>,
}

impl Objects {
    /// An object, if `owner` made it. Another's is as unknown as one that never was.
    #[must_use]
    pub fn get(&self, id: &str, owner: UserId) -> Option<&Object> {
        self.by_id.get(id).filter(|object| object.owner == owner)
    }

    /// Takes over what was stored before this process began, the oldest first.
    pub fn restore(&mut self, id: Arc<str>, object: Object) {
        self.insert(id, object);
    }

    /// Remembers an object that an upstream has made or shown. `false` where the id is another's already,
    /// or is kept under another key.
    pub fn record(&mut self, id: &str, object: Object) -> bool {
        let known = self.by_id.get_key_value(id);
        let (id, object) = match known {
            None => (id.into(), object),
            Some((_, old)) if old.owner != object.owner || old.key != object.key => return false,
            Some((_, old)) if object.about.is_none() || old.about == object.about => return true,
            Some((id, old)) => {
                let about = object.about;
                (Arc::clone(id), Object { about, ..old.clone() })
            }
        };
        self.changes.push(Change::Put(Arc::clone(&id), object.clone()));
        self.insert(id, object);
        true
    }

    fn insert(&mut self, id: Arc<str>, object: Object) {
        let (place, at) = ((object.owner, object.kind), object.created_at);
        match object.kind {
            ObjectKind::File | ObjectKind::Batch | ObjectKind::Job => {
                self.listed
                    .entry(place)
                    .or_default()
                    .insert((at, Arc::clone(&id)));
            }
            ObjectKind::Response if !self.by_id.contains_key(&id) => {
                self.responses.push_back((at, Arc::clone(&id)));
            }
            ObjectKind::Response | ObjectKind::Conversation | ObjectKind::Model => {}
        }
        self.by_id.insert(id, object);
    }

    /// Forgets an object that its upstream has deleted.
    pub fn remove(&mut self, id: &str) {
        let Some((id, object)) = self.by_id.remove_entry(id) else {
            return;
        };
        if let Some(listed) = self.listed.get_mut(&(object.owner, object.kind)) {
            listed.remove(&(object.created_at, Arc::clone(&id)));
        }
        self.changes.push(Change::Gone(id));
    }

    /// Forgets responses that upstreams no longer keep. The store forgets them by itself.
    pub fn tidy(&mut self, unix_ms: i64) {
        while let Some((at, id)) = self.responses.front() {
            if at + RESPONSES_KEPT_MS > unix_ms {
                return;
            }
            self.by_id.remove(id);
            self.responses.pop_front();
        }
    }

    /// What changed since the last time somebody asked.
    pub fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    /// The ids of somebody's objects of a kind, in order of creation, with when they were made.
    fn of(&self, owner: UserId, kind: ObjectKind) -> impl Iterator<Item = (&Arc<str>, &Object)> {
        let listed = self.listed.get(&(owner, kind)).into_iter().flatten();
        listed.filter_map(|(_, id)| self.by_id.get_key_value(id))
    }
}

#[cfg(test)]
mod tests;
