//! Finds a few values in a JSON document that comes in pieces, without reading the rest of it.
//!
//! Only the few objects that can hold what is looked for are followed; all else is passed over at the speed of a
//! search, so an answer full of images costs little. Invariant: at most [`LONGEST`] bytes of a value are kept,
//! and however deep a document is nested, no more than the way to what is looked for.

use super::skip::{Skip, string};
use super::{Figure, Figures, usage};

/// Bytes of a value that is looked for; a longer one is none.
const LONGEST: usize = 4096;
/// Bytes of the longest key that matters.
const LONGEST_KEY: usize = 24;

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

    /// Whether something inside an object, or a list, of this place can matter.
    fn is_followed(self, is_object: bool) -> bool {
        match self {
            Self::Top | Self::Response | Self::Choice | Self::Message | Self::Metadata | Self::Gateway => {
                is_object
            }
            Self::Choices | Self::Pictures => !is_object,
            Self::Picture | Self::Wanted(_) | Self::Elsewhere => false,
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

/// An open object or list that is followed.
#[derive(Clone, Copy, Debug)]
struct Level {
    place: Place,
    is_object: bool,
}

#[derive(Clone, Copy, Debug)]
enum Lexing {
    /// Where structure is looked at.
    Between,
    /// Inside a string; `escaped` after a backslash.
    Text { is_key: bool, escaped: bool },
    /// Inside what is passed over.
    Passing(Skip),
}

/// A value that is being kept.
#[derive(Debug)]
struct Kept {
    what: Wanted,
    text: Vec<u8>,
    /// Where in the present piece its next part begins.
    from: usize,
}

impl Kept {
    /// Keeps the present piece up to there.
    fn take(&mut self, piece: &[u8], end: usize) {
        let part = piece.get(self.from..end).unwrap_or_default();
        // One byte more than the bound says that it was too long.
        let room = (LONGEST + 1).saturating_sub(self.text.len());
        self.text.extend_from_slice(part.get(..room).unwrap_or(part));
        self.from = 0;
    }
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
        let mut at = 0;
        while let Some(rest) = piece.get(at..).filter(|rest| !rest.is_empty()) {
            at += match self.lexing {
                Lexing::Between => self.between(piece, at),
                Lexing::Text { is_key, escaped } => self.text(rest, is_key, escaped),
                Lexing::Passing(skip) => self.pass(rest, skip),
            };
        }
        if let Some(kept) = &mut self.kept {
            kept.take(piece, piece.len());
        }
    }

    /// What was found. What stood at the very end counts too.
    pub(super) fn finish(mut self) -> Figures {
        self.end_value(&[], 0);
        self.figures
    }

    /// What was found in a document that has ended; the next one begins.
    pub(super) fn turn(&mut self) -> Figures {
        self.end_value(&[], 0);
        self.levels.clear();
        self.key.clear();
        (self.lexing, self.wants_key, self.next) = (Lexing::Between, false, Place::Top);
        std::mem::take(&mut self.figures)
    }

    /// Passes over a string, or what is left of it; how many bytes that were.
    fn text(&mut self, rest: &[u8], is_key: bool, escaped: bool) -> usize {
        let (length, inside) = string(rest, escaped);
        self.lexing = inside.map_or(Lexing::Between, |escaped| Lexing::Text { is_key, escaped });
        let part = rest.get(..length).unwrap_or(rest);
        match (is_key, inside) {
            (true, None) => self.end_key(part.strip_suffix(b"\"").unwrap_or(part)),
            (true, Some(_)) => self.keep_key(part),
            (false, _) => {}
        }
        length
    }

    /// Keeps what there is of a key that goes on in the next piece.
    fn keep_key(&mut self, part: &[u8]) {
        let room = LONGEST_KEY.saturating_sub(self.key.len());
        self.key.extend_from_slice(part.get(..room).unwrap_or(part));
    }

    fn pass(&mut self, rest: &[u8], mut skip: Skip) -> usize {
        let length = skip.pass(rest);
        self.lexing = if skip.is_over() {
            Lexing::Between
        } else {
            Lexing::Passing(skip)
        };
        length
    }

    /// Looks at what stands between strings, up to where something else begins or the piece ends.
    fn between(&mut self, piece: &[u8], from: usize) -> usize {
        let mut at = from;
        while let (Lexing::Between, Some(byte)) = (self.lexing, piece.get(at)) {
            match byte {
                b'"' => at += self.text(piece.get(at + 1..).unwrap_or_default(), self.wants_key, false),
                b'{' => self.open(true),
                b'[' => self.open(false),
                b'}' | b']' => self.close(piece, at),
                b':' => self.begin_value(at + 1),
                b',' => self.end_member(piece, at),
                // Of numbers, words and blanks.
                _ => {}
            }
            at += 1;
        }
        at - from
    }

    /// The key ends with that part. Of one that is too long, what is kept is none that matters.
    fn end_key(&mut self, part: &[u8]) {
        let place = self.levels.last().map_or(Place::Elsewhere, |level| level.place);
        let in_one_piece = self.key.is_empty();
        if !in_one_piece {
            self.keep_key(part);
        }
        let key = if in_one_piece { part } else { &self.key };
        let is_pictures = place == Place::Top && self.pictures == Some(key);
        self.next = if is_pictures {
            Place::Pictures
        } else {
            place.member(key)
        };
        self.key.clear();
        self.wants_key = false;
    }

    fn begin_value(&mut self, from: usize) {
        if let (Place::Wanted(what), None) = (self.next, &self.kept) {
            let text = Vec::new();
            self.kept = Some(Kept { what, text, from });
        }
    }

    fn open(&mut self, is_object: bool) {
        let place = self.next;
        let pictures = match (place, is_object) {
            // An empty list is no picture, and that is known.
            (Place::Pictures, false) => Figure::Reported(0),
            (Place::Picture, true) => Figure::Reported(1),
            _ => Figure::None,
        };
        self.figures.images = self.figures.images.plus(pictures);
        if place.is_followed(is_object) {
            self.levels.push(Level { place, is_object });
            self.wants_key = is_object;
            self.next = place.element();
        } else {
            self.lexing = Lexing::Passing(Skip::into(is_object));
        }
    }

    fn close(&mut self, piece: &[u8], at: usize) {
        self.end_value(piece, at);
        self.levels.pop();
        self.wants_key = false;
        self.next = Place::Elsewhere;
    }

    fn end_member(&mut self, piece: &[u8], at: usize) {
        self.end_value(piece, at);
        let level = self.levels.last();
        self.wants_key = level.is_some_and(|level| level.is_object);
        self.next = level.map_or(Place::Elsewhere, |level| level.place.element());
    }

    /// What is kept ends at that place of the piece.
    fn end_value(&mut self, piece: &[u8], at: usize) {
        let Some(mut kept) = self.kept.take() else { return };
        let last = piece.get(kept.from..at).unwrap_or_default();
        if kept.text.is_empty() {
            self.tell(kept.what, last);
        } else {
            kept.take(piece, at);
            self.tell(kept.what, &kept.text);
        }
    }

    /// Such a value was found.
    fn tell(&mut self, what: Wanted, text: &[u8]) {
        if text.len() > LONGEST {
            return;
        }
        let figures = &mut self.figures;
        match what {
            Wanted::Model => figures.model = usage::model(text).or(figures.model.take()),
            Wanted::Cost => figures.cost = usage::cost(text),
            Wanted::Usage => {
                if let Some(told) = usage::usage(text) {
                    (figures.prompt, figures.completion) = (told.prompt, told.completion);
                    figures.cached = told.cached;
                    if told.cost != Figure::None {
                        figures.cost = told.cost;
                    }
                }
            }
        }
    }
}
