//! The four account answers of NovelAI's API that the relay gives itself, for the pool as a whole.
//!
//! Clients ask for them before they generate. No contributor's account shows through: the figures are
//! the pool's, and what is nobody's business has a harmless fixed value. The shapes are NovelAI's of
//! autumn 2026, so that the clients' typed models accept them.

mod body;

use bytes::Bytes;
use serde::Serialize;

use self::body::{Data, Information, OPUS, Priority, Subscription};
use crate::reach::Synthetic;

/// What is known of the pool's NovelAI accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolFacts {
    /// Anlas of all pool keys that can serve; shown as 0 where not known.
    pub anlas: Option<u64>,
    /// The highest tier among them: 0 Paper, 1 Tablet, 2 Scroll, 3 Opus.
    pub tier: u8,
    /// Whether a subscription among them is active.
    pub active: bool,
    /// When the last of them ends, in Unix seconds; shown as far away where not known.
    pub expires_at: Option<i64>,
}

impl Default for PoolFacts {
    /// A pool whose accounts have not been asked yet: Opus, as most pools are.
    fn default() -> Self {
        Self {
            anlas: None,
            tier: OPUS,
            active: true,
            expires_at: None,
        }
    }
}

/// The body of an account answer, `application/json` with status 200.
#[must_use]
pub fn render(asked: Synthetic, facts: &PoolFacts) -> Bytes {
    match asked {
        Synthetic::Subscription => json(&Subscription::of(facts)),
        Synthetic::Information => json(&Information::default()),
        Synthetic::Data => json(&Data::of(facts)),
        Synthetic::Priority => json(&Priority::of(facts)),
    }
}

fn json(body: &impl Serialize) -> Bytes {
    // Plain structs of text and numbers always serialise; were it not so, an empty object is still JSON.
    serde_json::to_vec(body).map_or(Bytes::from_static(b"{}"), Bytes::from)
}

#[cfg(test)]
mod tests;
