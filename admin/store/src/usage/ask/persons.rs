//! How many people used a pool key.
//!
//! Invariant: fewer than three are never told apart from one, so that nobody is recognised by what they did.

use potluck_filters::id::PoolKeyId;

use crate::dialect::usage::{Cell, Question};
use crate::error::StoreError;
use crate::usage::UsageStore;

use super::member::int;

/// How many people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persons {
    /// One or two.
    FewerThanThree,
    /// That many.
    Many(u64),
}

/// How many people used a pool key on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PersonsOfDay {
    /// The pool key.
    pub pool_key: PoolKeyId,
    /// The day (UTC), counted from the Unix epoch.
    pub day: i64,
    /// How many.
    pub persons: Persons,
}

impl Persons {
    fn of(count: i64) -> Self {
        match u64::try_from(count).unwrap_or(0) {
            0..3 => Self::FewerThanThree,
            many => Self::Many(many),
        }
    }
}

impl UsageStore {
    /// How many people used each of these pool keys on each day from one up to, but not with, another. Days without
    /// anybody are left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn persons(
        &self,
        pool_keys: &[PoolKeyId],
        from_day: i64,
        to_day: i64,
    ) -> Result<Vec<PersonsOfDay>, StoreError> {
        if pool_keys.is_empty() {
            return Ok(Vec::new());
        }
        let mut question = Question::new("");
        let (from, to) = (
            question.value(Cell::Int(from_day)),
            question.value(Cell::Int(to_day)),
        );
        let ids: Vec<String> = pool_keys
            .iter()
            .map(|id| question.value(Cell::Int(id.0)))
            .collect();
        let text = format!(
            "select pool_key_id, day, count(*) from usage_persons where day >= {from} and day < {to} \
             and pool_key_id in ({}) group by pool_key_id, day order by pool_key_id, day",
            ids.join(", ")
        );
        let rows = self.books.ask(Question { text, ..question }).await?;
        let day = |row: &Vec<Cell>| {
            let [pool_key, day, count] = row.as_slice() else {
                return None;
            };
            Some(PersonsOfDay {
                pool_key: PoolKeyId(int(pool_key)),
                day: int(day),
                persons: Persons::of(int(count)),
            })
        };
        Ok(rows.iter().filter_map(day).collect())
    }
}
