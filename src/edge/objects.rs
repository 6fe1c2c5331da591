//! Members' objects: requests that name one go to the pool key that keeps it, and what answers show is
//! remembered.
//!
//! Only for upstreams that are opened for this; all others pay one look at an empty option.
//! Invariant: nobody reaches an object that somebody else made, by path or by body, and no request that
//! names an object goes to another pool key than the one that keeps it.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use parking_lot::Mutex;
use potluck_filters::authenticate::Identity;
use potluck_filters::id::{PoolKeyId, UserId};
use potluck_filters::objects::{
    Object, ObjectKind, Objects, PageQuery, Seen, Shelved, Sighting, Stored, named_in, page,
};
use potluck_filters::reach::{Act, BodyUse};
use potluck_filters::rejection::{Code, Rejection};

use super::Edge;
use super::attempt::Answer;
use super::live::LiveUpstream;
use super::plan::{Relay, text};
use super::relay::is_event_stream;
use crate::clock::unix_ms;

/// As much of an unknown id as is repeated to the client, in bytes.
const REPEATED: usize = 80;

/// All objects, by upstream. Outlives every snapshot.
#[derive(Default)]
pub(super) struct Shelves(Mutex<HashMap<Arc<str>, Objects>>);

/// An answer that may show an object.
pub(super) struct Watch {
    sighting: Sighting,
    upstream: Arc<str>,
    owner: UserId,
    key: PoolKeyId,
    /// Whether the request made an object that was not seen yet.
    is_owed: bool,
}

impl Drop for Watch {
    fn drop(&mut self) {
        if self.is_owed {
            let (kind, upstream) = (self.sighting.kind().words(), &*self.upstream);
            tracing::warn!(
                kind,
                upstream,
                "an object was made and its id not seen; nobody can reach it"
            );
        }
    }
}

/// Whether a request that does this names a model, or could use one.
pub(super) fn uses_a_model(act: &Act) -> bool {
    match act {
        Act::Create(ObjectKind::File | ObjectKind::Conversation) | Act::Use { .. } | Act::Delete { .. } => {
            false
        }
        Act::Create(ObjectKind::Batch | ObjectKind::Response | ObjectKind::Job | ObjectKind::Model)
        | Act::Refer => true,
    }
}

impl Shelves {
    /// Which of these upstreams and which pool key of it keep an object, if `owner` made it.
    fn place_of(
        &self,
        upstreams: &[Arc<LiveUpstream>],
        id: &str,
        owner: UserId,
    ) -> Option<(Arc<LiveUpstream>, PoolKeyId)> {
        let shelves = self.0.lock();
        upstreams.iter().find_map(|live| {
            let object = shelves.get(&live.upstream.name)?.get(id, owner)?;
            Some((Arc::clone(live), object.key))
        })
    }

    /// Whether `owner` made it.
    pub(super) fn is_of(&self, upstream: &str, id: &str, owner: UserId) -> bool {
        let shelves = self.0.lock();
        shelves
            .get(upstream)
            .is_some_and(|objects| objects.get(id, owner).is_some())
    }

    /// Looks at a piece of an answer before it goes to the client.
    pub(super) fn look(&self, watch: &mut Watch, piece: &[u8]) {
        if let Some(seen) = watch.sighting.observe(piece) {
            watch.is_owed = false;
            self.record(watch, seen);
        }
    }

    fn record(&self, watch: &Watch, seen: Seen) {
        let Seen { id, about, more } = seen;
        let object = |kind, about: Option<Box<str>>| Object {
            owner: watch.owner,
            key: watch.key,
            kind,
            created_at: unix_ms(),
            about: about.map(Into::into),
        };
        let mut shelves = self.0.lock();
        let objects = shelves.entry(Arc::clone(&watch.upstream)).or_default();
        let mut kept = objects.record(&id, object(watch.sighting.kind(), about));
        for (kind, id) in more {
            kept &= objects.record(&id, object(kind, None));
        }
        drop(shelves);
        if !kept {
            tracing::warn!(
                upstream = &*watch.upstream,
                "an id was given twice; it stays the first one's"
            );
        }
    }

    fn remove(&self, upstream: &str, id: &str) {
        if let Some(objects) = self.0.lock().get_mut(upstream) {
            objects.remove(id);
        }
    }

    pub(super) fn restore(&self, stored: Vec<Stored>) {
        let mut shelves = self.0.lock();
        for Stored { upstream, id, object } in stored {
            shelves.entry(upstream).or_default().restore(id, object);
        }
    }

    pub(super) fn take_changes(&self) -> Vec<Shelved> {
        let mut shelves = self.0.lock();
        let each = shelves.iter_mut();
        let changes = each.flat_map(|(upstream, objects)| {
            let upstream = Arc::clone(upstream);
            objects.take_changes().into_iter().map(move |change| {
                let upstream = Arc::clone(&upstream);
                Shelved { upstream, change }
            })
        });
        changes.collect()
    }

    pub(super) fn tidy(&self, unix_ms: i64) {
        self.0
            .lock()
            .values_mut()
            .for_each(|objects| objects.tidy(unix_ms));
    }
}

impl Edge {
    /// A page of the asker's own objects, over all upstreams of the route.
    pub(super) fn list(
        &self,
        upstreams: &[Arc<LiveUpstream>],
        asker: Option<Identity<'_>>,
        kind: ObjectKind,
        query: Option<&str>,
    ) -> Result<Bytes, Rejection> {
        let asker = asker.ok_or(Code::MissingKey)?;
        let query = PageQuery::parse(kind, query.unwrap_or_default()).map_err(|_| Code::BadPage)?;
        let all = self.objects.0.lock();
        let shelves = upstreams.iter().filter_map(|live| all.get(&live.upstream.name));
        let shelves: Vec<&Objects> = shelves.collect();
        page(&shelves, asker.user.id, &query).map_err(|_| Code::BadPage.into())
    }

    /// The upstream and the pool key that keep what the path names, if it names something.
    pub(super) fn kept_by(
        &self,
        upstreams: &[Arc<LiveUpstream>],
        asker: Option<Identity<'_>>,
        act: &Act,
    ) -> Result<Option<(Arc<LiveUpstream>, PoolKeyId)>, Rejection> {
        let id = match act {
            Act::Refer => return Ok(None),
            Act::Create(_) => None,
            Act::Use { id, .. } | Act::Delete { id, .. } => Some(id),
        };
        // Without a client key nobody can say whose it would be.
        let asker = asker.ok_or(Code::MissingKey)?;
        let Some(id) = id else { return Ok(None) };
        let found = self.objects.place_of(upstreams, id, asker.user.id);
        found.map(Some).ok_or_else(|| unknown(id))
    }

    /// Pins a request to the upstream and the pool key that keep what its body names.
    pub(super) fn pin_by_body(
        &self,
        relay: &mut Relay,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<(), Rejection> {
        if relay.act.is_none() || relay.body != BodyUse::Whole {
            return Ok(());
        }
        let (media, coding) = (text(headers, CONTENT_TYPE), text(headers, CONTENT_ENCODING));
        let named = named_in(media, coding, body).map_err(|_| Code::ObjectsUnreadable)?;
        let owner = relay.client.as_ref().map(|client| client.user);
        for id in &named.ids {
            let place = owner.and_then(|owner| self.objects.place_of(relay.upstreams(), id, owner));
            let (upstream, key) = place.ok_or_else(|| unknown(id))?;
            relay.pin(upstream, key)?;
        }
        if named.unstored && relay.act == Some(Act::Create(ObjectKind::Response)) {
            relay.act = Some(Act::Refer);
        }
        Ok(())
    }

    /// What to look for in an answer. What it deletes is forgotten here.
    pub(super) fn watch(
        &self,
        relay: &Relay,
        answer: &Answer,
        (status, headers): (StatusCode, &HeaderMap),
    ) -> Option<Box<Watch>> {
        let act = relay.act.as_ref()?;
        let upstream = &relay.upstream.upstream.name;
        let success = status.is_success();
        let kind = match act {
            Act::Create(kind)
            | Act::Use {
                kind, shows: true, ..
            } if success => *kind,
            Act::Delete { id, .. } if success || status == StatusCode::NOT_FOUND => {
                self.objects.remove(upstream, id);
                return None;
            }
            Act::Create(_) | Act::Use { .. } | Act::Delete { .. } | Act::Refer => return None,
        };
        Some(Box::new(Watch {
            sighting: Sighting::new(kind, is_event_stream(headers)),
            upstream: Arc::clone(upstream),
            owner: relay.client.as_ref()?.user,
            key: answer.lease.key_id()?,
            is_owed: matches!(act, Act::Create(_)),
        }))
    }
}

/// Another's object is as unknown as one that never was.
fn unknown(id: &str) -> Rejection {
    let shown = id.get(..id.floor_char_boundary(REPEATED)).unwrap_or_default();
    Rejection::new(Code::ObjectNotFound).saying(format!("There is no object with the id {shown:?} of yours."))
}
