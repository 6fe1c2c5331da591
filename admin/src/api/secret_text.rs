//! A secret inside a request or answer of this API.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use potluck_filters::secret::Secret;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The text of a key or password on its way through a body. `Debug` shows nothing of it; the memory is wiped
/// on drop. Serialised in clear, which is its purpose: the program that sends it, and the one answer that
/// shows a new client key, have to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretText(pub Secret);

thread_local! {
    /// Set while answers are written in which no secret may be; whether one was left out.
    static MASKING: Cell<Option<bool>> = const { Cell::new(None) };
}

/// Writes something with `null` in the place of every secret, and says whether there was one. Nothing in between may
/// wait: what is masked is what this thread writes meanwhile.
pub(crate) fn masking<T>(write: impl FnOnce() -> T) -> (T, bool) {
    MASKING.set(Some(false));
    let written = write();
    (written, MASKING.take().unwrap_or_default())
}

impl Serialize for SecretText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if MASKING.get().is_some() {
            MASKING.set(Some(true));
            return serializer.serialize_none();
        }
        serializer.serialize_str(self.0.expose())
    }
}

impl JsonSchema for SecretText {
    fn schema_name() -> Cow<'static, str> {
        "SecretText".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "password", "description": "A secret, in clear."})
    }
}

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor)
    }
}

struct TextVisitor;

impl Visitor<'_> for TextVisitor {
    type Value = SecretText;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E>(self, text: &str) -> Result<SecretText, E> {
        Ok(SecretText(Secret::new(text)))
    }

    fn visit_string<E>(self, text: String) -> Result<SecretText, E> {
        Ok(SecretText(Secret::new(text)))
    }
}
