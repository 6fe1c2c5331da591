//! Answers that are packed (`Content-Encoding`): a copy is unpacked as it passes, and the meter reads that.
//!
//! Invariant: bounded memory, and bounded work; what cannot be unpacked says nothing, and not something wrong.

use std::fmt;
use std::io::{self, Write};

use brotli_decompressor::DecompressorWriter;
use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use super::form::Form;

/// Bytes that one answer may unpack to, before it is given up.
const MOST: u64 = 64 << 20;
/// Bytes that brotli unpacks at a time.
const BUFFER: usize = 8 * 1024;
/// How a zlib stream's first byte ends; a bare deflate stream, which some servers send instead, has none.
const ZLIB: u8 = 8;

/// How an answer is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Plain,
    Gzip,
    Deflate,
    Brotli,
    /// In a way that is not read here.
    Other,
}

impl Coding {
    /// Of a `Content-Encoding`.
    pub(super) fn of(header: Option<&[u8]>) -> Self {
        let name = header.unwrap_or_default().trim_ascii();
        let is = |known: &[u8]| name.eq_ignore_ascii_case(known);
        if name.is_empty() || is(b"identity") {
            Self::Plain
        } else if is(b"gzip") || is(b"x-gzip") {
            Self::Gzip
        } else if is(b"deflate") {
            Self::Deflate
        } else if is(b"br") {
            Self::Brotli
        } else {
            Self::Other
        }
    }
}

/// An answer that is being unpacked.
pub(super) struct Packed(State);

enum State {
    Gzip(MultiGzDecoder<Unpacked>),
    Zlib(ZlibDecoder<Unpacked>),
    Deflate(DeflateDecoder<Unpacked>),
    Brotli(Box<DecompressorWriter<Unpacked>>),
    /// Nothing came yet, and its first byte decides.
    ZlibOrDeflate(Unpacked),
    /// Given up.
    Lost,
}

/// Where what was unpacked goes.
struct Unpacked {
    form: Form,
    room: u64,
}

impl Write for Unpacked {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.room.checked_sub(bytes.len() as u64);
        self.room = room.ok_or_else(|| io::Error::other("it unpacks to too much"))?;
        self.form.feed(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Packed {
    /// Of an answer that is packed like that and has this form.
    pub(super) fn new(coding: Coding, form: Form) -> Self {
        let to = Unpacked { form, room: MOST };
        Self(match coding {
            Coding::Gzip => State::Gzip(MultiGzDecoder::new(to)),
            Coding::Deflate => State::ZlibOrDeflate(to),
            Coding::Brotli => State::Brotli(Box::new(DecompressorWriter::new(to, BUFFER))),
            Coding::Plain | Coding::Other => State::Lost,
        })
    }

    pub(super) fn feed(&mut self, piece: &[u8]) {
        if let State::ZlibOrDeflate(_) = self.0
            && let Some(first) = piece.first()
            && let State::ZlibOrDeflate(to) = std::mem::replace(&mut self.0, State::Lost)
        {
            self.0 = if first & 0x0f == ZLIB {
                State::Zlib(ZlibDecoder::new(to))
            } else {
                State::Deflate(DeflateDecoder::new(to))
            };
        }
        let done = match &mut self.0 {
            State::Gzip(to) => pass(to, piece),
            State::Zlib(to) => pass(to, piece),
            State::Deflate(to) => pass(to, piece),
            State::Brotli(to) => pass(to, piece),
            State::ZlibOrDeflate(_) | State::Lost => Ok(()),
        };
        if done.is_err() {
            self.0 = State::Lost;
        }
    }

    /// What the unpacked answer was fed to; nothing where it could not be unpacked.
    pub(super) fn finish(mut self) -> Form {
        let to = match &mut self.0 {
            State::Gzip(to) => to.get_mut(),
            State::Zlib(to) => to.get_mut(),
            State::Deflate(to) => to.get_mut(),
            State::Brotli(to) => to.get_mut(),
            State::ZlibOrDeflate(to) => to,
            State::Lost => return Form::Other,
        };
        std::mem::replace(&mut to.form, Form::Other)
    }
}

/// All of the piece, out of the unpacker's own buffer too.
fn pass(to: &mut impl Write, piece: &[u8]) -> io::Result<()> {
    to.write_all(piece)?;
    to.flush()
}

impl fmt::Debug for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Packed").finish_non_exhaustive()
    }
}
