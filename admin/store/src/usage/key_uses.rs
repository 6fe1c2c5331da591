//! When each client key was used last, by which of its texts and by how many programs.
//!
//! Written with the requests, but not for each of them: a use is written again once it is a minute later than what is
//! known to be written. Invariant: what is told is never later than the last use, and at most a minute before it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use potluck_filters::id::ClientKeyId;
use potluck_filters::spending::DAY_MS;
use potluck_filters::usage::UsageEvent;

use super::UsageStore;
use crate::dialect::Dialect;
use crate::dialect::usage::{Bulk, Cell, Question, Writing};
use crate::error::StoreError;

/// How much later a use must be to be written again.
const MINUTE_MS: i64 = 60_000;

/// Uses that are remembered: some megabytes.
const REMEMBERED: usize = 50_000;

/// Client key, former, program.
type Which = [i64; 3];

/// When that was last, in milliseconds since the Unix epoch.
pub(super) type Uses = BTreeMap<Which, i64>;

/// Uses that are known to be written. Guards only itself: a forgotten one is written once more.
pub(super) type Written = Arc<Mutex<HashMap<Which, i64>>>;

/// How a client key was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyUses {
    /// By the text that it has.
    pub present: TextUses,
    /// By texts that it had before.
    pub former: TextUses,
}

/// How a text was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextUses {
    /// When last, in milliseconds since the Unix epoch, to the minute; `None` where nobody knows of any.
    pub last_at: Option<i64>,
    /// By how many programs in the last 24 hours.
    pub programs: u32,
}

/// The statement that writes uses.
pub(super) fn statement(dialect: Dialect) -> Bulk {
    let columns = ["client_key_id", "former", "program", "used_at"];
    let end = "on conflict (client_key_id, former, program) do update set used_at = \
               case when usage_key_uses.used_at > excluded.used_at then usage_key_uses.used_at else excluded.used_at end";
    Bulk::new(dialect, "usage_key_uses", &columns, end)
}

/// The last use of each kind among requests.
fn uses_of(events: &[UsageEvent]) -> Uses {
    let mut uses = Uses::new();
    for event in events {
        let Some(key) = event.client_key else { continue };
        let (former, program) = (event.key_use.former, event.key_use.program);
        let last = uses
            .entry([key.0, former.into(), program.0.into()])
            .or_insert(event.ended_at);
        *last = event.ended_at.max(*last);
    }
    uses
}

impl UsageStore {
    /// Writes the uses among requests that are worth it, and says which these are.
    pub(super) async fn put_key_uses(
        &self,
        writing: &mut Writing,
        events: &[UsageEvent],
    ) -> Result<Uses, StoreError> {
        let mut uses = uses_of(events);
        {
            let written = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
            uses.retain(|which, at| written.get(which).is_none_or(|known| *at - known >= MINUTE_MS));
        }
        let rows = uses
            .iter()
            .map(|([key, former, program], at)| [*key, *former, *program, *at]);
        let cells: Vec<_> = rows.flatten().map(Some).collect();
        writing.bulk(&self.statements.key_uses, &cells).await?;
        Ok(uses)
    }

    /// Remembers uses that are committed now.
    pub(super) fn remember_key_uses(&self, uses: Uses) {
        let mut written = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        if written.len() + uses.len() > REMEMBERED {
            written.clear();
        }
        written.extend(uses);
    }

    /// How these client keys were used; those that nobody used are left out.
    ///
    /// # Errors
    /// When the database fails, or takes too long.
    pub async fn key_uses(
        &self,
        keys: &[ClientKeyId],
        now: i64,
    ) -> Result<HashMap<ClientKeyId, KeyUses>, StoreError> {
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let mut question = Question::new("");
        let day = question.value(Cell::Int(now.saturating_sub(DAY_MS)));
        let ids: Vec<String> = keys.iter().map(|key| question.value(Cell::Int(key.0))).collect();
        question.text = format!(
            "select client_key_id, former, max(used_at), sum(case when used_at > {day} then 1 else 0 end) \
             from usage_key_uses where client_key_id in ({}) group by client_key_id, former",
            ids.join(", ")
        );
        let mut uses: HashMap<ClientKeyId, KeyUses> = HashMap::new();
        for row in self.books.ask(question).await? {
            if let [
                Cell::Int(key),
                Cell::Int(former),
                Cell::Int(last),
                Cell::Int(programs),
            ] = row.as_slice()
            {
                let of_key = uses.entry(ClientKeyId(*key)).or_default();
                let text = if *former == 0 {
                    &mut of_key.present
                } else {
                    &mut of_key.former
                };
                *text = TextUses {
                    last_at: Some(*last),
                    programs: u32::try_from(*programs).unwrap_or(u32::MAX),
                };
            }
        }
        Ok(uses)
    }
}
