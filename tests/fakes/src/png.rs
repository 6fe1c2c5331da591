//! A PNG of one colour. Layout as of the PNG specification, third edition, §5.

use std::io::{self, Write};

use bytes::{BufMut, Bytes, BytesMut};
use flate2::Compression;
use flate2::write::ZlibEncoder;

/// An 8-bit RGB picture of `width` × `height` pixels, all of `colour`.
///
/// # Errors
/// None in practice: it is written to memory.
pub(crate) fn solid(width: u32, height: u32, colour: [u8; 3]) -> io::Result<Bytes> {
    let mut row = vec![0]; // Filter type "none".
    row.extend((0..width).flat_map(|_| colour));
    let mut rows = ZlibEncoder::new(Vec::new(), Compression::fast());
    for _ in 0..height {
        rows.write_all(&row)?;
    }
    // 8 bits, RGB, deflate, adaptive filters, not interlaced.
    let head = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    let mut png = BytesMut::from(&b"\x89PNG\r\n\x1a\n"[..]);
    chunk(&mut png, *b"IHDR", &head);
    chunk(&mut png, *b"IDAT", &rows.finish()?);
    chunk(&mut png, *b"IEND", &[]);
    Ok(png.freeze())
}

fn chunk(png: &mut BytesMut, kind: [u8; 4], data: &[u8]) {
    let mut sum = crc32fast::Hasher::new();
    sum.update(&kind);
    sum.update(data);
    png.put_u32(u32::try_from(data.len()).unwrap_or(u32::MAX));
    png.put_slice(&kind);
    png.put_slice(data);
    png.put_u32(sum.finalize());
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn the_pixels_come_back_in_the_colour_asked_for() {
        let png = solid(3, 2, [1, 2, 3]).unwrap();
        let at = png.windows(4).position(|kind| kind == b"IDAT").unwrap() + 4;
        let mut rows = Vec::new();
        flate2::read::ZlibDecoder::new(&png[at..])
            .read_to_end(&mut rows)
            .unwrap();
        assert_eq!(rows, [[0, 1, 2, 3, 1, 2, 3, 1, 2, 3]; 2].concat());
        assert!(png.ends_with(b"\0\0\0\0IEND\xae\x42\x60\x82"));
    }
}
