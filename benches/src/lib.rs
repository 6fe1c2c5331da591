//! Side-by-side measurements: the same requests through Potluck, nginx, haproxy and a Pingora proxy
//! that does nothing, interleaved in one run, so that whatever else the machine does meets them all.
//!
//! 1. `potluck-bench` makes a temporary folder, starts the upstream and each proxy as a child
//!    ([`program`], [`target`]) and waits until each one answers.
//! 2. For each round and target it runs `bench-load` ([`load`]) and reads the proxy's CPU time
//!    before and after ([`cpu`]).
//! 3. Rounds become medians ([`spread`]), held against the budgets, printed and written ([`report`]).
//!
//! Beside them, [`soak`] keeps the relay alone under a mixed load and looks at what is left.
//!
//! Traffic never leaves loopback; every child ends with the harness, whichever way that ends.

pub mod ending;
pub mod folder;
pub mod options;
pub mod place;
pub mod program;

pub mod bare;
pub mod haproxy;
pub mod nginx;
pub mod potluck;
pub mod target;

pub mod answer;
pub mod connection;
pub mod histogram;
pub mod keys;
pub mod load;
pub mod payload;

pub mod cpu;
pub mod machine;
pub mod report;
pub mod round;
pub mod scenario;
pub mod soak;
pub mod spread;
