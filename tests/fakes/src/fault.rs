//! Scripted failures: what the next requests of a credential, a path or everybody meet instead of an answer.
//!
//! Invariant: a fault is used up by exactly as many requests as it was pushed for, oldest first.

pub(crate) mod body;
mod canned;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::watch;

/// Key under which a fault meets every request.
pub const ANY: &str = "*";

/// One failure. Counts of bytes are of the answer's body, without transfer coding.
#[derive(Clone, Debug)]
pub enum Fault {
    /// A canned answer instead of the handler's; the request was read.
    Status {
        code: u16,
        content_type: String,
        body: Bytes,
        headers: Vec<(String, String)>,
    },
    /// An empty answer of this status before the request's body is read; the body is then read and thrown away.
    Early { code: u16 },
    /// Neither reads the request's body nor answers, until the client goes away or [`Faults::release`].
    Deaf,
    /// Nothing, until the client goes away or [`Faults::release`]; after a release the handler answers.
    HangBeforeHeaders,
    /// The answer stops after this many bytes, until the client goes away or [`Faults::release`].
    HangMidBody { after: usize },
    /// TCP RST (linger 0) instead of an answer.
    Reset,
    /// TCP RST after this many bytes, or at the body's end.
    ResetMidBody { after: usize },
    /// Clean close after this many bytes, or at the body's end: `Content-Length` unmet, or chunks without their end.
    Truncate { after: usize },
    /// The answer in pieces of at most `chunk` bytes with a pause before each.
    Drip { chunk: usize, pause: Duration },
}

/// What waits under each key, with the number of requests that it is still for.
type Script = HashMap<String, VecDeque<(Fault, usize)>>;

/// The script of one fake. Cheap to clone; clones share it.
#[derive(Clone, Debug)]
pub struct Faults {
    script: Arc<Mutex<Script>>,
    /// Counts releases; hanging answers go on at the next.
    releases: watch::Sender<u64>,
}

impl Default for Faults {
    fn default() -> Self {
        Faults::new()
    }
}

impl Faults {
    /// No faults.
    pub fn new() -> Faults {
        Faults {
            script: Arc::default(),
            releases: watch::Sender::new(0),
        }
    }

    /// The next `times` requests of `key` (`usize::MAX`: all) meet `fault`. A key is a credential's text, a path
    /// (starts with `/`), or [`ANY`]; a request looks for its faults in this order.
    pub fn push(&self, key: &str, fault: Fault, times: usize) {
        if times > 0 {
            self.script
                .lock()
                .entry(key.to_owned())
                .or_default()
                .push_back((fault, times));
        }
    }

    /// Forgets the faults of `key`.
    pub fn clear(&self, key: &str) {
        self.script.lock().remove(key);
    }

    /// Forgets all faults.
    pub fn clear_all(&self) {
        self.script.lock().clear();
    }

    /// Lets everything go on that hangs now.
    pub fn release(&self) {
        self.releases.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Resolves at the first release after this call.
    pub(crate) fn released(&self) -> Released {
        Released(self.releases.subscribe())
    }

    /// Uses up one fault of this request.
    pub(crate) fn take(&self, credential: &str, path: &str) -> Option<Fault> {
        let mut script = self.script.lock();
        [credential, path, ANY]
            .iter()
            .find_map(|key| take_first(script.get_mut(*key)?))
    }
}

fn take_first(queue: &mut VecDeque<(Fault, usize)>) -> Option<Fault> {
    let (fault, times) = queue.front_mut()?;
    let fault = fault.clone();
    if *times != usize::MAX {
        *times -= 1;
    }
    if *times == 0 {
        queue.pop_front();
    }
    Some(fault)
}

/// A wait for the next release.
#[derive(Clone, Debug)]
pub(crate) struct Released(watch::Receiver<u64>);

impl Released {
    /// Waits for a release; for ever, if the script is gone.
    pub(crate) async fn wait(mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_reset(fault: Option<&Fault>) -> bool {
        matches!(fault, Some(Fault::Reset))
    }

    #[test]
    fn a_fault_meets_as_many_requests_as_it_was_pushed_for() {
        let faults = Faults::new();
        faults.push("key", Fault::Reset, 2);
        faults.push("key", Fault::HangBeforeHeaders, 1);
        assert!(is_reset(faults.take("key", "/").as_ref()));
        assert!(is_reset(faults.take("key", "/").as_ref()));
        assert!(matches!(faults.take("key", "/"), Some(Fault::HangBeforeHeaders)));
        assert!(faults.take("key", "/").is_none());
    }

    #[test]
    fn an_endless_fault_stays_until_it_is_cleared() {
        let faults = Faults::new();
        faults.push(ANY, Fault::Reset, usize::MAX);
        assert!((0..100).all(|_| is_reset(faults.take("anybody", "/x").as_ref())));
        faults.clear(ANY);
        assert!(faults.take("anybody", "/x").is_none());
    }

    #[test]
    fn a_credential_comes_before_a_path_and_a_path_before_everybody() {
        let faults = Faults::new();
        faults.push(ANY, Fault::Reset, 1);
        faults.push("/x", Fault::Early { code: 429 }, 1);
        faults.push("key", Fault::HangBeforeHeaders, 1);
        assert!(matches!(faults.take("key", "/x"), Some(Fault::HangBeforeHeaders)));
        assert!(matches!(
            faults.take("key", "/x"),
            Some(Fault::Early { code: 429 })
        ));
        assert!(is_reset(faults.take("key", "/x").as_ref()));
    }
}
