//! How a pool key is: what the relay has learned of it, and who or what holds it back. Two things, never one word for
//! both.

use potluck_filters::id::UserId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the relay has learned of a pool key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Standing {
    /// How it is.
    pub state: Condition,
    /// Why, in a stable word, where there is something to say.
    pub reason: Option<String>,
    /// Since when; `null` where that was not noted. Of rests it is not.
    pub since: Option<i64>,
    /// When that may next change by itself: a rest ends, or it is looked at.
    pub next_at: Option<i64>,
    /// Looks in a row that came to nothing.
    pub attempt: u32,
    /// Requests that run on it now; `null` where no relay runs here.
    pub in_flight: Option<u32>,
    /// When its upstream last said how its account is, or what is left; `null` where it never did.
    pub evidence_at: Option<i64>,
}

/// How a pool key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Being looked at; serves nobody yet.
    Pending,
    /// May serve.
    Healthy,
    /// Rests after a failure, and comes back by itself.
    Cooling,
    /// Its account has run dry; it is tried again.
    Drained,
    /// Its credential was refused once; it is looked at.
    Suspect,
    /// Its credential is refused, and a second look agreed.
    Invalid,
    /// Somebody holds it back; it is looked at when nobody does any more.
    Paused,
    /// Taken out for ever.
    Withdrawn,
}

/// What holds a pool key back that could serve otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hold {
    /// What it is.
    pub kind: HoldKind,
    /// Whose decision.
    pub by: HeldBy,
    /// The admin's id, where an admin with an account has done it; members are not told.
    pub admin: Option<UserId>,
    /// Why, where they have said so.
    pub reason: Option<String>,
    /// Since when, where that is known.
    pub since: Option<i64>,
    /// Until when, where that is known.
    pub until: Option<i64>,
}

/// What a hold is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HoldKind {
    /// Somebody paused it.
    Paused,
    /// It is outside its hours.
    Hours,
    /// What it may do on a day is done.
    Cap,
    /// What is left of its account is kept; what costs nothing still runs.
    Reserve,
}

/// Whose decision a hold is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HeldBy {
    /// Its contributor's.
    Contributor,
    /// An admin's. Only an admin can lift it.
    Admin,
}
