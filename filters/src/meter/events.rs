//! The JSON documents in a stream of server-sent events, one after the other.

use memchr::memchr;

use super::scan::Scan;
use super::{Figure, Figures};

const FIELD: &[u8] = b"data:";
const END: &[u8] = b"[DONE]";

/// How far a line has come.
#[derive(Clone, Copy, Debug)]
enum Line {
    /// So many bytes of [`FIELD`] and nothing else.
    Begins(usize),
    /// What follows is data.
    Data,
    /// A line that says nothing here.
    Other,
}

/// A scan of a stream.
#[derive(Debug)]
pub(super) struct Events {
    line: Line,
    scan: Scan,
    /// How much of [`END`] the event's data is, as long as it is nothing else.
    end: Option<usize>,
    has_data: bool,
    /// Events with data, but for the mark of the end.
    count: u64,
    figures: Figures,
}

impl Default for Events {
    fn default() -> Self {
        Self {
            line: Line::Begins(0),
            scan: Scan::default(),
            end: Some(0),
            has_data: false,
            count: 0,
            figures: Figures::default(),
        }
    }
}

impl Events {
    pub(super) fn feed(&mut self, piece: &[u8]) {
        let mut rest = piece;
        while let Some(at) = memchr(b'\n', rest) {
            let (line, after) = rest.split_at_checked(at).unwrap_or((rest, &[]));
            self.part_of_line(line);
            self.end_line();
            rest = after.get(1..).unwrap_or_default();
        }
        self.part_of_line(rest);
    }

    /// What was found, and how many events with data there were.
    pub(super) fn finish(mut self) -> (Figures, u64) {
        self.end_event();
        (self.figures, self.count)
    }

    fn part_of_line(&mut self, part: &[u8]) {
        let data = match self.line {
            Line::Data => part,
            Line::Other => return,
            Line::Begins(known) => {
                let expected = FIELD.get(known..).unwrap_or_default();
                let length = expected.len().min(part.len());
                let (head, data) = part.split_at_checked(length).unwrap_or((part, &[]));
                if !expected.starts_with(head) {
                    self.line = if known == 0 && head == b"\r" {
                        self.line
                    } else {
                        Line::Other
                    };
                    return;
                }
                self.line = if known + length == FIELD.len() {
                    Line::Data
                } else {
                    Line::Begins(known + length)
                };
                data
            }
        };
        self.data(data);
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
            Line::Begins(0) => self.end_event(),
            Line::Data => self.scan.feed(b"\n"),
            Line::Begins(_) | Line::Other => {}
        }
        self.line = Line::Begins(0);
    }

    fn end_event(&mut self) {
        let found = self.scan.turn();
        let is_end = self.end.replace(0) == Some(END.len());
        if std::mem::take(&mut self.has_data) && !is_end {
            self.count += 1;
        }
        let told = &mut self.figures;
        told.model = told.model.take().or(found.model);
        // The last word counts: some say how far they are with each event.
        if found.prompt != Figure::None || found.completion != Figure::None {
            (told.prompt, told.completion) = (found.prompt, found.completion);
        }
        if found.cost != Figure::None {
            told.cost = found.cost;
        }
    }
}
