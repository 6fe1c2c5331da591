//! How many bytes of request bodies are held: bounded for the process, and for each user within it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use potluck_filters::id::UserId;
use potluck_filters::rejection::Code;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Settings;

/// Bytes per permit: the semaphore counts to half a billion at most.
const UNIT: u64 = 4096;
/// Smaller bodies are not counted: Pingora's own read buffer of the connection is larger.
pub(super) const FREE: u64 = 64 * 1024;
/// The bound.
pub(super) struct BodyMemory {
    process: Arc<Semaphore>,
    per_user: u64,
    wait: Duration,
    users: Arc<Mutex<HashMap<UserId, u64>>>,
}

/// Bytes that are held. Given back on drop.
pub(super) struct Held {
    _process: OwnedSemaphorePermit,
    _share: Option<Share>,
}

/// Bytes of one user.
struct Share {
    users: Arc<Mutex<HashMap<UserId, u64>>>,
    user: UserId,
    bytes: u64,
}

impl BodyMemory {
    pub(super) fn new(settings: &Settings) -> Self {
        let permits = usize::try_from(settings.body_memory / UNIT).unwrap_or(usize::MAX);
        Self {
            process: Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS))),
            per_user: settings.body_memory_per_user,
            wait: settings.body_wait,
            users: Arc::default(),
        }
    }

    /// Reserves room for `bytes`, waiting a little for others to go. A user's own share is looked at
    /// first, so that who has too much does not make others wait.
    pub(super) async fn hold(&self, user: Option<UserId>, bytes: u64) -> Result<Held, Code> {
        let permits = u32::try_from(bytes.div_ceil(UNIT)).map_err(|_| Code::BodyTooLarge)?;
        let _share = user.map(|user| self.share(user, bytes)).transpose()?;
        let waiting = Arc::clone(&self.process).acquire_many_owned(permits);
        let permit = tokio::time::timeout(self.wait, waiting).await;
        let _process = permit
            .map_err(|_| Code::MemoryFull)?
            .map_err(|_| Code::ShuttingDown)?;
        Ok(Held { _process, _share })
    }

    fn share(&self, user: UserId, bytes: u64) -> Result<Share, Code> {
        let mut users = self.users.lock();
        let held = users
            .get(&user)
            .copied()
            .unwrap_or_default()
            .saturating_add(bytes);
        if held > self.per_user {
            return Err(Code::MemoryFull);
        }
        users.insert(user, held);
        Ok(Share {
            users: Arc::clone(&self.users),
            user,
            bytes,
        })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut users = self.users.lock();
        if let Some(held) = users.get_mut(&self.user) {
            *held = held.saturating_sub(self.bytes);
            if *held == 0 {
                users.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn both_bounds_hold_and_come_back() {
        let memory = BodyMemory::new(&Settings {
            body_memory: 10 * UNIT,
            body_memory_per_user: 4 * UNIT,
            ..Settings::default()
        });
        let (one, two) = (Some(UserId(1)), Some(UserId(2)));
        let first = memory.hold(one, 4 * UNIT).await.ok();
        assert!(first.is_some());
        assert_eq!(
            memory.hold(one, UNIT).await.err(),
            Some(Code::MemoryFull),
            "the user's share"
        );
        let second = memory.hold(two, 4 * UNIT).await.ok();
        assert_eq!(
            memory.hold(None, 4 * UNIT).await.err(),
            Some(Code::MemoryFull),
            "the process"
        );
        drop((first, second));
        assert!(memory.hold(one, 4 * UNIT).await.is_ok());
        assert!(memory.users.lock().is_empty());
    }
}
