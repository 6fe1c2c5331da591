//! One thing that is wrong with the configuration: where, and what, and what was meant.

use std::fmt;
use std::sync::Arc;

use super::path::Path;

/// Where a value was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a file; both counted from 1.
    File {
        /// The file, as it was named.
        file: Arc<str>,
        /// Line, from 1.
        line: usize,
        /// Character within the line, from 1.
        column: usize,
    },
    /// In an environment variable or a flag of that name.
    Named(Arc<str>),
    /// Nowhere: a built-in value.
    Default,
}

/// A reason why nothing starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where to look.
    pub place: Place,
    /// The setting; empty when it is about the whole.
    pub path: Path,
    /// What is wrong and what would be right.
    pub message: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, line, column } => write!(f, "{file}:{line}:{column}"),
            Self::Named(name) => f.write_str(name),
            Self::Default => f.write_str("(default)"),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.place)?;
        if !self.path.steps().is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

/// A problem found in the meaning of the values, before its place is looked up.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) path: Path,
    pub(super) message: String,
    /// Another setting it rests on: when that one is already reported, this one says nothing new.
    pub(super) rests_on: Option<Path>,
}

impl Fault {
    pub(super) fn new(path: Path, message: impl Into<String>) -> Self {
        Self {
            path,
            message: message.into(),
            rests_on: None,
        }
    }
}
