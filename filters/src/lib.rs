//! The domain model and every decision of the relay, as plain functions over values.
//!
//! A request's way through these modules, top to bottom (the shell in `src/` of the root package
//! awaits, these never do; `now` and randomness are arguments):
//!
//! 1. [`framing`]: is the head of this request beyond doubt? [`route`]: which upstream does this path belong to?
//! 2. [`reach`]: may this path be reached at all, and who answers it?
//! 3. [`authenticate`]: whose client key is this?
//! 4. [`admit`]: may this key make this request (expiry, addresses, models)?
//! 5. [`limit`] and [`window`]: is there a place left in the last 60 seconds?
//! 6. [`reader`]: which model does the body ask for, and what will it [`cost`]? Fails closed.
//!    Plug-ins may change the body before that ([`rewrite`]).
//! 7. [`pool`]: one decision for node and pool key, taken as a lease; [`egress`]: through which outbound proxy.
//! 8. [`inject`]: the client's credentials out, the pool's in.
//! 9. [`judge`]: what does the upstream's answer say, and whom does it blame?
//! 10. [`rejection`]: every "no" in the client's own error format.
//! 11. [`meter`] and [`credit`]: what has it used, and what does that leave on the key? [`usage`]: its line in the books.
//!
//! Beside all that: [`history`], how pool keys, nodes and outbound proxies fared; [`finding`], what is wrong
//! with them; and [`alert`], who is told.
//!
//! All of it is decided from a [`snapshot`]: immutable, versioned, swapped as a whole.
//!
//! Invariant: nothing here knows a socket, a file, a clock, Pingora, axum or SQL.

pub mod account;
pub mod address;
pub mod admit;
pub mod alert;
pub mod asking;
pub mod authenticate;
pub mod cost;
pub mod credit;
pub mod egress;
pub mod finding;
pub mod framing;
pub mod health;
pub mod history;
pub mod id;
pub mod inject;
pub mod judge;
pub mod latency;
pub mod life;
pub mod limit;
pub mod login;
pub mod meter;
pub mod model;
pub mod node_url;
pub mod objects;
pub mod pool;
pub mod probe;
pub mod queue;
pub mod reach;
pub mod reader;
pub mod rejection;
pub mod rewrite;
pub mod route;
pub mod scheduler;
pub mod secret;
pub mod snapshot;
pub mod spending;
pub mod spread;
pub mod time;
pub mod trace;
pub mod usage;
pub mod window;
