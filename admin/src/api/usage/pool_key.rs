//! What a pool key served, as its contributor is told.

use potluck_filters::usage::Endpoint;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{UsageFigure, UsageSums};

/// What a pool key served on a day (UTC).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PoolKeyUsageDay {
    /// The day, such as `2026-11-21`.
    pub day: String,
    /// Requests that came to it last.
    pub requests: u64,
    /// Of those, answered ones that made something: a text, a picture, a voice.
    pub generations: u64,
    /// NovelAI's currency.
    pub anlas: UsageFigure,
    /// Money, in millionths of the upstream's currency.
    pub cost_micros: UsageFigure,
    /// How many people used it; `null`: fewer than three.
    pub persons: Option<u64>,
}

/// What a pool key served. Nobody is named, and nobody can be told from another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PoolKeyUsage {
    /// Day by day. Days on which it served nothing are left out.
    pub days: Vec<PoolKeyUsageDay>,
    /// All of them together.
    pub total: UsageSums,
    /// Of those, answered ones that made something.
    pub generations: u64,
}

/// Whether something is made when such a request is answered.
pub(crate) fn makes_something(endpoint: Endpoint) -> bool {
    match endpoint {
        Endpoint::Chat
        | Endpoint::Completions
        | Endpoint::Responses
        | Endpoint::Images
        | Endpoint::Audio
        | Endpoint::GenerateImage
        | Endpoint::ImageTools
        | Endpoint::GenerateText
        | Endpoint::GenerateVoice => true,
        Endpoint::Embeddings
        | Endpoint::Moderations
        | Endpoint::Models
        | Endpoint::Files
        | Endpoint::Account
        | Endpoint::Other => false,
    }
}
