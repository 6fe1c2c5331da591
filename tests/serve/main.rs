//! `potluck serve` as an operator meets it: the built program as a child process, in a folder of its own, in
//! front of fakes of its upstreams in this process, managed with the program's own commands.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test's world fails loudly"
)]

#[path = "../relay/address.rs"]
mod address;
mod api;
mod database;
mod installation;
mod relay;
mod requests;

mod apart;
mod bearer;
mod before;
mod books;
mod changes;
mod checks;
mod egress;
mod findings;
mod hostile;
mod kill;
mod leaks;
mod logs;
mod memory;
mod metrics;
mod mount;
mod nodes;
mod objects;
mod remote;
mod starting;
mod stopping;
mod traces;
