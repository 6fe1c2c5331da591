//! What an answer shows of the object that a request made or asked for, read from copies as they pass.
//!
//! Invariant: bounded memory, and never a byte delayed: whatever is not understood within the bound is
//! not seen.

use std::cell::RefCell;
use std::fmt;

use memchr::memmem;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use super::ObjectKind;

/// As much of an answer as is looked at, in bytes.
const MOST: usize = 64 * 1024;
/// Longest id that is remembered, in bytes; OpenAI's have about fifty.
const LONGEST_ID: usize = 256;
/// Longest text of an object that is kept for lists, in bytes.
const LONGEST_ABOUT: usize = 16 * 1024;

/// An object that an answer showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its id.
    pub id: Box<str>,
    /// The object, for lists.
    pub about: Option<Box<str>>,
    /// Objects that it led to: the files that a batch made, and so on.
    pub more: Vec<(ObjectKind, Box<str>)>,
}

/// Watches an answer for an object of one kind.
#[derive(Debug)]
pub struct Sighting {
    kind: ObjectKind,
    /// Whether the answer is a stream of events.
    events: bool,
    begun: Vec<u8>,
    over: bool,
}

impl Sighting {
    /// Watches for an object of that kind; `events` says whether the answer is a stream of events.
    #[must_use]
    pub fn new(kind: ObjectKind, events: bool) -> Self {
        Self {
            kind,
            events,
            begun: Vec::new(),
            over: false,
        }
    }

    /// What this object is.
    #[must_use]
    pub fn kind(&self) -> ObjectKind {
        self.kind
    }

    /// Looks at the next piece of the answer. What it shows comes once, with the piece that completes it.
    pub fn observe(&mut self, piece: &[u8]) -> Option<Seen> {
        if self.over {
            return None;
        }
        let room = MOST - self.begun.len().min(MOST);
        self.begun
            .extend_from_slice(piece.get(..room.min(piece.len())).unwrap_or_default());
        let seen = self.look();
        if seen.is_some() || self.begun.len() >= MOST {
            self.over = true;
            self.begun = Vec::new();
        }
        seen
    }

    fn look(&self) -> Option<Seen> {
        let seen = match (self.kind, self.events) {
            (_, true) => first_event(&self.begun)?,
            (ObjectKind::Response | ObjectKind::Conversation, false) => bare(id_in(&self.begun)?),
            (ObjectKind::File | ObjectKind::Batch | ObjectKind::Job | ObjectKind::Model, false) => {
                whole(self.kind, &self.begun)?
            }
        };
        (!seen.id.is_empty() && seen.id.len() <= LONGEST_ID).then_some(seen)
    }
}

fn bare(id: String) -> Seen {
    Seen {
        id: id.into(),
        about: None,
        more: Vec::new(),
    }
}

/// The id in the first event that carries data: `response.created`, whose object is in `response`.
fn first_event(begun: &[u8]) -> Option<Seen> {
    let data = memmem::find(begun, b"data:")?;
    let data = begun.get(data + b"data:".len()..)?;
    let end = data.iter().position(|b| *b == b'\n').unwrap_or(data.len());
    Some(bare(nested_id(data.get(..end)?)?))
}

/// The whole object, once it is there.
fn whole(kind: ObjectKind, begun: &[u8]) -> Option<Seen> {
    if !begun.trim_ascii_end().ends_with(b"}") {
        // Not yet at its end, so that it is not read again with each small piece.
        return None;
    }
    let value: Value = serde_json::from_slice(begun).ok()?;
    let id = value.get("id")?.as_str()?.into();
    let text = |field: &str| Some(value.get(field)?.as_str()?.into());
    let mut more: Vec<(ObjectKind, Box<str>)> = Vec::new();
    for field in ["output_file_id", "error_file_id"] {
        more.extend(text(field).map(|id| (ObjectKind::File, id)));
    }
    let results = value.get("result_files").and_then(Value::as_array);
    let results = results.into_iter().flatten().filter_map(Value::as_str);
    more.extend(results.map(|id| (ObjectKind::File, id.into())));
    more.extend(text("fine_tuned_model").map(|id| (ObjectKind::Model, id)));
    more.retain(|(_, id)| !id.is_empty() && id.len() <= LONGEST_ID);
    let about = match kind {
        ObjectKind::File | ObjectKind::Batch | ObjectKind::Job => Some(value.to_string()),
        ObjectKind::Response | ObjectKind::Conversation | ObjectKind::Model => None,
    };
    let about = about.filter(|about| about.len() <= LONGEST_ABOUT).map(Into::into);
    Some(Seen { id, about, more })
}

/// The `id` at the top level of an object of which only the beginning may be there.
fn id_in(begun: &[u8]) -> Option<String> {
    let found = RefCell::new(None);
    read(
        begun,
        &Wanted {
            path: &["id"],
            found: &found,
        },
    );
    found.into_inner()
}

/// The `id` of the object in `response`.
fn nested_id(begun: &[u8]) -> Option<String> {
    let found = RefCell::new(None);
    let path = &["response", "id"];
    read(begun, &Wanted { path, found: &found });
    found.into_inner()
}

fn read(begun: &[u8], wanted: &Wanted<'_>) {
    let mut reader = serde_json::Deserializer::from_slice(begun);
    // The text may end anywhere; what was found until then counts.
    let _ = wanted.deserialize(&mut reader);
}

/// A text at a path of keys, put aside as soon as it was read.
struct Wanted<'w> {
    path: &'w [&'w str],
    found: &'w RefCell<Option<String>>,
}

impl<'de> DeserializeSeed<'de> for &Wanted<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &Wanted<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match self.path.split_first() {
                Some((wanted, [])) if key == *wanted => {
                    *self.found.borrow_mut() = Some(map.next_value()?);
                }
                Some((wanted, rest)) if key == *wanted => {
                    let found = self.found;
                    map.next_value_seed(&Wanted { path: rest, found })?;
                }
                Some(_) | None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}
