//! Leaving through outbound proxies: the shell around `potluck_filters::egress`.
//!
//! [`exits`] makes the snapshot's proxies ready, [`way`] takes the next one and notes how it fared,
//! [`tunnel`] speaks to it, [`peer`] is what Pingora connects to, [`mod@session`] and (for checks) [`link`] go on to the
//! next when one fails, [`probe`] looks after them all, [`opener`] serves the control plane. Invariants: where there are no proxies, a request meets none of
//! this but one look at an `Option`; a request that is to leave through proxies never leaves straight
//! unless the machine says so.

mod exits;
mod link;
mod opener;
mod peer;
mod probe;
mod report;
mod session;
mod tunnel;
mod way;

pub(super) use exits::{Exit, Exits};
pub(super) use link::{Target, Unlinked};
pub(crate) use opener::Opener;
pub(super) use peer::PeersThrough;
pub(super) use session::{Out, session};
pub(super) use tunnel::trouble_of;
pub(super) use way::{Way, failed, worked};
