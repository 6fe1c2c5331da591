//! What the shell runs around the requests of a route. No decision here depends on it.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// Something of the shell's own that travels with a route, so that a snapshot is swapped as a whole.
#[derive(Clone)]
pub struct Extension(Arc<dyn Any + Send + Sync>);

impl Extension {
    /// Wraps it.
    #[must_use]
    pub fn new<T: Any + Send + Sync>(inner: T) -> Self {
        Self(Arc::new(inner))
    }

    /// It, for whoever knows its type.
    #[must_use]
    pub fn get<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        Arc::clone(&self.0).downcast().ok()
    }
}

/// The same one, not an equal one.
impl PartialEq for Extension {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Extension {}

impl fmt::Debug for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Extension(..)")
    }
}
