//! The OpenAPI document, made from the handlers' own types, and the routes that it is made with.
//!
//! 1. [`routes`]: a route is declared once; path, method and handler go to axum, their description here.
//! 2. [`input`]: what a handler takes; [`answer`]: what it gives. Each type describes itself.
//! 3. [`document`]: all operations together, as OpenAPI 3.1.
//!
//! Invariant: nothing is described that is not served, and nothing served under `/manage/v1` is left out.

mod answer;
mod document;
mod input;
mod operation;
mod page;
mod routes;

pub(crate) use answer::Answer;
pub use document::Document;
pub(crate) use input::{Input, inlined, query_parameters};
pub(crate) use operation::Operation;
pub(crate) use page::{POLICY, STYLE, page};
pub(crate) use routes::Routes;
