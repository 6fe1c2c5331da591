//! What the control plane keeps in memory to know who asks: signing keys, tries, and the way passwords are hashed.
//!
//! Invariant: signing keys are read from the database and replaced as a whole; the one that signs is rotated when it is
//! old, by whoever needs it next.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use parking_lot::{Mutex, RwLock};

use super::Control;
use crate::audit::{Act, Note, Object, ObjectKind};
use crate::auth::{Attempts, AuthSettings, Keys, Passwords};
use crate::caller::By;
use crate::error::ControlError;

/// Keys and tries. Nothing of it outlives the process.
#[derive(Debug)]
pub(crate) struct Auth {
    pub(crate) settings: AuthSettings,
    pub(crate) passwords: Passwords,
    /// Held for a look and a count.
    pub(crate) attempts: Mutex<Attempts>,
    /// `None` until somebody asks.
    keys: RwLock<Option<Arc<Keys>>>,
    /// When what has expired was forgotten last, in Unix time in milliseconds.
    tidied: AtomicI64,
}

/// How often what has expired is forgotten, in milliseconds.
const TIDIED_EVERY: i64 = 60 * 60_000;

impl Auth {
    pub(crate) fn new(settings: AuthSettings) -> Self {
        Self {
            passwords: Passwords::new(&settings),
            attempts: Mutex::new(Attempts::new(&settings)),
            keys: RwLock::new(None),
            tidied: AtomicI64::new(0),
            settings,
        }
    }
}

impl Control {
    /// The keys as they were read last.
    pub(crate) async fn keys(&self) -> Result<Arc<Keys>, ControlError> {
        let kept = self.auth.keys.read().clone();
        match kept {
            Some(keys) => Ok(keys),
            None => self.read_keys().await,
        }
    }

    /// The keys as they are now: another process may have rotated them.
    pub(crate) async fn read_keys(&self) -> Result<Arc<Keys>, ControlError> {
        let keys = Arc::new(Keys::new(self.store.epoch(), &self.store.signing_keys().await?));
        *self.auth.keys.write() = Some(Arc::clone(&keys));
        Ok(keys)
    }

    /// Keys with one that signs and is not too old.
    pub(crate) async fn signing_keys(&self) -> Result<Arc<Keys>, ControlError> {
        let now_ms = (self.clock)();
        self.forget_expired(now_ms).await?;
        let keys = self.keys().await?;
        let fresh = keys
            .signs_since()
            .is_some_and(|since| now_ms - since < self.auth.settings.signing_ms);
        if fresh {
            return Ok(keys);
        }
        self.rotate_signing_key(&By::job("rotate-signing-key")).await?;
        self.keys().await
    }

    /// Sessions and leave whose time has passed need no row. Whoever begins or refreshes a session sees to it.
    async fn forget_expired(&self, now_ms: i64) -> Result<(), ControlError> {
        // Relaxed: nothing else is ordered by it, and whoever swaps it is the one who tidies.
        let before = self.auth.tidied.load(Ordering::Relaxed);
        let due = now_ms - before >= TIDIED_EVERY;
        let swap = |to| {
            let tidied = &self.auth.tidied;
            tidied.compare_exchange(before, to, Ordering::Relaxed, Ordering::Relaxed)
        };
        if due && swap(now_ms).is_ok() {
            self.store.forget_expired(now_ms).await?;
        }
        Ok(())
    }

    /// Has access tokens signed with a new key from now on. Those that the old one signed hold until they end.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rotate_signing_key(&self, by: &By) -> Result<(), ControlError> {
        /// Clocks of several processes differ a little.
        const SLACK: i64 = 60_000;
        let mut turn = self.turn(by).await?;
        let now_ms = turn.now_ms;
        let forget = now_ms - self.auth.settings.access_ms - SLACK;
        turn.change.rotate_signing_key(now_ms, forget).await?;
        turn.end(Note::new(
            Act::SigningKeyRotated,
            Object::named(ObjectKind::Secrets, "signing key"),
        ))
        .await?;
        self.read_keys().await?;
        Ok(())
    }
}
