//! What kind of account is behind a pool key, as far as limits tell them apart.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// A NovelAI account on Opus.
    Opus,
    /// A NovelAI account on Scroll.
    Scroll,
    /// A NovelAI account on Tablet.
    Tablet,
    /// A NovelAI account without a running subscription.
    Paper,
    /// A key whose upstream tells no tier, such as those of `openai` upstreams.
    Other,
}

impl Tier {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Opus, Self::Scroll, Self::Tablet, Self::Paper, Self::Other];

    /// The kind by NovelAI's number (0 Paper, 1 Tablet, 2 Scroll, 3 Opus); `None` where none was told.
    #[must_use]
    pub fn of(number: Option<u8>) -> Self {
        match number {
            None => Self::Other,
            Some(0) => Self::Paper,
            Some(1) => Self::Tablet,
            Some(2) => Self::Scroll,
            Some(_) => Self::Opus,
        }
    }

    /// The word in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opus => "opus",
            Self::Scroll => "scroll",
            Self::Tablet => "tablet",
            Self::Paper => "paper",
            Self::Other => "other",
        }
    }
}

/// One value for each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ByTier<T> {
    /// For accounts on Opus.
    pub opus: T,
    /// For accounts on Scroll.
    pub scroll: T,
    /// For accounts on Tablet.
    pub tablet: T,
    /// For accounts without a running subscription.
    pub paper: T,
    /// For keys whose upstream tells no tier.
    pub other: T,
}

impl<T: Copy> ByTier<T> {
    /// The value of one kind.
    #[must_use]
    pub fn get(&self, tier: Tier) -> T {
        match tier {
            Tier::Opus => self.opus,
            Tier::Scroll => self.scroll,
            Tier::Tablet => self.tablet,
            Tier::Paper => self.paper,
            Tier::Other => self.other,
        }
    }

    /// The value of one kind, to be changed.
    pub fn get_mut(&mut self, tier: Tier) -> &mut T {
        match tier {
            Tier::Opus => &mut self.opus,
            Tier::Scroll => &mut self.scroll,
            Tier::Tablet => &mut self.tablet,
            Tier::Paper => &mut self.paper,
            Tier::Other => &mut self.other,
        }
    }

    /// Each value changed alike.
    #[must_use]
    pub fn map<U>(&self, change: impl Fn(T) -> U) -> ByTier<U> {
        ByTier {
            opus: change(self.opus),
            scroll: change(self.scroll),
            tablet: change(self.tablet),
            paper: change(self.paper),
            other: change(self.other),
        }
    }
}
