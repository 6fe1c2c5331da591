//! What can go wrong between this machine and a target behind a proxy, and whose side it is on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why there was no way through a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Trouble {
    /// No TCP connection to the proxy, or its name was not found.
    Unreachable,
    /// The proxy took too long to be connected to or logged in at.
    Slow,
    /// It refused the login, or wants one (407; SOCKS method 255 or a failed login).
    LoginRefused,
    /// It does not let anybody to this target (403 and other 4xx; SOCKS reply 2).
    Forbidden,
    /// It speaks something else.
    Garbled,
    /// It failed to reach the target (5xx; SOCKS replies 1 and 3 to 8), or did not say in time that it did.
    NotThrough,
    /// The way was open, and TLS or HTTP/2 with the target failed.
    TargetBroke,
    /// What a probe was to fetch was answered with an error.
    ProbeRefused,
}

/// On whose side a trouble is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The proxy's: it would be so for any target.
    Proxy,
    /// Between the proxy and this target, whoever is at fault.
    Beyond,
}

const ALL: [Trouble; 8] = [
    Trouble::Unreachable,
    Trouble::Slow,
    Trouble::LoginRefused,
    Trouble::Forbidden,
    Trouble::Garbled,
    Trouble::NotThrough,
    Trouble::TargetBroke,
    Trouble::ProbeRefused,
];

impl Trouble {
    /// The word in reports, logs and errors.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Slow => "slow",
            Self::LoginRefused => "login-refused",
            Self::Forbidden => "forbidden",
            Self::Garbled => "garbled",
            Self::NotThrough => "not-through",
            Self::TargetBroke => "target-broke",
            Self::ProbeRefused => "probe-refused",
        }
    }

    /// The trouble with this word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        ALL.into_iter().find(|trouble| trouble.word() == word)
    }

    /// On whose side it is.
    #[must_use]
    pub const fn side(self) -> Side {
        match self {
            Self::Unreachable | Self::Slow | Self::LoginRefused | Self::Garbled | Self::ProbeRefused => {
                Side::Proxy
            }
            Self::Forbidden | Self::NotThrough | Self::TargetBroke => Side::Beyond,
        }
    }

    /// Whether the target may be at fault: with all proxies alike, it is. That a proxy forbids a target
    /// is its own rule.
    #[must_use]
    pub const fn may_be_the_targets(self) -> bool {
        match self {
            Self::NotThrough | Self::TargetBroke => true,
            Self::Unreachable
            | Self::Slow
            | Self::LoginRefused
            | Self::Forbidden
            | Self::Garbled
            | Self::ProbeRefused => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_back_and_is_the_one_of_reports() {
        for trouble in ALL {
            assert_eq!(Trouble::of_word(trouble.word()), Some(trouble));
            assert_eq!(serde_json::to_value(trouble).unwrap(), trouble.word());
        }
        assert_eq!(Trouble::of_word("fine"), None);
    }
}
