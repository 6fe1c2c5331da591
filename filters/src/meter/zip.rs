//! How many files an archive has, by what stands at its very end.

use super::Figure;

/// Bytes of the record that ends an archive without a comment.
const RECORD: usize = 22;
const SIGNATURE: &[u8] = b"PK\x05\x06";

/// The end of what came so far.
#[derive(Debug, Default)]
pub(super) struct Zip {
    tail: [u8; RECORD],
    length: usize,
}

impl Zip {
    pub(super) fn feed(&mut self, piece: &[u8]) {
        let new = piece
            .get(piece.len().saturating_sub(RECORD)..)
            .unwrap_or_default();
        self.tail.rotate_left(new.len());
        if let Some(end) = self.tail.get_mut(RECORD - new.len()..) {
            end.copy_from_slice(new);
        }
        self.length = self.length.saturating_add(piece.len());
    }

    /// Nothing where the end has not come.
    pub(super) fn finish(self) -> Figure {
        let count = |tail: &[u8; RECORD]| {
            let count = tail.get(10..12)?.try_into().ok()?;
            Some(u64::from(u16::from_le_bytes(count)))
        };
        let ended = self.length >= RECORD && self.tail.starts_with(SIGNATURE);
        Figure::reported(count(&self.tail).filter(|_| ended))
    }
}
