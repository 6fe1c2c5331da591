//! Potluck: a shared relay for AI services. This library is what the `potluck` program is made of, for
//! people who build an edge of their own.
//!
//! 1. [`config`] and [`secrets`]: what the relay is told;
//! 2. [`serve`]: starting and stopping it;
//! 3. [`edge`]: the data plane, a request's way;
//! 4. [`plugin`]: what stands around a route's requests, and [`App`]: a program with plug-ins of one's own;
//! 5. [`cli`]: the commands, [`demo`]: the relay in front of fakes;
//! 6. [`clock`]: time and chance, which everything else takes as values.

mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod edge;
mod metrics;
pub mod plugin;
pub mod secrets;
pub mod serve;
pub mod spool;

pub use app::App;
