//! What is left behind a pool key.

use potluck_filters::model;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is left behind a pool key, and where that is from. Amounts are in millionths of the upstream's currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Credit {
    /// What is left, by what the upstream told and what was used since; `null` where the upstream tells nobody.
    pub left: Option<u64>,
    /// Where `left` is from.
    pub source: Source,
    /// What the upstream told last.
    pub balance: Option<u64>,
    /// What was ever used, by the upstream's word; `null` where it does not say.
    pub used: Option<u64>,
    /// When it was asked.
    pub asked_at: i64,
}

/// Where a figure is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The upstream's word.
    Reported,
    /// The upstream's word, less what was used since by the relay's own count.
    Estimated,
    /// Nobody knows.
    None,
}

impl Credit {
    /// As it is stored. `None` where nobody asked yet.
    pub(crate) fn of(credit: Option<model::Credit>, asked_at: Option<i64>) -> Option<Self> {
        let told = credit.map(|credit| Self {
            left: Some(credit.balance),
            source: Source::Reported,
            balance: Some(credit.balance),
            used: credit.used,
            asked_at: credit.asked_at,
        });
        told.or_else(|| {
            Some(Self {
                left: None,
                source: Source::None,
                balance: None,
                used: None,
                asked_at: asked_at?,
            })
        })
    }

    /// With what a running edge thinks is left.
    pub(crate) fn with_estimate(self, left: u64) -> Self {
        match self.balance {
            Some(balance) if left < balance => Self {
                left: Some(left),
                source: Source::Estimated,
                ..self
            },
            Some(_) | None => self,
        }
    }
}
