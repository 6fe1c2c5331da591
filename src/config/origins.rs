//! Where each setting was written: in the file, a variable or a flag. What is not among them is built in.
//!
//! Invariant: two configurations that say the same are equal, wherever it was written.

use std::collections::BTreeMap;

use super::path::Path;
use super::problem::Place;
use super::tree::{Shape, Tree};

/// The places of what was written, by the names of the settings.
#[derive(Clone, Debug, Default)]
pub struct Origins(BTreeMap<String, Place>);

impl PartialEq for Origins {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Origins {}

impl Origins {
    pub(super) fn of(tree: &Tree) -> Self {
        let mut places = BTreeMap::new();
        note(tree, &Path::default(), &mut places);
        Self(places)
    }

    /// Notes that a setting came from elsewhere than where it was written.
    pub(super) fn overruled(&mut self, path: &Path, place: Place) {
        self.0.insert(path.to_string(), place);
    }

    /// Where a setting was written, or what it is a part of.
    pub(super) fn place(&self, path: &Path) -> Option<&Place> {
        let steps = path.steps().len();
        (1..=steps)
            .rev()
            .find_map(|count| self.0.get(&path.first(count).to_string()))
    }
}

fn note(tree: &Tree, path: &Path, places: &mut BTreeMap<String, Place>) {
    let is_part = |tree: &Tree| !matches!(tree.shape, Shape::Scalar { .. });
    match &tree.shape {
        Shape::Map(entries) if !entries.is_empty() => {
            for (name, tree) in entries {
                note(tree, &path.key(&name.text), places);
            }
        }
        Shape::List(items) if items.iter().any(is_part) => {
            for (at, tree) in items.iter().enumerate() {
                note(tree, &path.index(at), places);
            }
        }
        Shape::Map(_) | Shape::List(_) | Shape::Scalar { .. } => {
            if !tree.is_null() && tree.place != Place::Default {
                places.insert(path.to_string(), tree.place.clone());
            }
        }
    }
}
