//! The control plane: the operator's API over the store, and the way of a change to the edge.
//!
//! 1. [`mod@router`]: every route on one page.
//! 2. [`caller`]: who asks; [`access`]: what a handler asks of its caller. [`gate`]: who may call over the network.
//! 3. `auth`: how it is known who asks. `route`: one file per noun; each handler takes its input, makes one call, gives a typed answer.
//! 4. [`control`]: the calls. A change goes store → check by the edge → commit → edge, one at a time.
//! 5. [`api`]: the types of requests and answers, for servers and clients alike.
//! 6. [`doc`]: the published description of the API, made from the handlers' types.
//! 7. [`audit`]: what is noted of each change, in the change's own transaction.
//! 8. [`sight`]: how things fared, what is wrong with them, and who is told.
//! 9. [`mod@ui`]: the user interface, where the program carries one.
//! 10. [`error`]: what can go wrong, and the one place where it becomes an answer.
//!
//! Invariant: nothing here knows Pingora; pool keys enter and never leave; an answer to a change is sent when
//! the edge serves it.

pub mod access;
pub mod api;
pub mod audit;
mod auth;
pub mod caller;
pub mod control;
pub mod doc;
pub mod error;
mod events;
pub mod gate;
mod idempotency;
mod input;
pub mod job;
mod output;
mod route;
pub mod router;
pub mod sight;
mod throttle;
pub mod ui;

#[cfg(test)]
mod tests;

pub use auth::{Argon2, AuthSettings};
pub use caller::{By, Caller};
pub use control::{Checking, Control, Found, Live, LookUp, Probing, Publisher, Recheck};
pub use error::ControlError;
pub use input::IfMatch;
/// The database, for whoever opens it and hands it to [`Control::new`].
pub use potluck_store as store;
pub use router::{document, operator_router, router};
