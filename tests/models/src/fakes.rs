//! What the desk needs of its surroundings, in the hands of the model checker.

use std::sync::Arc;
use std::time::Duration;

use potluck_filters::time::Moment;
use shuttle::sync::MutexGuard;
use shuttle::sync::atomic::{AtomicU64, Ordering};

/// A lock as the relay's: it is never poisoned.
pub(crate) struct Mutex<T>(shuttle::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) fn new(guarded: T) -> Self {
        Self(shuttle::sync::Mutex::new(guarded))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().expect("nobody panics with the lock in hand")
    }
}

/// A clock that stands still until somebody sleeps. Reading it lets others go first, so that the time
/// which the desk goes by may be older than what it finds.
#[derive(Clone)]
pub(crate) struct Clock(Arc<AtomicU64>);

impl Clock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicU64::new(0)))
    }

    pub(crate) fn now(&self) -> Moment {
        Moment::from_millis(self.0.load(Ordering::SeqCst))
    }

    pub(crate) fn origin_unix_ms(&self) -> i64 {
        0
    }

    /// Lets others go first, then so much time pass.
    pub(crate) async fn sleep(&self, span: Duration) {
        shuttle::future::yield_now().await;
        let millis = u64::try_from(span.as_millis()).expect("a short sleep");
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

pub(crate) fn chance() -> f64 {
    0.0
}
