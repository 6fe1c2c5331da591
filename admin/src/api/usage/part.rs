//! How sums are parted: in which steps, by what, and the largest of them by which measure.

use potluck_store::usage::ask::{Measure, Step};
use potluck_store::usage::book::Dim;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How long the steps of a series are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum UsageStep {
    /// One minute.
    #[serde(rename = "1m")]
    Minute,
    /// Five.
    #[serde(rename = "5m")]
    FiveMinutes,
    /// One hour.
    #[serde(rename = "1h")]
    Hour,
    /// One day (UTC).
    #[serde(rename = "1d")]
    Day,
}

impl From<UsageStep> for Step {
    fn from(step: UsageStep) -> Self {
        match step {
            UsageStep::Minute => Self::Minute,
            UsageStep::FiveMinutes => Self::FiveMinutes,
            UsageStep::Hour => Self::Hour,
            UsageStep::Day => Self::Day,
        }
    }
}

/// By what a member's sums are parted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MyUsageGroups {
    /// The model.
    #[default]
    Model,
    /// What was asked for.
    Endpoint,
    /// With which client key.
    ClientKey,
    /// How it ended.
    Class,
    /// The upstream.
    Upstream,
}

/// By what sums are parted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UsageGroups {
    /// The model.
    #[default]
    Model,
    /// What was asked for.
    Endpoint,
    /// With which client key.
    ClientKey,
    /// How it ended.
    Class,
    /// The upstream.
    Upstream,
    /// Who asked.
    User,
    /// Which pool key served.
    PoolKey,
    /// The node of the last attempt.
    Node,
}

impl From<MyUsageGroups> for UsageGroups {
    fn from(groups: MyUsageGroups) -> Self {
        match groups {
            MyUsageGroups::Model => Self::Model,
            MyUsageGroups::Endpoint => Self::Endpoint,
            MyUsageGroups::ClientKey => Self::ClientKey,
            MyUsageGroups::Class => Self::Class,
            MyUsageGroups::Upstream => Self::Upstream,
        }
    }
}

impl From<UsageGroups> for Dim {
    fn from(groups: UsageGroups) -> Self {
        match groups {
            UsageGroups::Model => Self::Model,
            UsageGroups::Endpoint => Self::Endpoint,
            UsageGroups::ClientKey => Self::ClientKey,
            UsageGroups::Class => Self::Class,
            UsageGroups::Upstream => Self::Upstream,
            UsageGroups::User => Self::User,
            UsageGroups::PoolKey => Self::PoolKey,
            UsageGroups::Node => Self::Node,
        }
    }
}

/// By what the largest are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UsageMeasure {
    /// How many requests.
    #[default]
    Requests,
    /// Tokens asked and answered.
    Tokens,
    /// Pictures.
    Images,
    /// NovelAI's currency.
    Anlas,
    /// Money.
    Cost,
    /// Bytes of answers.
    Bytes,
    /// Time.
    Time,
}

impl From<UsageMeasure> for Measure {
    fn from(measure: UsageMeasure) -> Self {
        match measure {
            UsageMeasure::Requests => Self::Requests,
            UsageMeasure::Tokens => Self::Tokens,
            UsageMeasure::Images => Self::Images,
            UsageMeasure::Anlas => Self::Anlas,
            UsageMeasure::Cost => Self::Cost,
            UsageMeasure::Bytes => Self::Bytes,
            UsageMeasure::Time => Self::Time,
        }
    }
}
