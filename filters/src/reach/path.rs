//! The path guard: decodes a request's path once and refuses what two servers could read differently.

use std::borrow::Cow;

/// Stands in a decoded path for a `%2F`, which is part of its segment and separates nothing. No path can
/// hold it otherwise, because control characters are refused.
pub const SLASH_IN_SEGMENT: char = '\u{1}';

/// Why a path is refused. The client is told `bad_path`; this is for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum PathError {
    /// A full URL, `*`, `host:port` or nothing at all.
    #[error("does not start with a slash")]
    NotAbsolute,
    /// `//`, or a `%2F` at the edge of a segment.
    #[error("has an empty segment")]
    EmptySegment,
    /// `.` or `..`, plain or encoded, with parameters or trailing blanks.
    #[error("has a dot segment")]
    DotSegment,
    /// A separator to some servers.
    #[error("has a backslash")]
    Backslash,
    /// Blanks as sent, NUL, line ends and their like, plain or encoded.
    #[error("has a blank or control character")]
    Control,
    /// A fragment is never sent.
    #[error("has a fragment")]
    Fragment,
    /// A percent sign without two hexadecimal digits.
    #[error("has a broken escape")]
    BadEscape,
    /// Overlong forms and surrogates too.
    #[error("is not UTF-8 when decoded")]
    NotUtf8,
    /// Must be sent percent-encoded.
    #[error("has characters outside ASCII")]
    NotAscii,
}

/// Checks a request target in origin form and returns its path, percent-decoded once, without the query.
///
/// A `%2F` inside a segment becomes [`SLASH_IN_SEGMENT`]. What is encoded twice stays encoded once.
///
/// # Errors
/// See [`PathError`]. The query is checked only for what may not be sent at all.
pub fn decode_path(target: &str) -> Result<Cow<'_, str>, PathError> {
    if is_plain(target) {
        return Ok(Cow::Borrowed(target));
    }
    decode(target)
}

/// Whether nothing in it is to be decoded or could be refused, as in nearly every path: one look in place of one for
/// each thing that may be wrong.
fn is_plain(target: &str) -> bool {
    let mut before = 0;
    let plain = |byte: u8| {
        let slashes = byte == b'/' && before == b'/';
        before = byte;
        !slashes && (byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_'))
    };
    target.starts_with('/') && target.bytes().all(plain)
}

fn decode(target: &str) -> Result<Cow<'_, str>, PathError> {
    check_sent(target)?;
    let path = target.split_once('?').map_or(target, |(path, _)| path);
    if !path.starts_with('/') {
        return Err(PathError::NotAbsolute);
    }
    if path.contains('\\') {
        return Err(PathError::Backslash);
    }
    let decoded = if path.contains('%') {
        Cow::Owned(unescape(path)?)
    } else {
        Cow::Borrowed(path)
    };
    check_segments(&decoded)?;
    Ok(decoded)
}

fn check_sent(target: &str) -> Result<(), PathError> {
    if target.bytes().any(|b| b.is_ascii_control() || b == b' ') {
        return Err(PathError::Control);
    }
    if target.contains('#') {
        return Err(PathError::Fragment);
    }
    if target.is_ascii() {
        Ok(())
    } else {
        Err(PathError::NotAscii)
    }
}

fn unescape(path: &str) -> Result<String, PathError> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut pieces = path.split('%');
    bytes.extend(pieces.next().unwrap_or_default().bytes());
    for piece in pieces {
        let (digits, rest) = piece.split_at_checked(2).ok_or(PathError::BadEscape)?;
        bytes.push(unescaped(digits)?);
        bytes.extend(rest.bytes());
    }
    let decoded = String::from_utf8(bytes).map_err(|_| PathError::NotUtf8)?;
    if decoded.chars().any(|c| c.is_control() && c != SLASH_IN_SEGMENT) {
        return Err(PathError::Control);
    }
    Ok(decoded)
}

fn unescaped(digits: &str) -> Result<u8, PathError> {
    let is_hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
    let byte = u8::from_str_radix(digits, 16)
        .ok()
        .filter(|_| is_hex)
        .ok_or(PathError::BadEscape)?;
    match byte {
        b'/' => Ok(SLASH_IN_SEGMENT as u8),
        b'\\' => Err(PathError::Backslash),
        byte if byte.is_ascii_control() => Err(PathError::Control),
        byte => Ok(byte),
    }
}

/// Splits at encoded slashes too: a server behind that decodes them first sees these pieces.
fn check_segments(path: &str) -> Result<(), PathError> {
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        // A slash at the end is no empty segment.
        if segment.is_empty() && segments.peek().is_none() {
            return Ok(());
        }
        segment.split(SLASH_IN_SEGMENT).try_for_each(check_piece)?;
    }
    Ok(())
}

/// Some servers cut parameters (`..;x`) or trailing blanks off before they look for dots.
fn check_piece(piece: &str) -> Result<(), PathError> {
    let name = piece
        .split_once(';')
        .map_or(piece, |(name, _)| name)
        .trim_end_matches(' ');
    match name {
        _ if piece.is_empty() => Err(PathError::EmptySegment),
        "." | ".." => Err(PathError::DotSegment),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_short_look_never_differs_from_the_whole_one(
            target in prop_oneof!["/[ab/_-]{0,8}", "/?[ab/._%2F;\\\\ ?#é-]{0,8}"],
        ) {
            prop_assert_eq!(decode_path(&target), decode(&target));
        }
    }
}
