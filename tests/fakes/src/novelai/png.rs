//! Writes small real PNG files: true to the size asked for, one bit deep, with text chunks; reads a PNG's size.
//!
//! Invariant: any decoder accepts what comes out, and two seeds give two different pictures.

use std::io::{self, Write};

use bytes::{BufMut, Bytes, BytesMut};
use flate2::{Compression, write::ZlibEncoder};

const SIGNATURE: [u8; 8] = [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a];

/// A picture of `width` × `height` pixels striped by `seed`; `filler` more bytes that do not compress make the
/// file as heavy as a real one.
pub(crate) fn write(
    (width, height): (u32, u32),
    seed: u64,
    texts: &[(&str, String)],
    filler: usize,
) -> io::Result<Bytes> {
    let mut file = BytesMut::from(SIGNATURE.as_slice());
    chunk(&mut file, *b"IHDR", &header(width, height));
    for (key, text) in texts {
        chunk(
            &mut file,
            *b"tEXt",
            &[key.as_bytes(), b"\0", text.as_bytes()].concat(),
        );
    }
    if filler > 0 {
        chunk(&mut file, *b"fiLl", &noise(seed, filler));
    }
    chunk(&mut file, *b"IDAT", &pixels(width, height, seed)?);
    chunk(&mut file, *b"IEND", &[]);
    Ok(file.freeze())
}

/// Width and height of a PNG; `None` if it is not one.
pub(crate) fn size(file: &[u8]) -> Option<(u32, u32)> {
    let rest = file.strip_prefix(&SIGNATURE)?.get(4..)?.strip_prefix(b"IHDR")?;
    let (width, rest) = rest.split_first_chunk()?;
    let (height, _) = rest.split_first_chunk()?;
    Some((u32::from_be_bytes(*width), u32::from_be_bytes(*height)))
}

/// Whether it begins as a PNG does.
pub(crate) fn is_png(file: &[u8]) -> bool {
    file.starts_with(&SIGNATURE)
}

fn chunk(file: &mut BytesMut, kind: [u8; 4], data: &[u8]) {
    let mut sum = crc32fast::Hasher::new();
    sum.update(&kind);
    sum.update(data);
    file.put_u32(u32::try_from(data.len()).unwrap_or(u32::MAX));
    file.put_slice(&kind);
    file.put_slice(data);
    file.put_u32(sum.finalize());
}

/// One bit, greyscale, deflate, not interlaced.
fn header(width: u32, height: u32) -> Vec<u8> {
    [
        width.to_be_bytes().as_slice(),
        &height.to_be_bytes(),
        &[1, 0, 0, 0, 0],
    ]
    .concat()
}

fn pixels(width: u32, height: u32, seed: u64) -> io::Result<Vec<u8>> {
    let stripes = seed.to_le_bytes();
    let row: Vec<u8> = std::iter::once(0) // no filter
        .chain(stripes.into_iter().cycle().take(width.div_ceil(8) as usize))
        .collect();
    let mut out = ZlibEncoder::new(Vec::new(), Compression::fast());
    for _ in 0..height {
        out.write_all(&row)?;
    }
    out.finish()
}

/// xorshift64: bytes that no compressor shortens.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed | 1;
    std::iter::from_fn(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        Some(state.to_le_bytes())
    })
    .flatten()
    .take(length)
    .collect()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    /// The chunks of a file, each with its sum checked.
    fn chunks(file: &[u8]) -> Vec<(String, Vec<u8>)> {
        let mut rest = file.strip_prefix(&SIGNATURE).unwrap();
        let mut found = Vec::new();
        while !rest.is_empty() {
            let length = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
            let sum = u32::from_be_bytes(rest[8 + length..12 + length].try_into().unwrap());
            assert_eq!(crc32fast::hash(&rest[4..8 + length]), sum);
            found.push((
                String::from_utf8_lossy(&rest[4..8]).into_owned(),
                rest[8..8 + length].to_vec(),
            ));
            rest = &rest[12 + length..];
        }
        found
    }

    #[test]
    fn the_file_has_its_size_its_texts_and_all_its_rows() {
        let file = write((100, 30), 7, &[("Software", "NovelAI".to_owned())], 0).unwrap();
        assert_eq!(size(&file), Some((100, 30)));
        let chunks = chunks(&file);
        assert_eq!(chunks[1], ("tEXt".to_owned(), b"Software\0NovelAI".to_vec()));
        let mut rows = Vec::new();
        flate2::read::ZlibDecoder::new(chunks[2].1.as_slice())
            .read_to_end(&mut rows)
            .unwrap();
        assert_eq!(rows.len(), 30 * (1 + 13));
    }

    #[test]
    fn filler_adds_exactly_its_bytes_and_a_chunk() {
        let plain = write((64, 64), 7, &[], 0).unwrap();
        let heavy = write((64, 64), 7, &[], 1000).unwrap();
        assert_eq!(heavy.len(), plain.len() + 1000 + 12);
        assert_eq!(chunks(&heavy)[1].0, "fiLl");
    }

    #[test]
    fn two_seeds_give_two_pictures() {
        assert_ne!(
            write((64, 64), 1, &[], 0).unwrap(),
            write((64, 64), 2, &[], 0).unwrap()
        );
    }

    #[test]
    fn what_is_no_png_has_no_size() {
        assert_eq!(size(b"RIFF"), None);
        assert_eq!(size(&SIGNATURE), None);
    }
}
