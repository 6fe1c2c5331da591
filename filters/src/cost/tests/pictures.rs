//! The sizes of picture files, and of files that only look like one.

use super::*;
use crate::cost::picture::{is_encoded_vibe, pixels};
use crate::reader::Image;

fn of(file: &[u8]) -> Option<u64> {
    let in_a_form = pixels(Image::Bytes(file));
    let text = base64(file);
    assert_eq!(pixels(Image::Base64(&text)), in_a_form);
    in_a_form
}

/// A segment of a JPEG, which counts its own length.
fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap();
    [&[0xff, marker][..], &length.to_be_bytes(), content].concat()
}

fn frame(marker: u8, width: u16, height: u16) -> Vec<u8> {
    let content = [
        &[8][..],
        &height.to_be_bytes(),
        &width.to_be_bytes(),
        &[3, 0, 0, 0],
    ]
    .concat();
    segment(marker, &content)
}

fn jpeg(segments: &[Vec<u8>]) -> Vec<u8> {
    [&[0xff, 0xd8][..], &segments.concat(), &[0xff, 0xda, 0, 8]].concat()
}

fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap();
    let padding = vec![0; content.len() % 2];
    [&name[..], &length.to_le_bytes(), content, &padding].concat()
}

fn webp(chunks: &[Vec<u8>]) -> Vec<u8> {
    [&b"RIFF\0\0\0\0WEBP"[..], &chunks.concat()].concat()
}

fn lossy(width: u16, height: u16) -> Vec<u8> {
    let head = [0, 0, 0, 0x9d, 1, 0x2a];
    chunk(
        b"VP8 ",
        &[&head[..], &width.to_le_bytes(), &height.to_le_bytes(), &[0; 9]].concat(),
    )
}

fn lossless(width: u32, height: u32) -> Vec<u8> {
    let bits = (width - 1) | ((height - 1) << 14);
    chunk(b"VP8L", &[&[0x2f][..], &bits.to_le_bytes(), &[0; 9]].concat())
}

fn extended(flags: u8, width: u32, height: u32) -> Vec<u8> {
    let side = |side: u32| (side - 1).to_le_bytes()[..3].to_vec();
    chunk(
        b"VP8X",
        &[vec![flags, 0, 0, 0], side(width), side(height)].concat(),
    )
}

#[test]
fn a_png_has_the_size_of_its_header() {
    assert_eq!(of(&png(832, 1216)), Some(832 * 1216));
    assert_eq!(of(&png(0, 1216)), None);
    assert_eq!(of(&png(832, 1216)[..20]), None);
    let mut other_chunk_first = png(832, 1216);
    other_chunk_first[12..16].copy_from_slice(b"tEXt");
    assert_eq!(of(&other_chunk_first), None);
}

#[test]
fn a_jpeg_has_the_size_of_its_frame_and_not_of_its_thumbnail() {
    for marker in [0xc0, 0xc1, 0xc2] {
        assert_eq!(of(&jpeg(&[frame(marker, 640, 480)])), Some(640 * 480));
    }
    let thumbnail = segment(0xe1, &jpeg(&[frame(0xc0, 16, 16)]));
    let tables = segment(0xc4, &[0; 30]);
    let long = segment(0xe2, &[0xff; 60_000]);
    let file = jpeg(&[thumbnail, tables, long, vec![0xff, 0xff], frame(0xc2, 640, 480)]);
    assert_eq!(of(&file), Some(640 * 480));
    assert_eq!(of(&jpeg(&[])), None);
    assert_eq!(of(&jpeg(&[vec![0xff, 0xe1, 0, 1], frame(0xc0, 640, 480)])), None);
    assert_eq!(of(&jpeg(&[frame(0xc0, 640, 0)])), None);
    let too_far = vec![segment(0xe2, &[0; 65_000]); 4];
    assert_eq!(of(&jpeg(&[too_far.concat(), frame(0xc0, 640, 480)])), None);
}

#[test]
fn a_webp_has_the_size_of_its_frame_and_canvas() {
    assert_eq!(of(&webp(&[lossy(640, 480)])), Some(640 * 480));
    assert_eq!(of(&webp(&[lossless(640, 480)])), Some(640 * 480));
    let profile = chunk(b"ICCP", &[7; 333]);
    let file = webp(&[extended(0x20, 640, 480), profile.clone(), lossless(640, 480)]);
    assert_eq!(of(&file), Some(640 * 480));
    assert_eq!(
        of(&webp(&[extended(0x20, 16, 16), profile, lossless(640, 480)])),
        None
    );
    assert_eq!(of(&webp(&[extended(0x02, 640, 480), lossless(640, 480)])), None);
    assert_eq!(of(&webp(&[extended(0, 640, 480)])), None);
    assert_eq!(of(&webp(&[])), None);
}

#[test]
fn anything_else_has_no_size() {
    for file in [
        &b""[..],
        b"GIF89a\x01\0\x01\0",
        b"BM",
        b"<svg width='1' height='1'/>",
        b"\x89PNG",
        b"RIFF",
    ] {
        assert_eq!(of(file), None);
    }
    for text in [
        "data:image/png;base64,iVBORw0KGgo=",
        " iVBORw0KGgo=",
        "iVBORw0KGgo",
        "image",
        "é",
    ] {
        assert_eq!(pixels(Image::Base64(text)), None);
    }
    assert_eq!(pixels(Image::Missing), None);
}

#[test]
fn a_vibe_is_encoded_only_where_it_is_surely_no_picture() {
    let file = png(64, 64);
    assert!(is_encoded_vibe(Image::Bytes(b"encoding")));
    assert!(is_encoded_vibe(Image::Base64("AAAA")));
    assert!(!is_encoded_vibe(Image::Bytes(&file)));
    for text in [
        base64(&file),
        format!("\n{}", base64(b"encoding")),
        "%".to_owned(),
        String::new(),
    ] {
        assert!(!is_encoded_vibe(Image::Base64(&text)), "{text}");
    }
    assert!(!is_encoded_vibe(Image::Missing));
}
