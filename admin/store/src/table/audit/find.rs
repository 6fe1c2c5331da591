//! Looking entries up.

use std::fmt::Write as _;

use sqlx::AssertSqlSafe;

use super::{ActorKind, AuditRow, COLUMNS, Row};
use crate::error::StoreError;
use crate::store::Store;

/// Which entries are wanted; what is absent does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Done by this kind of actor.
    pub actor_kind: Option<ActorKind>,
    /// Done by the user with this id.
    pub actor_id: Option<i64>,
    /// This act, or all that begin with it where it ends with a dot.
    pub act: Option<String>,
    /// To this kind of thing.
    pub object_kind: Option<String>,
    /// To the one with this id.
    pub object_id: Option<i64>,
    /// At this time or later, Unix milliseconds.
    pub from: Option<i64>,
    /// Before this time.
    pub to: Option<i64>,
    /// Where this stands in the act or in a name, whatever its case.
    pub text: Option<String>,
}

/// Which way through the log, and up to which entry one has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditPlace {
    /// The newest first: those before this one.
    Before(i64),
    /// The oldest first: those after this one.
    After(i64),
}

enum Value {
    Number(i64),
    Text(String),
}

/// A statement that grows condition by condition. Invariant: what is put into its text is written here; what was
/// asked for is bound.
struct Statement {
    text: String,
    values: Vec<Value>,
}

impl Statement {
    /// Adds a condition, in whose text `?` stands for the value.
    fn and(&mut self, condition: &str, value: Value) {
        self.values.push(value);
        let place = format!("${}", self.values.len());
        // Writing to a String cannot fail.
        let _ = write!(self.text, " and {}", condition.replace('?', &place));
    }

    fn and_number(&mut self, condition: &str, number: Option<i64>) {
        if let Some(number) = number {
            self.and(condition, Value::Number(number));
        }
    }

    fn and_text(&mut self, condition: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.and(condition, Value::Text(text.to_owned()));
        }
    }
}

fn statement(filter: &AuditFilter, place: AuditPlace, limit: u32) -> Statement {
    let mut wanted = Statement {
        text: format!("select {COLUMNS} from audit where 1 = 1"),
        values: Vec::new(),
    };
    let (beyond, order, id) = match place {
        AuditPlace::Before(id) => ("id < ?", "desc", id),
        AuditPlace::After(id) => ("id > ?", "asc", id),
    };
    wanted.and(beyond, Value::Number(id));
    wanted.and_text("actor_kind = ?", filter.actor_kind.map(ActorKind::as_str));
    wanted.and_number("actor_id = ?", filter.actor_id);
    match filter.act.as_deref() {
        Some(act) if act.ends_with('.') => {
            wanted.and_text("act like ? escape '!'", Some(&format!("{}%", literal(act))));
        }
        act => wanted.and_text("act = ?", act),
    }
    wanted.and_text("object_kind = ?", filter.object_kind.as_deref());
    wanted.and_number("object_id = ?", filter.object_id);
    wanted.and_number("at >= ?", filter.from);
    wanted.and_number("at < ?", filter.to);
    let text = filter
        .text
        .as_deref()
        .map(|text| format!("%{}%", literal(&text.to_lowercase())));
    wanted.and_text(
        "(act like ? escape '!' or lower(actor_name) like ? escape '!' or lower(object_name) like ? escape '!')",
        text.as_deref(),
    );
    let _ = write!(wanted.text, " order by id {order} limit {limit}");
    wanted
}

/// A text as a pattern that matches it alone.
fn literal(text: &str) -> String {
    text.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}

impl Store {
    /// Entries of the audit log, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit(
        &self,
        filter: &AuditFilter,
        place: AuditPlace,
        limit: u32,
    ) -> Result<Vec<AuditRow>, StoreError> {
        let statement = statement(filter, place, limit);
        let mut query = sqlx::query_as::<_, Row>(AssertSqlSafe(statement.text));
        for value in statement.values {
            query = match value {
                Value::Number(number) => query.bind(number),
                Value::Text(text) => query.bind(text),
            };
        }
        let rows = query.fetch_all(&self.pool).await?;
        rows.into_iter().map(Row::read).collect()
    }
}
