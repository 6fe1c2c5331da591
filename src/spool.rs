//! Usage on its way from the edge to the books: no request that ended is forgotten, and none waits for it.
//!
//! 1. [`Inlet::put`]: a request that has ended goes into a bounded channel; the request path does no more.

mod channel;

pub use channel::{Inlet, Outlet, channel};
