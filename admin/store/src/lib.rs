//! The database of the relay: users, client keys, pool keys and what is set for upstreams, the revision that counts
//! their changes, and what was spent on each day.
//!
//! 1. [`location`]: which database, and whether it can be one at all.
//! 2. [`dialect`]: what differs between SQLite and Postgres. Everything else is written once.
//! 3. [`store`]: opening, loading everything at a revision, and what changed since one.
//! 4. [`change`]: one transaction that counts the revision up and changes rows.
//! 5. [`table`]: the queries, one file per table.
//! 6. [`seal`]: how a pool key rests on disk, and how a second copy of it is recognised.
//! 7. [`usage`]: the books of usage, apart from all that.
//!
//! Invariants: what an edge serves from and the revision change in one transaction, and commit order is revision
//! order; a pool key's text is only ever in memory; a client key's text is not kept at all.

pub mod change;
pub mod client_key_text;
pub mod dialect;
pub mod error;
pub mod location;
pub mod random;
pub mod seal;
pub mod secret_text;
pub mod store;
pub mod table;
pub mod usage;

#[cfg(test)]
mod tests;

pub use change::Change;
pub use dialect::Lead;
pub use error::StoreError;
pub use seal::ring::KeyRing;
pub use store::{Parts, Store};
pub use table::pool_keys::{Credential, ProbeTarget, Probed, SavedProbe, Told};
pub use usage::UsageStore;
