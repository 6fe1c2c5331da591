//! Who asks. A typed request extension, set by whoever mounts the router; never read from a header.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::error::ControlError;

/// Who asks. Handlers take it as an argument, so that none can be reached without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Whoever may open the data folder: over its socket, or in the process itself.
    Operator,
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ControlError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ControlError> {
        parts
            .extensions
            .get::<Self>()
            .copied()
            .ok_or(ControlError::NobodyAsks)
    }
}
