//! The relay through real sockets, in front of fakes of its upstreams.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's world fails loudly"
)]
#![expect(unreachable_pub, reason = "nobody is outside a test's crate")]

mod address;
mod ask;
mod raw;
mod world;

mod asking;
mod basics;
mod billing;
mod bodies;
mod budgets;
mod credit;
mod egress;
mod failover;
mod framing;
mod hostile;
mod leaving;
mod limits;
mod live;
mod models;
mod mount;
mod nodes;
mod objects;
mod plugins;
mod protocols;
mod routing;
mod scheduling;
mod secrets;
mod streams;
mod tls;
mod traces;
mod untouched;
mod usage;
mod websocket;
