//! Which rule decided. A verdict carries it everywhere, so it is small and `Copy`.

use std::fmt;

use serde::{Serialize, Serializer};

/// The name of a rule, unique within its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RuleName {
    /// A rule that comes with the relay.
    BuiltIn(&'static str),
    /// A rule of the configuration, by its place in the upstream's `judge` list, from 0.
    Own(u16),
}

impl fmt::Display for RuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn(name) => f.write_str(name),
            Self::Own(at) => write!(f, "judge[{at}]"),
        }
    }
}

impl Serialize for RuleName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
