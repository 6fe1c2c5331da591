//! The states that are kept, each with its stable word.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a pool key, a node or an outbound proxy fared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nobody looked: nothing is known of that time.
    NotChecked,
    /// A pool key that was brought and not yet found to work.
    Pending,
    /// It served, or could have.
    Healthy,
    /// It rested after failures and came back by itself.
    Cooling,
    /// A pool key whose account had run dry.
    Drained,
    /// A pool key that was refused once.
    Suspect,
    /// A pool key that its upstream did not take.
    Invalid,
    /// A pool key that somebody held back.
    Paused,
    /// A pool key that was taken out for ever.
    Withdrawn,
    /// A node whose checks failed.
    Unhealthy,
    /// A node that was let back in little by little.
    Recovering,
    /// A node that got no new requests, by an operator's word.
    Draining,
    /// An outbound proxy that was switched off.
    Off,
    /// A node or an outbound proxy that was taken out.
    Removed,
}

impl State {
    /// Each of them.
    pub const ALL: [Self; 14] = [
        Self::NotChecked,
        Self::Pending,
        Self::Healthy,
        Self::Cooling,
        Self::Drained,
        Self::Suspect,
        Self::Invalid,
        Self::Paused,
        Self::Withdrawn,
        Self::Unhealthy,
        Self::Recovering,
        Self::Draining,
        Self::Off,
        Self::Removed,
    ];

    /// The word in the database and in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotChecked => "not_checked",
            Self::Pending => "pending",
            Self::Healthy => "healthy",
            Self::Cooling => "cooling",
            Self::Drained => "drained",
            Self::Suspect => "suspect",
            Self::Invalid => "invalid",
            Self::Paused => "paused",
            Self::Withdrawn => "withdrawn",
            Self::Unhealthy => "unhealthy",
            Self::Recovering => "recovering",
            Self::Draining => "draining",
            Self::Off => "off",
            Self::Removed => "removed",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

impl From<crate::life::State> for State {
    fn from(state: crate::life::State) -> Self {
        use crate::life::State as Life;
        match state {
            Life::Pending => Self::Pending,
            Life::Healthy => Self::Healthy,
            Life::Cooling { .. } => Self::Cooling,
            Life::Drained { .. } => Self::Drained,
            Life::Suspect { .. } => Self::Suspect,
            Life::Invalid => Self::Invalid,
            Life::Paused => Self::Paused,
            Life::Withdrawn => Self::Withdrawn,
        }
    }
}

impl From<crate::model::PoolKeyState> for State {
    fn from(state: crate::model::PoolKeyState) -> Self {
        crate::life::State::from(state).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_comes_back_from_its_word_and_has_the_same_in_json() {
        for state in State::ALL {
            assert_eq!(State::parse(state.as_str()), Some(state));
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
    }
}
