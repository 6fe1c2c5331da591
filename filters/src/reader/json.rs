//! Reads `model` out of a JSON object without building anything of the rest.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::{ModelName, Unreadable};

/// The model that a JSON object names at its top level.
///
/// # Errors
/// When it is no single JSON object in UTF-8, or `model` is doubtful.
pub(super) fn model(body: &[u8]) -> Result<Option<ModelName>, Unreadable> {
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
    let found: Found<'_> = serde_json::from_str(text).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => Unreadable::NotText,
        serde_json::error::Category::Io
        | serde_json::error::Category::Syntax
        | serde_json::error::Category::Eof => Unreadable::Json,
    })?;
    found.verdict()
}

/// What was found in the object. Doubts are only remembered, so that a body's syntax is judged first.
#[derive(Default)]
struct Found<'a> {
    model: Option<Cow<'a, str>>,
    twice: bool,
    variant: bool,
}

impl Found<'_> {
    fn verdict(self) -> Result<Option<ModelName>, Unreadable> {
        if self.twice {
            return Err(Unreadable::Twice);
        }
        if self.variant {
            return Err(Unreadable::CaseVariant);
        }
        Ok(self.model.map(|model| ModelName(model.into())))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Found<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Found<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Found<'de>, A::Error> {
        let mut found = Found::default();
        while let Some(key) = map.next_key::<Key>()? {
            match key {
                Key::Model => {
                    let Text(model) = map.next_value()?;
                    found.twice |= found.model.replace(model).is_some();
                }
                Key::Variant => {
                    found.variant = true;
                    map.next_value::<IgnoredAny>()?;
                }
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(found)
    }
}

/// A key, with its escapes resolved.
enum Key {
    Model,
    Variant,
    Other,
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Text(key) = Text::deserialize(deserializer)?;
        Ok(match &*key {
            "model" => Self::Model,
            key if key.eq_ignore_ascii_case("model") => Self::Variant,
            _ => Self::Other,
        })
    }
}

/// Text, borrowed where it has no escapes.
struct Text<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor).map(Self)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}
