//! Which objects does a body name?
//!
//! Every text under a key that can hold an id counts, at any depth, however often the key stands there and
//! in whatever case: of two readers that read a body differently, neither finds an object that was not
//! looked at. What is only passed on (metadata, schemas of tools) is left out.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::reader::{MediaType, Part, Unreadable, is_variant_of, parts, refuse_encoding};

/// Ids that one body may name; more than any real one does.
const MOST: usize = 4096;

/// Texts under these keys are ids; so are those of a list.
const IDS: [&str; 15] = [
    "batch_id",
    "container",
    "container_id",
    "conversation",
    "conversation_id",
    "error_file_id",
    "file_id",
    "file_ids",
    "input_file_id",
    "output_file_id",
    "previous_response_id",
    "response_id",
    "training_file",
    "validation_file",
    "vector_store_id",
];
/// As [`IDS`], beside the ones of one thing.
const LISTS: [&str; 1] = ["vector_store_ids"];
/// Objects under these keys have an id of their own.
const HOLDERS: [&str; 2] = ["conversation", "prompt"];
/// Lists under these keys may have mere references among their entries.
const ITEMS: [&str; 2] = ["input", "items"];
/// Nothing under these keys is the upstream's to look up.
const OPAQUE: [&str; 4] = ["arguments", "metadata", "parameters", "schema"];
/// How the names of fine-tuned models begin.
const FINE_TUNED: &str = "ft:";

/// What a body names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Ids, each once, in order.
    pub ids: BTreeSet<String>,
    /// Whether the body says that nothing is to be stored.
    pub unstored: bool,
}

/// Reads the objects that a body names. A form that uploads a batch is read line by line.
///
/// `content_type` and `content_encoding` are the request's headers.
///
/// # Errors
/// See [`Unreadable`]: the request must then be refused.
pub fn named_in(
    content_type: Option<&str>,
    content_encoding: Option<&str>,
    body: &[u8],
) -> Result<Named, Unreadable> {
    let mut named = Named::default();
    if body.is_empty() {
        return Ok(named);
    }
    refuse_encoding(content_encoding)?;
    match MediaType::parse(content_type.ok_or(Unreadable::ContentType)?)? {
        MediaType::Json => json(body, &mut named)?,
        MediaType::Form { boundary } => form(&parts(boundary, body)?, &mut named)?,
    }
    if named.ids.len() > MOST {
        return Err(Unreadable::Value);
    }
    Ok(named)
}

fn json(text: &[u8], named: &mut Named) -> Result<(), Unreadable> {
    let text = std::str::from_utf8(text).map_err(|_| Unreadable::Json)?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let walk = Walk {
        named,
        place: Place::Top,
    };
    walk.deserialize(&mut reader).map_err(|_| Unreadable::Json)?;
    reader.end().map_err(|_| Unreadable::Json)
}

fn form(parts: &[Part<'_>], named: &mut Named) -> Result<(), Unreadable> {
    let of = |name: &'static str| {
        parts
            .iter()
            .filter(move |part| is_variant_of(name, stem(part.name)))
    };
    for part in parts.iter().filter(|part| !part.is_file) {
        if IDS
            .iter()
            .chain(&LISTS)
            .any(|key| is_variant_of(key, stem(part.name)))
        {
            let id = std::str::from_utf8(part.content).map_err(|_| Unreadable::NotText)?;
            named.ids.insert(id.to_owned());
        }
    }
    let mut purposes = of("purpose");
    let purpose = purposes.next();
    if purposes.next().is_some() {
        return Err(Unreadable::Twice);
    }
    if purpose.is_some_and(|purpose| purpose.content.trim_ascii() == b"batch") {
        let lines = of("file").flat_map(|file| file.content.split(|b| *b == b'\n'));
        for line in lines.map(<[u8]>::trim_ascii).filter(|line| !line.is_empty()) {
            json(line, named)?;
        }
    }
    Ok(())
}

/// Without the brackets that some clients add to the name of a list.
fn stem(name: &str) -> &str {
    name.split_once('[').map_or(name, |(stem, _)| stem).trim()
}

/// What a value is, by the key under which it stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The body itself.
    Top,
    /// A text here is an id.
    Id,
    /// An object here has an id; a text is one, too, if so said.
    Holder { text: bool },
    /// An entry here may be a mere reference.
    Item,
    /// A text here is an id if it names a fine-tuned model.
    Model,
    /// Anything else.
    Plain,
}

impl Place {
    /// `None` where nothing below is the upstream's to look up.
    fn of(key: &str) -> Option<Self> {
        let is = |names: &[&str]| names.iter().any(|name| is_variant_of(name, key));
        Some(if is(&OPAQUE) {
            return None;
        } else if is(&HOLDERS) {
            Self::Holder {
                text: is_variant_of("conversation", key),
            }
        } else if is(&IDS) || is(&LISTS) {
            Self::Id
        } else if is(&ITEMS) {
            Self::Item
        } else if is_variant_of("model", key) {
            Self::Model
        } else {
            Self::Plain
        })
    }
}

struct Walk<'n> {
    named: &'n mut Named,
    place: Place,
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        let is_id = match self.place {
            Place::Id | Place::Holder { text: true } => true,
            Place::Model => text.starts_with(FINE_TUNED),
            Place::Top | Place::Holder { text: false } | Place::Item | Place::Plain => false,
        };
        if is_id && self.named.ids.len() <= MOST {
            self.named.ids.insert(text.to_owned());
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let place = self.place;
        while entries
            .next_element_seed(Walk {
                named: self.named,
                place,
            })?
            .is_some()
        {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut entry = Entry::default();
        while let Some(key) = map.next_key::<String>()? {
            if is_variant_of("id", &key) || is_variant_of("type", &key) {
                entry.take(&key, map.next_value()?);
                continue;
            }
            if self.place == Place::Top && is_variant_of("store", &key) {
                self.named.unstored =
                    map.next_value::<serde_json::Value>()? == serde_json::Value::Bool(false);
                continue;
            }
            entry.has_role |= is_variant_of("role", &key);
            match Place::of(&key) {
                Some(place) => map.next_value_seed(Walk {
                    named: self.named,
                    place,
                })?,
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if matches!(self.place, Place::Holder { .. }) || entry.is_reference(self.place) {
            self.named.ids.extend(entry.ids);
        }
        Ok(())
    }
}

/// What tells a mere reference from an entry that is itself.
#[derive(Default)]
struct Entry {
    ids: Vec<String>,
    types: Vec<String>,
    has_role: bool,
}

impl Entry {
    fn take(&mut self, key: &str, value: serde_json::Value) {
        let serde_json::Value::String(text) = value else {
            return;
        };
        if is_variant_of("id", key) {
            self.ids.push(text);
        } else {
            self.types.push(text);
        }
    }

    /// In a list of items, an entry that has neither a type nor a role is a reference, too.
    fn is_reference(&self, place: Place) -> bool {
        let bare = place == Place::Item && self.types.is_empty() && !self.has_role;
        bare || self.types.iter().any(|kind| kind == "item_reference")
    }
}
