//! A configuration as it was written, each part with its place, before anything is known of meaning.

use serde_json::Value;

use super::path::{Path, Step};
use super::problem::Place;

/// One written value.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    pub(super) place: Place,
    pub(super) shape: Shape,
}

/// What was written.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    /// A word, number or text. `quoted` tells `"5"` from `5`.
    Scalar { text: String, quoted: bool },
    /// A list.
    List(Vec<Tree>),
    /// A map, in the order of writing, each name once.
    Map(Vec<(Name, Tree)>),
}

/// A key with its own place.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub(super) place: Place,
    pub(super) text: String,
}

impl Tree {
    pub(super) fn empty_map(place: Place) -> Self {
        Self {
            place,
            shape: Shape::Map(Vec::new()),
        }
    }

    /// Nothing was written: an empty value, `~` or `null`.
    pub(super) fn is_null(&self) -> bool {
        match &self.shape {
            Shape::Scalar { text, quoted } => !quoted && matches!(text.as_str(), "" | "~" | "null"),
            Shape::List(_) | Shape::Map(_) => false,
        }
    }

    /// A single value's text.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.shape {
            Shape::Scalar { text, quoted: _ } => Some(text),
            Shape::List(_) | Shape::Map(_) => None,
        }
    }

    /// A built-in value in the same form, so that single settings in it can be overridden.
    pub(super) fn from_value(value: &Value, place: &Place) -> Self {
        let shape = match value {
            Value::Null => Shape::Scalar {
                text: String::new(),
                quoted: false,
            },
            Value::Bool(value) => Shape::Scalar {
                text: value.to_string(),
                quoted: false,
            },
            Value::Number(value) => Shape::Scalar {
                text: value.to_string(),
                quoted: false,
            },
            Value::String(value) => Shape::Scalar {
                text: value.clone(),
                quoted: true,
            },
            Value::Array(items) => Shape::List(items.iter().map(|v| Self::from_value(v, place)).collect()),
            Value::Object(fields) => Shape::Map(
                fields
                    .iter()
                    .map(|(k, v)| {
                        (
                            Name {
                                place: place.clone(),
                                text: k.clone(),
                            },
                            Self::from_value(v, place),
                        )
                    })
                    .collect(),
            ),
        };
        Self {
            place: place.clone(),
            shape,
        }
    }

    /// The value one step down.
    pub(super) fn child(&self, step: &Step) -> Option<&Self> {
        match (&self.shape, step) {
            (Shape::Map(entries), Step::Key(key)) => entries
                .iter()
                .find(|(name, _)| name.text == *key)
                .map(|(_, tree)| tree),
            (Shape::List(items), Step::Index(index)) => items.get(*index),
            (Shape::Map(_), Step::Index(_)) | (Shape::List(_), Step::Key(_)) | (Shape::Scalar { .. }, _) => {
                None
            }
        }
    }

    /// The entry of that key, made when it is not there. What was no map becomes one.
    pub(super) fn entry(&mut self, key: &str, place: &Place) -> &mut Self {
        if !matches!(self.shape, Shape::Map(_)) {
            self.shape = Shape::Map(Vec::new());
        }
        match &mut self.shape {
            Shape::Map(entries) => entry(entries, key, place),
            Shape::Scalar { .. } | Shape::List(_) => unreachable!("made a map just above"),
        }
    }

    /// The place of a setting; of the nearest thing around it where the setting was not written.
    pub(super) fn place_of(&self, path: &Path) -> &Place {
        let mut tree = self;
        for step in path.steps() {
            match tree.child(step) {
                Some(child) => tree = child,
                None => break,
            }
        }
        &tree.place
    }
}

fn entry<'t>(entries: &'t mut Vec<(Name, Tree)>, key: &str, place: &Place) -> &'t mut Tree {
    let at = entries
        .iter()
        .position(|(name, _)| name.text == key)
        .unwrap_or_else(|| {
            let name = Name {
                place: place.clone(),
                text: key.to_owned(),
            };
            entries.push((name, Tree::empty_map(place.clone())));
            entries.len() - 1
        });
    #[expect(clippy::indexing_slicing, reason = "found or pushed just above")]
    &mut entries[at].1
}
