//! Writes the few MessagePack forms that stream frames need: a small map of text keys.
//!
//! Invariant: each value takes its shortest form, as the service writes it.

use bytes::{BufMut, BytesMut};

/// A value of a frame.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Field<'a> {
    Text(&'a str),
    Whole(u64),
    Real(f64),
    Raw(&'a [u8]),
}

/// A map of at most fifteen fields.
pub(crate) fn map(out: &mut BytesMut, fields: &[(&str, Field<'_>)]) {
    out.put_u8(0x80 | u8::try_from(fields.len()).unwrap_or(15));
    for (key, field) in fields {
        text(out, key);
        match field {
            Field::Text(value) => text(out, value),
            Field::Whole(value) => whole(out, *value),
            Field::Real(value) => {
                out.put_u8(0xcb);
                out.put_f64(*value);
            }
            Field::Raw(value) => raw(out, value),
        }
    }
}

fn text(out: &mut BytesMut, value: &str) {
    match value.len() {
        length @ 0..=31 => out.put_u8(0xa0 | length as u8),
        length @ 32..=255 => out.put_slice(&[0xd9, length as u8]),
        length => {
            out.put_u8(0xdb);
            out.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
        }
    }
    out.put_slice(value.as_bytes());
}

fn whole(out: &mut BytesMut, value: u64) {
    match value {
        0..=0x7f => out.put_u8(value as u8),
        0x80..=0xff => out.put_slice(&[0xcc, value as u8]),
        0x100..=0xffff => {
            out.put_u8(0xcd);
            out.put_u16(value as u16);
        }
        0x1_0000..=0xffff_ffff => {
            out.put_u8(0xce);
            out.put_u32(value as u32);
        }
        _ => {
            out.put_u8(0xcf);
            out.put_u64(value);
        }
    }
}

fn raw(out: &mut BytesMut, value: &[u8]) {
    match value.len() {
        length @ 0..=255 => out.put_slice(&[0xc4, length as u8]),
        length => {
            out.put_u8(0xc6);
            out.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
        }
    }
    out.put_slice(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(field: Field<'_>) -> Vec<u8> {
        let mut out = BytesMut::new();
        map(&mut out, &[("k", field)]);
        out[3..].to_vec()
    }

    #[test]
    fn values_take_their_shortest_form() {
        assert_eq!(written(Field::Whole(5)), [5]);
        assert_eq!(written(Field::Whole(200)), [0xcc, 200]);
        assert_eq!(written(Field::Whole(300)), [0xcd, 1, 44]);
        assert_eq!(written(Field::Whole(70_000)), [0xce, 0, 1, 0x11, 0x70]);
        assert_eq!(written(Field::Whole(1 << 32)), [0xcf, 0, 0, 0, 1, 0, 0, 0, 0]);
        assert_eq!(written(Field::Text(&"x".repeat(40)))[..2], [0xd9, 40]);
        assert_eq!(written(Field::Raw(&[0; 300]))[..5], [0xc6, 0, 0, 1, 44]);
    }
}
