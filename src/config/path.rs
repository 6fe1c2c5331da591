//! Where in the configuration something stands: `upstreams.novelai.nodes[0].url`.

use std::fmt;

/// One step down from a section, entry or list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A key of a section, or a name in a map.
    Key(String),
    /// A place in a list, from 0.
    Index(usize),
}

/// The way from the top of the configuration down to one setting. Empty: the whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path(Vec<Step>);

impl Path {
    /// A path of keys only, written with dots. For paths spelled in this program.
    pub(super) fn of(dotted: &str) -> Self {
        Self(dotted.split('.').map(|key| Step::Key(key.to_owned())).collect())
    }

    /// This path and one key more.
    pub(super) fn key(&self, key: &str) -> Self {
        self.and(Step::Key(key.to_owned()))
    }

    /// This path and one place in a list more.
    pub(super) fn index(&self, index: usize) -> Self {
        self.and(Step::Index(index))
    }

    fn and(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    pub(super) fn steps(&self) -> &[Step] {
        &self.0
    }

    /// The way down to its first so many steps.
    pub(super) fn first(&self, count: usize) -> Self {
        Self(self.0.iter().take(count).cloned().collect())
    }

    /// The path as it was written, given the list items that were left out of the reading.
    pub(super) fn as_written(&self, left_out: &[Self]) -> Self {
        self.0.iter().fold(Self::default(), |written, step| match step {
            Step::Key(key) => written.key(key),
            Step::Index(index) => {
                let kept = (0..)
                    .filter(|at| !left_out.contains(&written.index(*at)))
                    .nth(*index);
                written.index(kept.unwrap_or(*index))
            }
        })
    }

    /// Whether one of the two is the other, or contains it.
    pub(super) fn touches(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(a, b)| a == b)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if at == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}
