//! An edge that notes what it is given.

use parking_lot::Mutex;
use potluck_filters::id::PoolKeyId;
use potluck_filters::model::PoolKey;
use potluck_filters::snapshot::{Delta, PoolKeyChange};

use crate::control::{Live, Publisher, Recheck};

#[derive(Default)]
pub(in crate::job::tests) struct Edge {
    given: Mutex<Vec<Delta>>,
}

impl Publisher for Edge {
    fn check(&self, _: &Delta) -> Result<(), Vec<String>> {
        Ok(())
    }

    fn publish(&self, delta: Delta) -> Result<(), Vec<String>> {
        self.given.lock().push(delta);
        Ok(())
    }
}

impl Live for Edge {
    fn status(&self) -> serde_json::Value {
        serde_json::Value::Null
    }

    fn recheck(&self, _: Recheck<'_>) {}
}

impl Edge {
    /// The pool key as it was given last; `None` where it may not serve.
    pub(super) fn served(&self, id: PoolKeyId) -> Option<PoolKey> {
        let given = self.given.lock();
        let mut served = None;
        for change in given.iter().flat_map(|delta| &delta.pool_keys) {
            match change {
                PoolKeyChange::Put(key) if key.id == id => served = Some(PoolKey::clone(key)),
                PoolKeyChange::Gone(gone) if *gone == id => served = None,
                PoolKeyChange::Put(_) | PoolKeyChange::Gone(_) => {}
            }
        }
        served
    }

    /// How often it was given something.
    pub(super) fn pushed(&self) -> usize {
        self.given.lock().len()
    }
}
