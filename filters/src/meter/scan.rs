//! Finds a few values in a JSON document that comes in pieces, without reading the rest of it.
//!
//! Strings are passed over at the speed of a search, so an answer full of images costs little. Invariant: at most
//! [`LONGEST`] bytes of a value are kept; a document that is nested deeper than [`DEEPEST`] is given up.

use memchr::memchr2;

use super::{Figure, Figures, usage};

/// Bytes of a value that is looked for; a longer one is none.
const LONGEST: usize = 4096;
/// Bytes of the longest key that matters.
const LONGEST_KEY: usize = 24;
const DEEPEST: usize = 64;

/// Where in the document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Top,
    Response,
    Choices,
    Choice,
    Message,
    Metadata,
    Gateway,
    /// The list of pictures.
    Pictures,
    Picture,
    Wanted(Wanted),
    Elsewhere,
}

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Model,
    Usage,
    Cost,
}

impl Place {
    /// The member of that name.
    fn member(self, key: &[u8]) -> Self {
        match (self, key) {
            (Self::Top | Self::Response, b"model") => Self::Wanted(Wanted::Model),
            (Self::Top | Self::Response, b"usage") => Self::Wanted(Wanted::Usage),
            // Events of stored responses hold the response.
            (Self::Top, b"response") => Self::Response,
            (Self::Top, b"choices") => Self::Choices,
            (Self::Choice, b"message" | b"delta") => Self::Message,
            // Vercel's gateway says there what it took.
            (Self::Top | Self::Message, b"provider_metadata" | b"providerMetadata") => Self::Metadata,
            (Self::Metadata, b"gateway") => Self::Gateway,
            (Self::Gateway, b"cost") => Self::Wanted(Wanted::Cost),
            (
                Self::Top
                | Self::Response
                | Self::Choices
                | Self::Choice
                | Self::Message
                | Self::Metadata
                | Self::Gateway
                | Self::Pictures
                | Self::Picture
                | Self::Wanted(_)
                | Self::Elsewhere,
                _,
            ) => Self::Elsewhere,
        }
    }

    fn element(self) -> Self {
        match self {
            Self::Choices => Self::Choice,
            Self::Pictures => Self::Picture,
            Self::Top
            | Self::Response
            | Self::Choice
            | Self::Message
            | Self::Metadata
            | Self::Gateway
            | Self::Picture
            | Self::Wanted(_)
            | Self::Elsewhere => Self::Elsewhere,
        }
    }
}

/// An open object or array.
#[derive(Clone, Copy, Debug)]
struct Level {
    place: Place,
    is_object: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lexing {
    Between,
    /// Inside a string; `escaped` after a backslash.
    Text {
        is_key: bool,
        escaped: bool,
    },
    /// Given up.
    Lost,
}

/// A value that is being kept.
#[derive(Debug)]
struct Kept {
    what: Wanted,
    depth: usize,
    text: Vec<u8>,
}

/// A scan of one document.
#[derive(Debug)]
pub(super) struct Scan {
    levels: Vec<Level>,
    lexing: Lexing,
    /// The next string is a key.
    wants_key: bool,
    key: Vec<u8>,
    /// Where the next value stands.
    next: Place,
    kept: Option<Kept>,
    /// The list whose objects are pictures.
    pictures: Option<&'static [u8]>,
    figures: Figures,
}

impl Scan {
    /// `pictures`: the member of the document whose objects are pictures.
    pub(super) fn new(pictures: Option<&'static [u8]>) -> Self {
        Self {
            levels: Vec::new(),
            lexing: Lexing::Between,
            wants_key: false,
            key: Vec::new(),
            next: Place::Top,
            kept: None,
            pictures,
            figures: Figures::default(),
        }
    }

    /// Whether the model is known.
    pub(super) fn has_model(&self) -> bool {
        self.figures.model.is_some()
    }

    pub(super) fn feed(&mut self, piece: &[u8]) {
        let mut rest = piece;
        while !rest.is_empty() {
            rest = match self.lexing {
                Lexing::Between => self.between(rest),
                Lexing::Text { is_key, escaped } => self.text(rest, is_key, escaped),
                Lexing::Lost => return,
            };
        }
    }

    /// What was found. What stood at the very end counts too.
    pub(super) fn finish(mut self) -> Figures {
        self.end_value();
        self.figures
    }

    /// What was found in a document that has ended; the next one begins.
    pub(super) fn turn(&mut self) -> Figures {
        self.end_value();
        self.levels.clear();
        (self.lexing, self.wants_key, self.next) = (Lexing::Between, false, Place::Top);
        std::mem::take(&mut self.figures)
    }

    /// Passes over a string, to behind its end or the piece's.
    fn text<'p>(&mut self, piece: &'p [u8], is_key: bool, escaped: bool) -> &'p [u8] {
        let from = usize::from(escaped);
        let found = memchr2(b'"', b'\\', piece.get(from..).unwrap_or_default()).map(|at| at + from);
        let (end, next) = match found {
            None => (
                piece.len(),
                Lexing::Text {
                    is_key,
                    escaped: escaped && piece.is_empty(),
                },
            ),
            Some(at) if piece.get(at) == Some(&b'"') => (at + 1, Lexing::Between),
            Some(at) => (
                at + 1,
                Lexing::Text {
                    is_key,
                    escaped: true,
                },
            ),
        };
        let (passed, rest) = piece.split_at_checked(end).unwrap_or((piece, &[]));
        if is_key {
            let room = LONGEST_KEY.saturating_sub(self.key.len());
            self.key.extend(passed.iter().take(room));
        }
        self.keep(passed);
        self.lexing = next;
        rest
    }

    /// Passes over what stands between strings, up to and with the next byte that means something.
    fn between<'p>(&mut self, piece: &'p [u8]) -> &'p [u8] {
        let Some(at) = piece.iter().position(|byte| is_structure(*byte)) else {
            self.keep(piece);
            return &[];
        };
        let (passed, rest) = piece.split_at_checked(at).unwrap_or((piece, &[]));
        self.keep(passed);
        let Some((byte, rest)) = rest.split_first() else {
            return &[];
        };
        self.structure(*byte);
        rest
    }

    fn structure(&mut self, byte: u8) {
        match byte {
            b'"' => {
                let is_key = self.wants_key;
                if is_key {
                    self.key.clear();
                }
                self.keep(b"\"");
                self.lexing = Lexing::Text {
                    is_key,
                    escaped: false,
                };
            }
            b'{' | b'[' => {
                self.keep(&[byte]);
                self.open(byte == b'{');
            }
            b'}' | b']' => {
                if self.is_at_end_of_value() {
                    self.end_value();
                }
                self.keep(&[byte]);
                self.levels.pop();
                self.wants_key = false;
            }
            b':' => {
                self.keep(b":");
                self.wants_key = false;
                let place = self.levels.last().map_or(Place::Elsewhere, |level| level.place);
                // With its closing quote.
                let key = self.key.strip_suffix(b"\"").unwrap_or_default();
                let is_pictures = place == Place::Top && self.pictures == Some(key);
                self.next = if is_pictures {
                    Place::Pictures
                } else {
                    place.member(key)
                };
                self.begin_value();
            }
            // A comma.
            _ => {
                if self.is_at_end_of_value() {
                    self.end_value();
                }
                self.keep(b",");
                let level = self.levels.last();
                self.wants_key = level.is_some_and(|level| level.is_object);
                self.next = level.map_or(Place::Elsewhere, |level| level.place.element());
            }
        }
    }

    fn open(&mut self, is_object: bool) {
        if self.levels.len() == DEEPEST {
            self.lexing = Lexing::Lost;
            self.kept = None;
            return;
        }
        let place = self.next;
        match (place, is_object) {
            // An empty list is no picture, and that is known.
            (Place::Pictures, false) => self.figures.images = self.figures.images.plus(Figure::Reported(0)),
            (Place::Picture, true) => self.figures.images = self.figures.images.plus(Figure::Reported(1)),
            _ => {}
        }
        self.levels.push(Level { place, is_object });
        self.wants_key = is_object;
        self.next = place.element();
    }

    fn begin_value(&mut self) {
        if let (Place::Wanted(what), None) = (self.next, &self.kept) {
            let depth = self.levels.len();
            let text = Vec::new();
            self.kept = Some(Kept { what, depth, text });
        }
    }

    fn is_at_end_of_value(&self) -> bool {
        self.kept
            .as_ref()
            .is_some_and(|kept| kept.depth == self.levels.len())
    }

    fn keep(&mut self, bytes: &[u8]) {
        let Some(kept) = &mut self.kept else { return };
        // One byte more than the bound says that it was too long.
        let room = (LONGEST + 1).saturating_sub(kept.text.len());
        kept.text.extend(bytes.iter().take(room));
    }

    fn end_value(&mut self) {
        let Some(Kept { what, text, .. }) = self.kept.take().filter(|kept| kept.text.len() <= LONGEST) else {
            return;
        };
        match what {
            Wanted::Model => self.figures.model = usage::model(&text).or(self.figures.model.take()),
            Wanted::Cost => self.figures.cost = usage::cost(&text),
            Wanted::Usage => {
                if let Some(told) = usage::usage(&text) {
                    let figures = &mut self.figures;
                    (figures.prompt, figures.completion) = (told.prompt, told.completion);
                    figures.cached = told.cached;
                    if told.cost != Figure::None {
                        self.figures.cost = told.cost;
                    }
                }
            }
        }
    }
}

fn is_structure(byte: u8) -> bool {
    matches!(byte, b'"' | b'{' | b'}' | b'[' | b']' | b':' | b',')
}
