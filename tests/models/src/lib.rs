//! The desk where requests ask for leases, under orders of events that tests in real time never meet.
//!
//! The files under test are those of the relay, compiled here against a lock and a clock of the model
//! checker: it decides at every lock, look at the clock and wait who goes on. A model fails when something
//! that must hold does not, or when somebody sleeps for ever. All seeds are fixed.

#![cfg(test)]

#[path = "../../../src/edge/desk.rs"]
#[expect(dead_code, reason = "the models do not look at the line of those who wait")]
mod desk;
#[path = "../../../src/edge/timekeeper.rs"]
#[expect(dead_code, reason = "the models start the keeper of the time themselves")]
mod timekeeper;

mod fakes;
mod models;
mod world;

use fakes::{Clock, Mutex, chance};
