//! Reads some keys out of a JSON object without building anything of the rest.
//!
//! Invariant: at each level that is read, each key that is read stands there once and in its own case.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::Unreadable;

/// What is read of an object: its keys, and where their values go.
pub(crate) trait Fields<'de>: Default {
    /// A key that is read.
    type Key: Copy + 'static;
    /// The keys by name, at most 64.
    const KEYS: &'static [(&'static str, Self::Key)];
    /// What is said of a body in which a value has the wrong type.
    const MISFIT: Unreadable;

    /// Takes the value of a key.
    ///
    /// # Errors
    /// When the value has the wrong type.
    fn take<A: MapAccess<'de>>(&mut self, key: Self::Key, values: &mut A) -> Result<(), A::Error>;
}

/// An object of which some keys were read. Its fields are to be had only with the [`Object::verdict`].
#[derive(Debug, Default)]
pub(crate) struct Object<F> {
    fields: F,
    doubt: Option<Unreadable>,
}

impl<F> Object<F> {
    /// The fields, unless a key among them is doubtful. Doubts wait here so that a body's syntax is judged
    /// first.
    ///
    /// # Errors
    /// [`Unreadable::Twice`] and [`Unreadable::CaseVariant`]
    pub(crate) fn verdict(self) -> Result<F, Unreadable> {
        self.doubt.map_or(Ok(self.fields), Err)
    }

    /// The same, to look at.
    ///
    /// # Errors
    /// As [`Object::verdict`]
    pub(crate) fn fields(&self) -> Result<&F, Unreadable> {
        self.doubt.map_or(Ok(&self.fields), Err)
    }
}

/// The fields of the one object that a body is.
///
/// # Errors
/// When it is no single JSON object in UTF-8, a value does not fit, or a key at its top level is doubtful.
pub(crate) fn object<'a, F: Fields<'a>>(body: &'a [u8]) -> Result<F, Unreadable> {
    // Text that is skipped would not be checked otherwise.
    let text = std::str::from_utf8(body).map_err(|_| Unreadable::Json)?;
    let first = text.trim_start_matches([' ', '\t', '\r', '\n']).chars().next();
    if first.is_some_and(|c| c != '{') {
        // Lists, texts, numbers and the like; anything else is no JSON at all.
        let is_json = serde_json::from_str::<IgnoredAny>(text).is_ok();
        return Err(if is_json {
            Unreadable::NotObject
        } else {
            Unreadable::Json
        });
    }
    let object: Object<F> = serde_json::from_str(text).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => F::MISFIT,
        serde_json::error::Category::Io
        | serde_json::error::Category::Syntax
        | serde_json::error::Category::Eof => Unreadable::Json,
    })?;
    object.verdict()
}

impl<'de, F: Fields<'de>> Deserialize<'de> for Object<F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<F>(PhantomData<F>);

impl<'de, F: Fields<'de>> Visitor<'de> for ObjectVisitor<F> {
    type Value = Object<F>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<F>, A::Error> {
        let mut object = Object {
            fields: F::default(),
            doubt: None,
        };
        let mut seen = 0_u64;
        while let Some(found) = map.next_key_seed(KeySeed(F::KEYS))? {
            let doubt = match found {
                Found::Key(index, key) if seen & (1 << index) == 0 => {
                    seen |= 1 << index;
                    object.fields.take(key, &mut map)?;
                    continue;
                }
                Found::Key(..) => Some(Unreadable::Twice),
                Found::Variant => Some(Unreadable::CaseVariant),
                Found::Other => None,
            };
            object.doubt = object.doubt.or(doubt);
            map.next_value::<IgnoredAny>()?;
        }
        Ok(object)
    }
}

/// A key of the object, with its escapes resolved.
enum Found<K> {
    /// One that is read, and its place in the list.
    Key(usize, K),
    /// One that some servers take for one that is read.
    Variant,
    Other,
}

struct KeySeed<K: 'static>(&'static [(&'static str, K)]);

impl<'de, K: Copy> DeserializeSeed<'de> for KeySeed<K> {
    type Value = Found<K>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Found<K>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<K: Copy> Visitor<'_> for KeySeed<K> {
    type Value = Found<K>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Found<K>, E> {
        let known = self.0.iter().enumerate().find(|(_, (name, _))| *name == key);
        if let Some((index, (_, known))) = known {
            return Ok(Found::Key(index, *known));
        }
        let is_variant = self.0.iter().any(|(name, _)| is_variant_of(name, key));
        Ok(if is_variant { Found::Variant } else { Found::Other })
    }
}

/// Whether a server that ignores case takes `key` for `name`. Go's JSON does, by Unicode's simple folding,
/// in which two letters that are not ASCII stand for ASCII ones: ſ (U+017F) and the Kelvin sign (U+212A).
pub(crate) fn is_variant_of(name: &str, key: &str) -> bool {
    let folded = |c: char| match c {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        c => c.to_ascii_lowercase(),
    };
    key.len() >= name.len() && name.chars().map(folded).eq(key.chars().map(folded))
}
