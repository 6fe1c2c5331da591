//! How large is a picture, and is it one at all? Read from the head of a PNG, JPEG or WebP file.
//!
//! Invariant: only the head is decoded. Whatever is odd has no size, and what needs one is then priced as
//! the largest.

mod jpeg;
mod webp;

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::reader::Image;

/// Bytes in which the size of any picture stands, save for a JPEG with long metadata before it.
const HEAD: usize = 48;
/// Bytes in which the size of a JPEG or an extended WebP is looked for.
const LONG_HEAD: usize = 192 * 1024;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Width and height, in pixels.
type Size = (u32, u32);

/// The pixels of a picture.
pub(super) fn pixels(image: Image<'_>) -> Option<u64> {
    let (width, height) = match format(&head(image, HEAD)?)? {
        Format::Png => png(&head(image, HEAD)?)?,
        Format::Jpeg => jpeg::size(&head(image, LONG_HEAD)?)?,
        Format::Webp => webp::size(&head(image, LONG_HEAD)?)?,
    };
    (width > 0 && height > 0).then(|| u64::from(width) * u64::from(height))
}

/// Whether something that is given as a vibe is surely not a plain picture.
pub(super) fn is_encoded_vibe(image: Image<'_>) -> bool {
    head(image, HEAD).is_some_and(|head| !head.is_empty() && format(&head).is_none())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Png,
    Jpeg,
    Webp,
}

fn format(head: &[u8]) -> Option<Format> {
    match head {
        _ if head.starts_with(PNG) => Some(Format::Png),
        [0xff, 0xd8, 0xff, ..] => Some(Format::Jpeg),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Format::Webp),
        _ => None,
    }
}

/// The first `most` bytes. `None` where there are none, or they are no base64 as NovelAI takes it.
fn head(image: Image<'_>, most: usize) -> Option<Cow<'_, [u8]>> {
    match image {
        Image::Bytes(bytes) => Some(Cow::Borrowed(bytes.get(..most).unwrap_or(bytes))),
        Image::Base64(text) => {
            // Whole groups of four characters, so that a cut one needs no padding.
            let text = text.as_bytes();
            let start = text.get(..most.div_ceil(3) * 4).unwrap_or(text);
            STANDARD.decode(start).ok().map(Cow::Owned)
        }
        Image::Missing => None,
    }
}

/// The header chunk comes first, always.
fn png(head: &[u8]) -> Option<Size> {
    let header = head.strip_prefix(PNG)?.get(4..)?.strip_prefix(b"IHDR")?;
    let (width, rest) = header.split_first_chunk()?;
    let (height, _) = rest.split_first_chunk()?;
    Some((u32::from_be_bytes(*width), u32::from_be_bytes(*height)))
}
