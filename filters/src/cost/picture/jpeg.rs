//! The size of a JPEG: in its frame header, behind any number of other segments.

use super::Size;

/// Walks from segment to segment; what is inside of one (a thumbnail, say) is passed over.
pub(super) fn size(head: &[u8]) -> Option<Size> {
    let mut rest = head.strip_prefix(b"\xff\xd8")?;
    loop {
        rest = rest.strip_prefix(b"\xff")?;
        let (marker, after) = rest.split_first()?;
        match marker {
            // A marker may be preceded by any number of fill bytes.
            0xff => {}
            // Frame headers, among whose numbers stand tables (C4, CC) and a reserved one (C8).
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => return frame(after),
            0xc4 | 0xc8 | 0xcc | 0xdb..=0xfe => rest = behind(after)?,
            // No segment with a length stands before the frame, or the picture has none.
            0x00..=0xbf | 0xd0..=0xda => return None,
        }
    }
}

/// Behind a segment, whose length counts itself.
fn behind(segment: &[u8]) -> Option<&[u8]> {
    let length = usize::from(u16::from_be_bytes(*segment.first_chunk()?));
    (length >= 2).then(|| segment.get(length..)).flatten()
}

/// Length, bits per sample, height, width.
fn frame(segment: &[u8]) -> Option<Size> {
    let [_, _, _, h1, h0, w1, w0] = *segment.first_chunk()?;
    let number = |high, low| u32::from(u16::from_be_bytes([high, low]));
    Some((number(w1, w0), number(h1, h0)))
}
