//! The JSON documents in a stream of server-sent events, one after the other.
//!
//! Most events say nothing of what was used. One that came in one piece is passed over after a search for the words
//! that would say it; the figures are the same wherever the pieces were cut.

use std::sync::LazyLock;

use memchr::memchr;
use memchr::memmem::Finder;

use super::scan::Scan;
use super::{Figure, Figures};
use crate::usage::Endpoint;

const DATA: &[u8] = b"data:";
const NAME: &[u8] = b"event:";
const END: &[u8] = b"[DONE]";
/// Bytes of an event's name that are kept.
const LONGEST_NAME: usize = 32;
/// The keys under which something is said. A scan knows no other spelling.
static SAYING: LazyLock<[Finder<'static>; 2]> =
    LazyLock::new(|| [Finder::new(b"\"usage\""), Finder::new(b"\"cost\"")]);

/// How far a line has come.
#[derive(Clone, Copy, Debug)]
enum Line {
    /// So many bytes of [`DATA`] or of [`NAME`], and nothing else.
    Begins(&'static [u8], usize),
    /// What follows is data.
    Data,
    /// What follows is the event's name.
    Name,
    /// A line that says nothing here.
    Other,
}

const BEGINS: Line = Line::Begins(DATA, 0);

/// A scan of a stream.
#[derive(Debug)]
pub(super) struct Events {
    line: Line,
    scan: Scan,
    /// How much of [`END`] the event's data is, as long as it is nothing else.
    end: Option<usize>,
    has_data: bool,
    name: Vec<u8>,
    /// Whether events are pictures or the way there.
    draws: bool,
    /// Events that may have been a token each.
    count: u64,
    figures: Figures,
}

impl Events {
    pub(super) fn new(endpoint: Endpoint) -> Self {
        let draws = matches!(
            endpoint,
            Endpoint::GenerateImage | Endpoint::ImageTools | Endpoint::Images
        );
        let images = if draws { Figure::Reported(0) } else { Figure::None };
        Self {
            line: BEGINS,
            scan: Scan::new(None),
            end: Some(0),
            has_data: false,
            name: Vec::new(),
            draws,
            count: 0,
            figures: Figures {
                images,
                ..Figures::default()
            },
        }
    }

    pub(super) fn feed(&mut self, piece: &[u8]) {
        let mut rest = piece;
        while let Some(at) = memchr(b'\n', rest) {
            let (line, after) = rest.split_at_checked(at).unwrap_or((rest, &[]));
            rest = after.get(1..).unwrap_or_default();
            if self.says_nothing(line, rest) {
                (self.has_data, self.end) = (true, None);
            } else {
                self.part_of_line(line);
                self.end_line();
            }
        }
        self.part_of_line(rest);
    }

    /// What was found, and how many events may have been a token each.
    pub(super) fn finish(mut self) -> (Figures, u64) {
        self.end_event();
        (self.figures, self.count)
    }

    /// Whether a whole line is all the data of its event, and has none of what is looked for.
    fn says_nothing(&self, line: &[u8], after: &[u8]) -> bool {
        let fresh = matches!(self.line, Line::Begins(_, 0)) && !self.has_data;
        let alone = after.first() == Some(&b'\n') || after.starts_with(b"\r\n");
        let Some(data) = line.strip_prefix(DATA).filter(|_| fresh && alone) else {
            return false;
        };
        let begins = data.trim_ascii_start().first();
        let silent = |word: &Finder<'_>| word.find(data).is_none();
        self.figures.model.is_some() && begins == Some(&b'{') && SAYING.iter().all(silent)
    }

    fn part_of_line(&mut self, part: &[u8]) {
        match self.line {
            Line::Data => self.data(part),
            Line::Name => self.name(part),
            Line::Other => {}
            Line::Begins(field, known) => self.begin_line(field, known, part),
        }
    }

    fn begin_line(&mut self, field: &'static [u8], known: usize, part: &[u8]) {
        let Some(first) = part.first() else { return };
        let field = if known == 0 && first == &b'e' { NAME } else { field };
        let expected = field.get(known..).unwrap_or_default();
        let length = expected.len().min(part.len());
        let (head, rest) = part.split_at_checked(length).unwrap_or((part, &[]));
        self.line = if expected.starts_with(head) {
            match (known + length == field.len(), field == DATA) {
                (false, _) => Line::Begins(field, known + length),
                (true, true) => Line::Data,
                (true, false) => Line::Name,
            }
        } else if known == 0 && part == b"\r" {
            self.line
        } else {
            Line::Other
        };
        if matches!(self.line, Line::Data | Line::Name) {
            self.part_of_line(rest);
        }
    }

    fn name(&mut self, part: &[u8]) {
        let room = LONGEST_NAME.saturating_sub(self.name.len());
        let part = part.iter().filter(|byte| !byte.is_ascii_whitespace());
        self.name.extend(part.take(room));
    }

    fn data(&mut self, data: &[u8]) {
        for byte in data.iter().filter(|byte| !byte.is_ascii_whitespace()) {
            match self.end {
                Some(known) if END.get(known) == Some(byte) => self.end = Some(known + 1),
                Some(_) => self.end = None,
                None => break,
            }
        }
        self.has_data |= !data.trim_ascii().is_empty();
        self.scan.feed(data);
    }

    fn end_line(&mut self) {
        match self.line {
            Line::Begins(_, 0) => self.end_event(),
            Line::Data => self.scan.feed(b"\n"),
            Line::Begins(..) | Line::Name | Line::Other => {}
        }
        self.line = BEGINS;
    }

    fn end_event(&mut self) {
        let found = self.scan.turn();
        let is_end = self.end.replace(0) == Some(END.len());
        if std::mem::take(&mut self.has_data) && !is_end {
            self.count_event();
        }
        self.name.clear();
        let told = &mut self.figures;
        told.model = told.model.take().or(found.model);
        // The last word counts: some say how far they are with each event.
        if found.prompt != Figure::None || found.completion != Figure::None {
            (told.prompt, told.completion) = (found.prompt, found.completion);
            told.cached = found.cached;
        }
        if found.cost != Figure::None {
            told.cost = found.cost;
        }
    }

    /// Of events with names, only those that bring a piece of the answer are a token; others frame it.
    fn count_event(&mut self) {
        let name = &*self.name;
        if self.draws {
            let is_picture = name == b"final" || name.ends_with(b".completed");
            self.figures.images = self.figures.images.plus(Figure::Reported(is_picture.into()));
        }
        let is_piece =
            name.is_empty() || name == b"message" || name == b"newToken" || name.ends_with(b".delta");
        self.count += u64::from(is_piece);
    }
}
