//! How a pool key rests on disk. Values in, values out: nonces are arguments.
//!
//! [`ring`] holds the keys that seal; [`envelope`] is the form of what is sealed; [`context`] is what an
//! envelope is bound to; [`fingerprint`] recognises a second copy of the same credential; [`chain`] holds
//! the audit log together.

pub mod chain;
pub mod context;
pub mod envelope;
pub mod fingerprint;
pub mod ring;
