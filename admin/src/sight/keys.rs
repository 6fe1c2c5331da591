//! How pool keys fare: what is stored of them, and over that what edges say of their rests.
//!
//! Invariant: an edge's word counts only while the key may serve; what is stored wins over it.

use std::collections::HashMap;

use potluck_filters::history::{Doer, Kind, Recorder, Subject, Why};
use potluck_filters::id::{PoolKeyId, Revision};
use potluck_filters::life;
use potluck_filters::model::PoolKeyState;
use potluck_filters::pool::KeyMove;
use potluck_store::table::pool_keys::KeyStateRow;
use potluck_store::{Store, StoreError};
use serde_json::{Value, json};

use crate::control::Live;

/// Rows that are read at once.
const PAGE: u32 = 1000;

/// What is known of each key.
#[derive(Debug)]
pub(super) struct Keys {
    keys: HashMap<PoolKeyId, Known>,
    /// Up to where the table was read.
    read: (Revision, PoolKeyId),
}

impl Default for Keys {
    fn default() -> Self {
        Self {
            keys: HashMap::new(),
            read: (Revision::default(), PoolKeyId(0)),
        }
    }
}

#[derive(Debug)]
struct Known {
    upstream: String,
    /// Whether it may serve, as it is stored.
    serves: bool,
    /// Why it is as it is stored, in a stable word.
    reason: Option<String>,
}

impl Keys {
    /// Looks at what was changed, and at what edges say.
    pub(super) async fn see(
        &mut self,
        store: &Store,
        live: &dyn Live,
        recorder: &mut Recorder,
        now: i64,
    ) -> Result<(), StoreError> {
        loop {
            let rows = store.key_states(self.read, PAGE).await?;
            let full = rows.len() >= PAGE as usize;
            for row in rows {
                self.read = (row.revision, row.id);
                self.take(row, recorder, now);
            }
            if !full {
                break;
            }
        }
        let journal = live.take_key_moves();
        for one in &journal.moves {
            self.moved(one, recorder);
        }
        if journal.lost {
            for report in live.pool_keys() {
                self.say(report.key, report.state, recorder, now, || {
                    Why::relay("looked_anew")
                });
            }
        }
        Ok(())
    }

    fn take(&mut self, row: KeyStateRow, recorder: &mut Recorder, now: i64) {
        let subject = subject(row.id, &row.upstream);
        let known = self.keys.get(&row.id);
        let (first, served) = (known.is_none(), known.is_some_and(|known| known.serves));
        let serves = row.state == PoolKeyState::Healthy;
        // A key that served before may rest: that goes on, whatever else about it was edited.
        let rests = serves && served;
        // What was stored while nobody looked began when it says, as far as that is known.
        let news = recorder.since(&subject).is_none_or(|since| since < row.since);
        let at = if first && news { row.since.min(now) } else { now };
        if !rests {
            recorder.see(&subject, row.state.into(), at, || why(&row));
        }
        let known = Known {
            upstream: row.upstream,
            serves,
            reason: row.reason,
        };
        self.keys.insert(row.id, known);
    }

    /// Why a key is as it is stored.
    pub(super) fn reason(&self, key: PoolKeyId) -> Option<String> {
        self.keys.get(&key)?.reason.clone()
    }

    fn moved(&self, one: &KeyMove, recorder: &mut Recorder) {
        self.say(one.key, one.state, recorder, one.at, || match one.rule {
            Some(rule) => Why {
                by: Doer::Traffic,
                reason: Some(rule.to_string()),
                evidence: one.until.map_or(Value::Null, |until| json!({ "until": until })),
            },
            None => Why::relay("rest_over"),
        });
    }

    fn say(
        &self,
        key: PoolKeyId,
        state: life::State,
        recorder: &mut Recorder,
        at: i64,
        why: impl FnOnce() -> Why,
    ) {
        if let Some(known) = self.keys.get(&key).filter(|known| known.serves) {
            recorder.see(&subject(key, &known.upstream), state.into(), at, why);
        }
    }
}

fn subject(key: PoolKeyId, upstream: &str) -> Subject {
    Subject {
        kind: Kind::PoolKey,
        name: key.to_string(),
        upstream: upstream.to_owned(),
    }
}

/// Why a key is as it is stored.
fn why(row: &KeyStateRow) -> Why {
    let by = match row.state {
        PoolKeyState::Healthy | PoolKeyState::Invalid => Doer::Probe,
        PoolKeyState::Pending => Doer::Relay,
        PoolKeyState::Paused => match &row.held {
            Some((by, _)) => Doer::Person(*by),
            None => Doer::Person(Some(row.contributor)),
        },
        PoolKeyState::Withdrawn => Doer::Person(None),
    };
    let held = row.held.as_ref().and_then(|(_, reason)| reason.clone());
    Why {
        by,
        reason: row.reason.clone(),
        evidence: held.map_or(Value::Null, |reason| json!({ "note": reason })),
    }
}
