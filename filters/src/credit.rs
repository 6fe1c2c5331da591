//! The credit behind a pool key: what the upstream tells of it, and what use takes off until it is asked again.
//!
//! 1. [`CreditTerms`]: where an upstream tells balances, and how its answer is read.
//! 2. [`Tariffs`]: what the upstream was found to charge, learned from balances and use.
//! 3. [`Tab`]: what was used on one pool key since its balance was seen.
//!
//! Invariant: amounts are in millionths of the currency; nothing read here can overflow or panic.

mod amount;
mod answer;
mod tab;
mod tariff;

pub use amount::{amount, shown};
pub(crate) use answer::money;
pub use answer::{CreditTerms, Told};
pub use tab::Tab;
pub use tariff::{Tariffs, Use};
