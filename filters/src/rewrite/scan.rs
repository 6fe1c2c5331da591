//! Finds places in a JSON text without building anything of it.
//!
//! Invariant: only texts that [`check`] has passed come to [`find`], so no step here can meet broken JSON;
//! the way down is as deep as a path is long, and what lies beside it is skipped without recursion.

use std::borrow::Cow;
use std::ops::Range;

use serde::de::IgnoredAny;

use super::place::{Places, Step};
use crate::reader::{Unreadable, is_variant_of};

/// A value that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) value: Range<usize>,
    /// What goes when it is taken out: its key too, and one comma.
    pub(super) member: Range<usize>,
}

/// Whether it is one JSON value in UTF-8.
pub(super) fn check(text: &[u8]) -> Result<(), Unreadable> {
    let text = std::str::from_utf8(text).map_err(|_| Unreadable::Json)?;
    serde_json::from_str::<IgnoredAny>(text)
        .map(|_| ())
        .map_err(|_| Unreadable::Json)
}

/// All values at these places, in the order of the text.
pub(super) fn find(text: &[u8], places: &Places) -> Result<Vec<Found>, Unreadable> {
    let mut found = Vec::new();
    walk(text, blank(text, 0), places.steps(), &mut found)?;
    Ok(found)
}

/// Where an object's first member stands or would stand, and whether it has none.
pub(super) fn opening(text: &[u8]) -> Option<(usize, bool)> {
    let start = blank(text, 0);
    let first = blank(text, start + 1);
    (text.get(start) == Some(&b'{')).then(|| (start + 1, text.get(first) == Some(&b'}')))
}

fn walk(text: &[u8], at: usize, steps: &[Step], found: &mut Vec<Found>) -> Result<(), Unreadable> {
    let Some((step, rest)) = steps.split_first() else {
        return Ok(());
    };
    match (step, text.get(at)) {
        (Step::Key(key), Some(b'{')) => match member(text, at, key)? {
            Some(hit) if rest.is_empty() => found.push(hit),
            Some(hit) => walk(text, hit.value.start, rest, found)?,
            None => {}
        },
        (Step::Each, Some(b'[')) => {
            let mut element = blank(text, at + 1);
            while !matches!(text.get(element), Some(b']') | None) {
                walk(text, element, rest, found)?;
                let (_, next) = behind(text, value_end(text, element));
                element = next;
            }
        }
        (Step::Key(_) | Step::Each, _) => {}
    }
    Ok(())
}

/// The member of that key in the object at `at`. It stands there once and in its own case, or not at all.
fn member(text: &[u8], at: usize, key: &str) -> Result<Option<Found>, Unreadable> {
    let mut hit: Option<Found> = None;
    let mut comma_before = None;
    let mut name = blank(text, at + 1);
    while text.get(name) == Some(&b'"') {
        let name_end = string_end(text, name);
        let value = blank(text, blank(text, name_end) + 1);
        let end = value_end(text, value);
        let (comma, next) = behind(text, end);
        let known = unescaped(text, name..name_end);
        if *known == *key {
            if hit.is_some() {
                return Err(Unreadable::Twice);
            }
            let member = match (comma, comma_before) {
                (Some(_), _) => name..next,
                (None, Some(before)) => before..end,
                (None, None) => name..end,
            };
            hit = Some(Found {
                value: value..end,
                member,
            });
        } else if is_variant_of(key, &known) {
            return Err(Unreadable::CaseVariant);
        }
        comma_before = comma;
        name = next;
    }
    Ok(hit)
}

/// A key with its escapes resolved.
fn unescaped(text: &[u8], literal: Range<usize>) -> Cow<'_, str> {
    let literal = text.get(literal).unwrap_or_default();
    let inner = literal
        .get(1..literal.len().saturating_sub(1))
        .unwrap_or_default();
    if inner.contains(&b'\\') {
        return Cow::Owned(serde_json::from_slice(literal).unwrap_or_default());
    }
    Cow::Borrowed(std::str::from_utf8(inner).unwrap_or_default())
}

/// Behind a value: the comma there, if there is one, and where the next thing begins.
fn behind(text: &[u8], end: usize) -> (Option<usize>, usize) {
    let next = blank(text, end);
    match text.get(next) {
        Some(b',') => (Some(next), blank(text, next + 1)),
        _ => (None, next),
    }
}

/// The first place from `at` on that is no white space.
fn blank(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let blank = |b: &u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n');
    at + rest.iter().take_while(|b| blank(b)).count()
}

/// The end of the string that begins at `at`.
fn string_end(text: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    while let Some(byte) = text.get(end) {
        match byte {
            b'"' => return end + 1,
            b'\\' => end += 2,
            _ => end += 1,
        }
    }
    text.len()
}

/// The end of the value that begins at `at`.
fn value_end(text: &[u8], at: usize) -> usize {
    let mut depth = 0_usize;
    let mut end = at;
    while let Some(byte) = text.get(end) {
        match byte {
            b'"' => {
                end = string_end(text, end);
                if depth == 0 {
                    return end;
                }
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth <= 1 => return if depth == 1 { end + 1 } else { end },
            b'}' | b']' => depth -= 1,
            b',' | b' ' | b'\t' | b'\r' | b'\n' if depth == 0 => return end,
            _ => {}
        }
        end += 1;
    }
    text.len()
}
