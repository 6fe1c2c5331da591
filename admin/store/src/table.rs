//! The queries, one file per table. Columns are always named, and a row that cannot be read names itself.

pub mod alerts;
pub mod audit;
pub mod client_keys;
pub mod contributions;
pub mod findings;
pub mod idempotency;
pub mod invitations;
pub mod jobs;
pub mod limits;
pub mod marks;
pub mod meta;
pub mod nodes;
pub mod objects;
pub mod outbound_proxies;
pub mod personal_tokens;
pub mod pool_keys;
pub mod proxy_events;
pub mod sessions;
pub mod settings;
pub mod signing_keys;
pub mod spent_days;
pub mod starts;
pub mod state_changes;
pub mod totp;
pub mod upstream_settings;
pub mod users;
pub mod watch;

use potluck_filters::limit::Limit;

use crate::error::StoreError;

/// Which cell a value was read from, for the error when it makes no sense.
#[derive(Clone, Copy)]
pub(crate) struct Cell {
    table: &'static str,
    id: i64,
    column: &'static str,
}

impl Cell {
    fn unreadable(self) -> StoreError {
        StoreError::Row {
            table: self.table,
            id: self.id,
            column: self.column,
        }
    }

    fn json<T: serde::de::DeserializeOwned>(self, text: Option<&str>) -> Result<Option<T>, StoreError> {
        text.map(|text| serde_json::from_str(text).map_err(|_| self.unreadable()))
            .transpose()
    }

    fn count(self, number: Option<i64>) -> Result<Option<u32>, StoreError> {
        number
            .map(|number| u32::try_from(number).map_err(|_| self.unreadable()))
            .transpose()
    }

    /// NULL is unlimited, 0 allows nothing.
    fn limit(self, number: Option<i64>) -> Result<Limit, StoreError> {
        Ok(self.count(number)?.map_or(Limit::Unlimited, Limit::AtMost))
    }

    fn json_text<T: serde::Serialize + ?Sized>(self, value: &T) -> Result<String, StoreError> {
        serde_json::to_string(value).map_err(|_| self.unreadable())
    }
}

fn limit_number(limit: Limit) -> Option<i64> {
    match limit {
        Limit::Unlimited => None,
        Limit::AtMost(most) => Some(i64::from(most)),
    }
}

/// The pattern with which `like … escape '!'` finds this text anywhere.
fn containing(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::containing;

    #[test]
    fn what_like_would_read_as_more_is_escaped() {
        assert_eq!(containing(""), "%%");
        assert_eq!(containing("a_b%c!"), "%a!_b!%c!!%");
    }
}
