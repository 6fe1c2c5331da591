//! The size of a WebP: lossy, lossless, or extended, where the canvas and the one frame on it must agree.

use super::Size;

/// Of an extended file: it has more frames than one.
const ANIMATED: u8 = 0b10;

pub(super) fn size(head: &[u8]) -> Option<Size> {
    let chunks = head.get(12..)?;
    match chunk(chunks)? {
        (b"VP8X", canvas) => {
            let size = extended(canvas)?;
            (frame(behind(chunks)?)? == size).then_some(size)
        }
        _ => frame(chunks),
    }
}

/// A chunk's name, and what follows its length.
fn chunk(chunks: &[u8]) -> Option<(&[u8; 4], &[u8])> {
    let (name, rest) = chunks.split_first_chunk()?;
    Some((name, rest.get(4..)?))
}

/// Behind a chunk, which is padded to an even length.
fn behind(chunks: &[u8]) -> Option<&[u8]> {
    let length = u32::from_le_bytes(*chunks.get(4..)?.first_chunk()?);
    let length = usize::try_from(length).ok()?;
    chunks.get(8..)?.get(length.checked_next_multiple_of(2)?..)
}

/// The first chunk that holds an image.
fn frame(mut chunks: &[u8]) -> Option<Size> {
    loop {
        match chunk(chunks)? {
            (b"VP8 ", data) => return lossy(data),
            (b"VP8L", data) => return lossless(data),
            (b"ANMF" | b"VP8X", _) => return None,
            _ => chunks = behind(chunks)?,
        }
    }
}

/// A key frame: three bytes of tag, a start code, and 14 bits each.
fn lossy(data: &[u8]) -> Option<Size> {
    let [tag, _, _, 0x9d, 0x01, 0x2a, w0, w1, h0, h1] = *data.first_chunk()? else {
        return None;
    };
    let is_key_frame = tag & 1 == 0;
    let side = |low, high| u32::from(u16::from_le_bytes([low, high])) & 0x3fff;
    is_key_frame.then_some((side(w0, w1), side(h0, h1)))
}

/// A signature, then 14 bits each, one less than the side.
fn lossless(data: &[u8]) -> Option<Size> {
    let bits = u32::from_le_bytes(*data.strip_prefix(b"\x2f")?.first_chunk()?);
    Some(((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1))
}

/// Flags, three reserved bytes, then 24 bits each, one less than the side.
fn extended(data: &[u8]) -> Option<Size> {
    let [flags, _, _, _, w0, w1, w2, h0, h1, h2] = *data.first_chunk()?;
    let side = |bytes| u32::from_le_bytes(bytes) + 1;
    (flags & ANIMATED == 0).then_some((side([w0, w1, w2, 0]), side([h0, h1, h2, 0])))
}
