//! `usage: ask`: a stream's usage is asked for where its client did not, and the client sees nothing of it.
//!
//! 1. [`asking`]: the request's body with `stream_options.include_usage`, all other bytes as they came.
//! 2. [`Hiding`]: the answer without what that added: the event that has the usage and no choices, and `"usage":null`
//!    in all others.
//!
//! Invariants: what cannot be read beyond doubt goes on as it is, both ways; an event is held back only until its end is
//! there, and never more than [`LONGEST`] of it.

use memchr::memmem;

use crate::model::Kind;
use crate::rewrite::{Document, Places};

const OPTIONS: &str = "stream_options";
const INCLUDE: &str = "include_usage";
const JSON: Option<&str> = Some("application/json");

/// Bytes of an event that are held until the rest is there. An event that says what was used is far shorter.
const LONGEST: usize = 256 * 1024;

/// The body of a request for a stream that asks for its usage, too; `None` where it does so already, wants no stream or
/// cannot be read.
#[must_use]
pub fn asking(content_type: Option<&str>, content_encoding: Option<&str>, body: &[u8]) -> Option<Vec<u8>> {
    let document = Document::open(content_type, content_encoding, body, Kind::Openai).ok()?;
    let value = |key| document.values(&Places::key(key)).ok();
    if value("stream")?.as_slice() != [b"true"] {
        return None;
    }
    let options = value(OPTIONS)?;
    match options.as_slice() {
        [] | [b"null"] => document.with(OPTIONS, r#"{"include_usage":true}"#).ok(),
        [options] => {
            let inner = Document::open(JSON, None, options, Kind::Openai).ok()?;
            if inner.values(&Places::key(INCLUDE)).ok()?.as_slice() == [b"true"] {
                return None;
            }
            let options = String::from_utf8(inner.with(INCLUDE, "true").ok()?).ok()?;
            document.with(OPTIONS, &options).ok()
        }
        [_, _, ..] => None,
    }
}

/// What an event becomes.
enum Shown {
    AsItIs,
    Changed(Vec<u8>),
    Hidden,
}

/// A stream of events on its way to a client that did not ask for usage.
#[derive(Debug, Default)]
pub struct Hiding {
    /// The beginning of an event whose end is not there.
    held: Vec<u8>,
    /// An event was too long: it and all that follows goes on as it is.
    gave_up: bool,
}

impl Hiding {
    /// What goes on of a piece; `None` where that is all of it, as it is. `end`: it is the last.
    pub fn pass(&mut self, piece: &[u8], end: bool) -> Option<Vec<u8>> {
        if self.gave_up || self.held.is_empty() && !end && is_plain(piece) {
            return None;
        }
        let mut held = std::mem::take(&mut self.held);
        held.extend_from_slice(piece);
        let mut shown = Vec::with_capacity(held.len());
        let mut rest = held.as_slice();
        while let Some(length) = event_in(rest) {
            let (event, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
            show(event, &mut shown);
            rest = after;
        }
        if end {
            show(rest, &mut shown);
        } else if rest.len() > LONGEST {
            self.gave_up = true;
            shown.extend_from_slice(rest);
        } else {
            self.held = rest.to_vec();
        }
        Some(shown)
    }
}

/// Whether all of a piece goes on as it is, and nothing of it is to be held.
fn is_plain(piece: &[u8]) -> bool {
    let whole = [&b"\n\n"[..], b"\r\n\r\n"].iter().any(|end| piece.ends_with(end));
    whole && memmem::find(piece, b"\"usage\"").is_none()
}

/// The length of the first event, with the empty line that ends it; `None` where that is not there.
fn event_in(text: &[u8]) -> Option<usize> {
    let end = |end: &[u8]| memmem::find(text, end).map(|at| at + end.len());
    match (end(b"\n\n"), end(b"\n\r\n")) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

fn show(event: &[u8], shown: &mut Vec<u8>) {
    match shown_as(event) {
        Shown::AsItIs => shown.extend_from_slice(event),
        Shown::Changed(event) => shown.extend_from_slice(&event),
        Shown::Hidden => {}
    }
}

fn shown_as(event: &[u8]) -> Shown {
    if memmem::find(event, b"\"usage\"").is_none() {
        return Shown::AsItIs;
    }
    let Some(data) = data_of(event) else {
        return Shown::AsItIs;
    };
    changed(event, data).unwrap_or(Shown::AsItIs)
}

/// The data of an event that has one line of it.
fn data_of(event: &[u8]) -> Option<&[u8]> {
    let mut lines = event.split(|byte| *byte == b'\n');
    let data = lines.find_map(|line| line.strip_prefix(b"data:"))?;
    let more = lines.any(|line| line.starts_with(b"data:"));
    (!more).then_some(data.trim_ascii())
}

fn changed(event: &[u8], data: &[u8]) -> Option<Shown> {
    let document = Document::open(JSON, None, data, Kind::Openai).ok()?;
    let usage = Places::key("usage");
    match document.values(&usage).ok()?.as_slice() {
        [b"null"] => {
            let without = document.without(&usage).ok()??;
            let start = (data.as_ptr() as usize).checked_sub(event.as_ptr() as usize)?;
            let (before, after) = (event.get(..start)?, event.get(start + data.len()..)?);
            Some(Shown::Changed([before, &without, after].concat()))
        }
        [used] if used.starts_with(b"{") => {
            let choices = document.values(&Places::key("choices")).ok()?;
            let none = |choices: &&[u8]| {
                let inner = choices
                    .strip_prefix(b"[")
                    .and_then(|rest| rest.strip_suffix(b"]"));
                inner.is_some_and(|inner| inner.trim_ascii().is_empty())
            };
            (choices.len() == 1 && choices.iter().all(none)).then_some(Shown::Hidden)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
