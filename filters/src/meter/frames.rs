//! Pictures that come in frames: four bytes of length, big-endian, and a msgpack map.

use memchr::memmem;

use super::Figure;

/// Bytes of a frame in which its kind must stand.
const HEAD: usize = 96;
/// `event_type` and `final`, as msgpack writes them.
const KIND: &[u8] = b"\xaaevent_type";
const FINAL: &[u8] = b"\xa5final";

/// Counts the frames that are pictures, and not previews of one.
#[derive(Debug)]
pub(super) struct Frames {
    /// The length, then the beginning of the frame.
    head: [u8; HEAD],
    known: usize,
    /// What is left of the frame behind its length; nothing while that is being read.
    left: Option<usize>,
    pictures: u64,
}

impl Default for Frames {
    fn default() -> Self {
        Self {
            head: [0; HEAD],
            known: 0,
            left: None,
            pictures: 0,
        }
    }
}

impl Frames {
    pub(super) fn feed(&mut self, piece: &[u8]) {
        let mut rest = piece;
        while !rest.is_empty() {
            rest = match self.left {
                None => self.length(rest),
                Some(left) => self.frame(rest, left),
            };
        }
    }

    pub(super) fn finish(self) -> Figure {
        Figure::Reported(self.pictures)
    }

    fn length<'p>(&mut self, piece: &'p [u8]) -> &'p [u8] {
        let rest = self.keep(piece, 4);
        if self.known == 4
            && let Some(length) = self.head.first_chunk::<4>()
        {
            self.left = usize::try_from(u32::from_be_bytes(*length)).ok();
            self.known = 0;
            self.end(self.left.unwrap_or_default());
        }
        rest
    }

    fn frame<'p>(&mut self, piece: &'p [u8], left: usize) -> &'p [u8] {
        let (frame, rest) = piece.split_at_checked(left).unwrap_or((piece, &[]));
        self.keep(frame, HEAD);
        let left = left - frame.len();
        self.left = Some(left);
        self.end(left);
        rest
    }

    /// After a frame of which so much is left.
    fn end(&mut self, left: usize) {
        if left > 0 {
            return;
        }
        let head = self.head.get(..self.known).unwrap_or_default();
        let kind = memmem::find(head, KIND).and_then(|at| head.get(at + KIND.len()..));
        self.pictures += u64::from(kind.is_some_and(|kind| kind.starts_with(FINAL)));
        (self.known, self.left) = (0, None);
    }

    /// Keeps the beginning of a piece, until so many bytes are known.
    fn keep<'p>(&mut self, piece: &'p [u8], most: usize) -> &'p [u8] {
        let length = piece.len().min(most.saturating_sub(self.known));
        let (kept, rest) = piece.split_at_checked(length).unwrap_or((piece, &[]));
        if let Some(room) = self.head.get_mut(self.known..self.known + kept.len()) {
            room.copy_from_slice(kept);
        }
        self.known += kept.len();
        rest
    }
}
