//! The scenarios, each a module with one `run` that gives its part of the report.

pub mod post;
pub mod queue;
pub mod swap;
