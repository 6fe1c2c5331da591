//! Takes a form apart, exactly as clients put it together and no other way.
//!
//! Invariant: every place where the boundary occurs is a delimiter for every reader. No text before the
//! first or behind the last one, no bare line feeds, no blanks behind a delimiter, no folded headers.

use memchr::memmem;

use super::Unreadable;
use super::disposition::{parameters, value_of};

/// More than any client sends: an image, its mask, and some references.
const MOST_PARTS: usize = 256;
/// Bytes of one part's headers.
const LONGEST_HEADERS: usize = 8 * 1024;

/// One part of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part<'a> {
    /// Its `name`.
    pub(crate) name: &'a str,
    /// Whether it has a file name.
    pub(crate) is_file: bool,
    /// Its `Content-Type`, where it has one.
    pub(crate) content_type: Option<&'a str>,
    /// What is in it.
    pub(crate) content: &'a [u8],
}

/// The parts of a form in order.
///
/// # Errors
/// [`Unreadable::Form`] where the body is put together in any other way than the usual one.
pub(crate) fn parts<'a>(boundary: &str, body: &'a [u8]) -> Result<Vec<Part<'a>>, Unreadable> {
    split(boundary, body).ok_or(Unreadable::Form)
}

fn split<'a>(boundary: &str, body: &'a [u8]) -> Option<Vec<Part<'a>>> {
    let delimiter = format!("--{boundary}");
    let finder = memmem::Finder::new(delimiter.as_bytes());
    let mut rest = body.strip_prefix(delimiter.as_bytes())?;
    let mut parts = Vec::new();
    while !is_end(rest) {
        let content = rest.strip_prefix(b"\r\n")?;
        let (before, at) = content.split_at_checked(finder.find(content)?)?;
        if parts.len() == MOST_PARTS {
            return None;
        }
        parts.push(part(before.strip_suffix(b"\r\n")?)?);
        rest = at.strip_prefix(delimiter.as_bytes())?;
    }
    Some(parts)
}

/// Behind the last boundary: two dashes, perhaps a line end, and nothing else.
fn is_end(rest: &[u8]) -> bool {
    matches!(rest, b"--" | b"--\r\n")
}

fn part(text: &[u8]) -> Option<Part<'_>> {
    let (head, content) = text.split_at_checked(memmem::find(text, b"\r\n\r\n")?)?;
    let content = content.strip_prefix(b"\r\n\r\n")?;
    let head = std::str::from_utf8(head)
        .ok()
        .filter(|head| head.len() <= LONGEST_HEADERS)?;
    let mut disposition = None;
    let mut content_type = None;
    for line in head.split("\r\n") {
        match header(line)? {
            Header::Disposition(value) if disposition.is_none() => disposition = Some(value),
            Header::ContentType(value) if content_type.is_none() => content_type = Some(value),
            Header::Harmless => {}
            Header::Disposition(_) | Header::ContentType(_) => return None,
        }
    }
    let (name, is_file) = named(disposition?)?;
    Some(Part {
        name,
        is_file,
        content_type,
        content,
    })
}

enum Header<'a> {
    Disposition(&'a str),
    ContentType(&'a str),
    Harmless,
}

/// `None` for every header that is not known to leave the part as it is; an encoding would hide what it
/// says.
fn header(line: &str) -> Option<Header<'_>> {
    let (name, value) = line.split_once(':')?;
    if value.chars().any(|c| c.is_control() && c != '\t') {
        return None;
    }
    let value = value.trim_matches([' ', '\t']);
    match name.to_ascii_lowercase().as_str() {
        "content-disposition" => Some(Header::Disposition(value)),
        "content-type" => Some(Header::ContentType(value)),
        "content-length" => Some(Header::Harmless),
        "content-transfer-encoding" => is_plain(value).then_some(Header::Harmless),
        _ => None,
    }
}

fn is_plain(transfer_encoding: &str) -> bool {
    ["7bit", "8bit", "binary"]
        .iter()
        .any(|plain| plain.eq_ignore_ascii_case(transfer_encoding))
}

/// The name of a part, and whether it has a file name.
fn named(disposition: &str) -> Option<(&str, bool)> {
    let rest = disposition
        .strip_prefix("form-data")?
        .trim_start_matches([' ', '\t'])
        .strip_prefix(';')?;
    let parameters = parameters(rest)?;
    let is_file = ["filename", "filename*"]
        .iter()
        .any(|name| value_of(&parameters, name).is_some());
    Some((value_of(&parameters, "name")?, is_file))
}
