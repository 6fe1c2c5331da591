//! Places in a JSON object, written like `tools[].type`: keys with dots between them, `[]` for every element
//! of a list.

use std::fmt;
use std::str::FromStr;

/// One step down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The value of that key.
    Key(Box<str>),
    /// Each element of a list.
    Each,
}

/// All places that a path names. It ends in a key, so that what stands there can be taken out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places(Vec<Step>);

/// Why a text is no path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// A key with nothing in it, or other brackets than `[]` behind a key.
    #[error("write keys with dots between them and [] for every element of a list, like tools[].type")]
    Spelling,
    /// The elements themselves are not members of anything.
    #[error("must end in a key: an element of a list cannot be named alone")]
    EndsInList,
}

impl Places {
    /// The place of a key at the top.
    #[must_use]
    pub fn key(key: &str) -> Self {
        Self(vec![Step::Key(key.into())])
    }

    /// The key at the top with which the path begins.
    #[must_use]
    pub fn top(&self) -> &str {
        match self.0.first() {
            Some(Step::Key(key)) => key,
            Some(Step::Each) | None => "",
        }
    }

    pub(super) fn steps(&self) -> &[Step] {
        &self.0
    }
}

impl FromStr for Places {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let mut steps = Vec::new();
        for part in text.split('.') {
            let key = part.trim_end_matches("[]");
            if key.is_empty() || key.contains(['[', ']']) {
                return Err(PlaceError::Spelling);
            }
            steps.push(Step::Key(key.into()));
            let lists = (part.len() - key.len()) / 2;
            steps.extend(std::iter::repeat_n(Step::Each, lists));
        }
        match steps.last() {
            Some(Step::Key(_)) => Ok(Self(steps)),
            Some(Step::Each) | None => Err(PlaceError::EndsInList),
        }
    }
}

impl fmt::Display for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if at == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Each => f.write_str("[]")?,
            }
        }
        Ok(())
    }
}
