//! Changes a request's body on an operator's behalf: values are replaced, added or taken out, and all other
//! bytes stay as they came.
//!
//! Invariant: fails closed. A body that two readers could read differently at a changed place is
//! [`Unreadable`], and so is a change that would make it so.

mod place;
mod scan;

use std::ops::Range;

pub use place::{PlaceError, Places};

use crate::model::Kind;
use crate::reader::{Envelope, Unreadable, fields_of_form, is_form};
use scan::Found;

/// A request's body, taken apart as far as a change needs it.
#[derive(Debug)]
pub struct Document<'a> {
    body: &'a [u8],
    /// Where in the body its JSON stands: all of it, or a part of NovelAI's form.
    json: Range<usize>,
}

impl<'a> Document<'a> {
    /// Opens a body that is JSON, or NovelAI's form around JSON.
    ///
    /// # Errors
    /// When it is neither, or not beyond doubt.
    pub fn open(
        content_type: Option<&str>,
        content_encoding: Option<&str>,
        body: &'a [u8],
        kind: Kind,
    ) -> Result<Self, Unreadable> {
        if kind != Kind::Novelai && is_form(content_type)? {
            return Err(Unreadable::ContentType);
        }
        let json = {
            let envelope = Envelope::open(content_type, content_encoding, body)?;
            within(body, envelope.request())
        };
        let document = Self { body, json };
        scan::check(document.json())?;
        Ok(document)
    }

    /// The JSON.
    #[must_use]
    pub fn json(&self) -> &'a [u8] {
        self.body.get(self.json.clone()).unwrap_or_default()
    }

    /// The values that stand at these places, as they are written.
    ///
    /// # Errors
    /// Where a key on the way stands twice, or in another case as well.
    pub fn values(&self, places: &Places) -> Result<Vec<&'a [u8]>, Unreadable> {
        let found = scan::find(self.json(), places)?;
        let text = self.json();
        Ok(found
            .into_iter()
            .filter_map(|found| text.get(found.value))
            .collect())
    }

    /// The body with each of these values replaced; `None` where there are none.
    ///
    /// # Errors
    /// As [`Document::values`].
    pub fn replaced(&self, places: &Places, value: &str) -> Result<Option<Vec<u8>>, Unreadable> {
        self.with_each(places, |found| (found.value, value.as_bytes()))
    }

    /// The body without the members at these places; `None` where there are none.
    ///
    /// # Errors
    /// As [`Document::values`].
    pub fn without(&self, places: &Places) -> Result<Option<Vec<u8>>, Unreadable> {
        self.with_each(places, |found| (found.member, b""))
    }

    /// The body with this member at the top of its JSON, in place of one of that name. `value` is JSON.
    ///
    /// # Errors
    /// As [`Document::values`]; [`Unreadable::NotObject`] where the JSON is no object.
    pub fn with(&self, key: &str, value: &str) -> Result<Vec<u8>, Unreadable> {
        if let Some(replaced) = self.replaced(&Places::key(key), value)? {
            return Ok(replaced);
        }
        let (at, is_empty) = scan::opening(self.json()).ok_or(Unreadable::NotObject)?;
        let key = serde_json::Value::from(key);
        let comma = if is_empty { "" } else { "," };
        let at = self.json.start + at;
        Ok(spliced(
            self.body,
            &[(at..at, format!("{key}:{value}{comma}").as_bytes())],
        ))
    }

    fn with_each<'v>(
        &self,
        places: &Places,
        edit: impl Fn(Found) -> (Range<usize>, &'v [u8]),
    ) -> Result<Option<Vec<u8>>, Unreadable> {
        let found = scan::find(self.json(), places)?;
        if found.is_empty() {
            return Ok(None);
        }
        let start = self.json.start;
        let moved = |(range, with): (Range<usize>, &'v [u8])| (range.start + start..range.end + start, with);
        let edits: Vec<_> = found.into_iter().map(|found| moved(edit(found))).collect();
        Ok(Some(spliced(self.body, &edits)))
    }
}

/// The body with another model in place of the one that it names; `None` where it names none. Only the bytes
/// of the name change, in JSON as in a form.
///
/// # Errors
/// Where the model cannot be read without doubt, or the new name cannot stand there.
pub fn with_model(
    content_type: Option<&str>,
    content_encoding: Option<&str>,
    body: &[u8],
    kind: Kind,
    model: &str,
) -> Result<Option<Vec<u8>>, Unreadable> {
    if kind != Kind::Novelai && is_form(content_type)? {
        if model.chars().any(char::is_control) {
            return Err(Unreadable::NotText);
        }
        let fields = fields_of_form(content_type, content_encoding, body)?;
        let named = fields.into_iter().find(|(name, _)| *name == "model");
        return Ok(named.map(|(_, content)| spliced(body, &[(within(body, content), model.as_bytes())])));
    }
    let name = serde_json::Value::from(model).to_string();
    let document = Document::open(content_type, content_encoding, body, kind)?;
    document.replaced(&Places::key("model"), &name)
}

/// Where a part that was cut out of `body` stands in it.
fn within(body: &[u8], part: &[u8]) -> Range<usize> {
    let start = (part.as_ptr() as usize).saturating_sub(body.as_ptr() as usize);
    start..start + part.len()
}

/// `text` with other bytes in these ranges, which are in order and do not overlap.
fn spliced(text: &[u8], edits: &[(Range<usize>, &[u8])]) -> Vec<u8> {
    let more: usize = edits.iter().map(|(_, with)| with.len()).sum();
    let mut out = Vec::with_capacity(text.len() + more);
    let mut done = 0;
    for (range, with) in edits {
        out.extend_from_slice(text.get(done..range.start).unwrap_or_default());
        out.extend_from_slice(with);
        done = range.end;
    }
    out.extend_from_slice(text.get(done..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests;
