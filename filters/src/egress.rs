//! Leaving through outbound proxies: which one next, how each fares, and what is said to it.
//!
//! A pure machine and pure messages; sockets are the shell's. Invariants: a request goes straight only
//! where that is allowed in so many words; a rest never removes the last way; what is wrong at a target
//! is never held against the proxies that could not reach it.

pub mod assigned;
pub mod connect;
mod history;
mod journal;
mod order;
mod replay;
mod settings;
pub mod socks5;
mod standing;
mod standings;
mod tries;
mod trouble;

pub use assigned::Egress;
pub use history::{By, Event};
pub use journal::{Did, ProxyEvent, ProxyJournal};
pub use replay::{Outs, Seen, replay};
pub use settings::EgressSettings;
pub use standings::{
    Ask, Blame, Failure, Next, ProbeReport, ProxyHealth, ProxyReport, StandingReport, Standings,
};
pub use tries::Tries;
pub use trouble::{Side, Trouble};

#[cfg(test)]
mod tests;
