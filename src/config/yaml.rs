//! YAML text to a [`Tree`].
//!
//! Of YAML only what a configuration needs: one document of maps, lists and scalars. Anchors,
//! aliases and tags are refused rather than half understood. Each key may be written once.

use std::sync::Arc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, StrInput};

use super::path::Path;
use super::problem::{Place, Problem};
use super::tree::{Name, Shape, Tree};

/// Deeper nesting than any configuration has; bounds the recursion.
const DEEPEST: usize = 32;

/// Reads a whole file. An empty one is an empty map.
pub(super) fn parse(file: &str, text: &str) -> Result<Tree, Vec<Problem>> {
    let mut reader = Reader {
        file: Arc::from(file),
        parser: Parser::new_from_str(text),
        doubles: Vec::new(),
    };
    let tree = reader.document().map_err(|problem| vec![problem])?;
    if reader.doubles.is_empty() {
        Ok(tree)
    } else {
        Err(reader.doubles)
    }
}

struct Reader<'a> {
    file: Arc<str>,
    parser: Parser<'a, StrInput<'a>>,
    /// Keys written twice do not end the reading.
    doubles: Vec<Problem>,
}

impl<'a> Reader<'a> {
    fn document(&mut self) -> Result<Tree, Problem> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => break,
                Event::Nothing | Event::StreamStart | Event::DocumentEnd => {}
                Event::DocumentStart(_) if root.is_some() => {
                    return Err(self.problem(&span, "only one document is read; remove this `---`"));
                }
                Event::DocumentStart(_) => {
                    let (event, span) = self.next()?;
                    root = Some(self.node(event, span, 0)?);
                }
                Event::Alias(_)
                | Event::Scalar(..)
                | Event::SequenceStart(..)
                | Event::SequenceEnd
                | Event::MappingStart(..)
                | Event::MappingEnd => {
                    return Err(self.problem(&span, "unexpected text"));
                }
            }
        }
        let start = Marker::new(0, 1, 0);
        Ok(root.unwrap_or_else(|| Tree::empty_map(self.place(&start))))
    }

    fn next(&mut self) -> Result<(Event<'a>, Span), Problem> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => {
                Err(self.problem_at(error.marker(), &format!("this is not YAML: {}", error.info())))
            }
            None => Ok((Event::StreamEnd, Span::empty(Marker::new(0, 1, 0)))),
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Tree, Problem> {
        let place = self.place(&span.start);
        let shape = match event {
            Event::Alias(_) => return Err(self.problem(&span, "aliases (`*name`) are not supported here")),
            Event::Scalar(_, _, _, Some(_))
            | Event::SequenceStart(_, Some(_))
            | Event::MappingStart(_, Some(_)) => {
                return Err(self.problem(&span, "tags (`!name`) are not supported here"));
            }
            Event::Scalar(text, style, _, None) => Shape::Scalar {
                text: text.into_owned(),
                quoted: style != ScalarStyle::Plain,
            },
            Event::SequenceStart(..) | Event::MappingStart(..) if depth >= DEEPEST => {
                return Err(self.problem(&span, "nested too deeply"));
            }
            Event::SequenceStart(_, None) => Shape::List(self.items(depth)?),
            Event::MappingStart(_, None) => Shape::Map(self.entries(depth)?),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::SequenceEnd
            | Event::MappingEnd => Shape::Scalar {
                text: String::new(),
                quoted: false,
            },
        };
        Ok(Tree { place, shape })
    }

    fn items(&mut self, depth: usize) -> Result<Vec<Tree>, Problem> {
        let mut items = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::SequenceEnd | Event::StreamEnd) {
                return Ok(items);
            }
            items.push(self.node(event, span, depth + 1)?);
        }
    }

    fn entries(&mut self, depth: usize) -> Result<Vec<(Name, Tree)>, Problem> {
        let mut entries: Vec<(Name, Tree)> = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::MappingEnd | Event::StreamEnd) {
                return Ok(entries);
            }
            let Event::Scalar(text, ..) = event else {
                return Err(self.problem(&span, "a key must be a plain word"));
            };
            let name = Name {
                place: self.place(&span.start),
                text: text.into_owned(),
            };
            let (event, span) = self.next()?;
            let tree = self.node(event, span, depth + 1)?;
            match entries.iter().find(|(earlier, _)| earlier.text == name.text) {
                Some((earlier, _)) => {
                    let message = format!("`{}` is written twice, first at {}", name.text, earlier.place);
                    self.doubles.push(Problem {
                        place: name.place,
                        path: Path::default(),
                        message,
                    });
                }
                None => entries.push((name, tree)),
            }
        }
    }

    fn place(&self, marker: &Marker) -> Place {
        Place::File {
            file: self.file.clone(),
            line: marker.line(),
            column: marker.col() + 1,
        }
    }

    fn problem(&self, span: &Span, message: &str) -> Problem {
        self.problem_at(&span.start, message)
    }

    fn problem_at(&self, marker: &Marker, message: &str) -> Problem {
        Problem {
            place: self.place(marker),
            path: Path::default(),
            message: message.to_owned(),
        }
    }
}
