//! What a listener wants to hear of.

use crate::audit::ObjectKind;
use crate::error::ControlError;

/// The topics that are no kinds of things.
const SERIES: &str = "series";
const ALL: &str = "all";

/// What is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Topics {
    /// Things of these kinds; `None`: of all.
    kinds: Option<Vec<ObjectKind>>,
    /// And how requests come. Only who names it hears it.
    pub(super) series: bool,
}

impl Topics {
    /// Reads a list with commas; an empty one is all kinds, as is one with `all`.
    ///
    /// # Errors
    /// When a topic is none.
    pub(crate) fn parse(list: &str) -> Result<Self, ControlError> {
        let words: Vec<&str> = list
            .split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty())
            .collect();
        if words.is_empty() {
            return Ok(Self::default());
        }
        let kinds = words.iter().filter(|word| ![SERIES, ALL].contains(word));
        let kinds = kinds.map(|word| {
            ObjectKind::ALL
                .iter()
                .copied()
                .find(|kind| kind.as_str() == *word)
        });
        let kinds = kinds.collect::<Option<Vec<_>>>().ok_or_else(|| {
            let known = ObjectKind::ALL.iter().map(|kind| kind.as_str());
            let known: Vec<_> = known.chain([SERIES, ALL]).collect();
            ControlError::invalid("topics", format!("must be among {}", known.join(", ")))
        })?;
        Ok(Self {
            kinds: (!words.contains(&ALL)).then_some(kinds),
            series: words.contains(&SERIES),
        })
    }

    /// Whether things of that kind are wanted.
    pub(super) fn has(&self, kind: ObjectKind) -> bool {
        self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&kind))
    }
}
