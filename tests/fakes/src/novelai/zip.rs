//! Writes the ZIP archives that images come in: deflated entries, nothing optional.
//!
//! Invariant: names are short and ASCII, archives are far below 4 GiB, so neither ZIP64 nor UTF-8 flags are needed.

use std::io::{self, Write};

use bytes::{BufMut, Bytes, BytesMut};
use flate2::{Compression, write::DeflateEncoder};

/// 1980-01-01, the earliest date that the format knows.
const DATE: u16 = 0x0021;
const VERSION: u16 = 20;
const DEFLATE: u16 = 8;

struct Entry<'a> {
    name: &'a str,
    sum: u32,
    packed: Vec<u8>,
    length: usize,
    at: usize,
}

/// An archive of the files, in their order.
pub(crate) fn write(files: &[(String, Bytes)]) -> io::Result<Bytes> {
    let mut archive = BytesMut::new();
    let mut entries = Vec::with_capacity(files.len());
    for (name, content) in files {
        let mut packer = DeflateEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(content)?;
        let packed = packer.finish()?;
        let entry = Entry {
            name,
            sum: crc32fast::hash(content),
            packed,
            length: content.len(),
            at: archive.len(),
        };
        archive.put_slice(b"PK\x03\x04");
        fields(&mut archive, &entry);
        archive.put_slice(name.as_bytes());
        archive.put_slice(&entry.packed);
        entries.push(entry);
    }
    directory(&mut archive, &entries);
    Ok(archive.freeze())
}

/// What a local header and a directory entry have in common.
fn fields(archive: &mut BytesMut, entry: &Entry<'_>) {
    for short in [VERSION, 0, DEFLATE, 0, DATE] {
        archive.put_u16_le(short);
    }
    archive.put_u32_le(entry.sum);
    archive.put_u32_le(u32_of(entry.packed.len()));
    archive.put_u32_le(u32_of(entry.length));
    archive.put_u16_le(u16_of(entry.name.len()));
    archive.put_u16_le(0);
}

fn directory(archive: &mut BytesMut, entries: &[Entry<'_>]) {
    let start = archive.len();
    for entry in entries {
        archive.put_slice(b"PK\x01\x02");
        archive.put_u16_le(VERSION);
        fields(archive, entry);
        archive.put_slice(&[0; 10]); // comment length, disk, attributes
        archive.put_u32_le(u32_of(entry.at));
        archive.put_slice(entry.name.as_bytes());
    }
    let length = archive.len() - start;
    archive.put_slice(b"PK\x05\x06");
    archive.put_u32_le(0);
    archive.put_u16_le(u16_of(entries.len()));
    archive.put_u16_le(u16_of(entries.len()));
    archive.put_u32_le(u32_of(length));
    archive.put_u32_le(u32_of(start));
    archive.put_u16_le(0);
}

fn u32_of(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn u16_of(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}

/// Reads an archive by its directory, as a client does.
#[cfg(test)]
pub(crate) fn read(archive: &[u8]) -> Vec<(String, Vec<u8>)> {
    use std::io::Read;

    let short = |at: usize| u16::from_le_bytes(archive[at..at + 2].try_into().unwrap()) as usize;
    let long = |at: usize| u32::from_le_bytes(archive[at..at + 4].try_into().unwrap()) as usize;
    let end = archive.len() - 22;
    assert_eq!(&archive[end..end + 4], b"PK\x05\x06");
    let mut at = long(end + 16);
    let mut files = Vec::new();
    for _ in 0..short(end + 10) {
        assert_eq!(&archive[at..at + 4], b"PK\x01\x02");
        let name = String::from_utf8(archive[at + 46..at + 46 + short(at + 28)].to_vec()).unwrap();
        let local = long(at + 42);
        assert_eq!(&archive[local..local + 4], b"PK\x03\x04");
        let data = local + 30 + short(local + 26) + short(local + 28);
        let mut content = Vec::new();
        flate2::read::DeflateDecoder::new(&archive[data..data + long(at + 20)])
            .read_to_end(&mut content)
            .unwrap();
        assert_eq!(
            (content.len(), crc32fast::hash(&content) as usize),
            (long(at + 24), long(at + 16))
        );
        files.push((name, content));
        at += 46 + short(at + 28);
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_back_as_they_went_in() {
        let files = [
            ("image_0.png".to_owned(), Bytes::from(vec![7; 5000])),
            ("image_1.png".to_owned(), Bytes::from_static(b"short")),
        ];
        let read = read(&write(&files).unwrap());
        for ((name, content), (wrote_name, wrote)) in read.iter().zip(&files) {
            assert_eq!((name, content.as_slice()), (wrote_name, wrote.as_ref()));
        }
        assert_eq!(read.len(), 2);
    }
}
