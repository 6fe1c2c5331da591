//! Faithful fakes of the upstreams that Potluck relays to, for its tests and for `potluck demo`.
//!
//! Each fake is a real server on a loopback socket. A request's way through one:
//! 1. `server` accepts the connection and reads the request;
//! 2. `record` notes what arrived;
//! 3. `fault` says whether this request meets a scripted failure;
//! 4. the fake's own axum router answers, at the speed that `pace` sets.

pub mod demo;
pub mod fault;
pub mod node;
pub mod novelai;
pub mod openai;
pub mod pace;
mod png;
pub mod record;
pub mod server;
mod sse;
mod wire;

#[cfg(test)]
mod client;

pub use demo::{DemoOptions, DemoWorld};
pub use fault::{Fault, Faults};
pub use node::NodeFake;
pub use openai::OpenAiFake;
pub use pace::Pace;
pub use record::{Record, Records};
pub use server::{FakeServer, TestCa, TlsFront};
