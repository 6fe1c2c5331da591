//! Walking the log from its first entry to its last, to see whether it is what was written.

use sqlx::{AnyConnection, AssertSqlSafe};

use super::{COLUMNS, Row};
use crate::error::StoreError;
use crate::seal::chain::{BEGINNING, Chain, Link};
use crate::store::Store;

/// Entries that are read at once.
const AT_ONCE: i64 = 500;

/// What stands for the whole log at one time. Kept elsewhere, it shows later whether the log still has all that it
/// had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditHead {
    /// The database it belongs to.
    pub epoch: String,
    /// How many entries there were.
    pub entries: i64,
    /// The mac of the whole.
    pub mac: Link,
}

/// A head that somebody kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownHead {
    /// How many entries there were.
    pub entries: i64,
    /// The mac of the whole.
    pub mac: Link,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The entry is not as it was written, or another follows the one before it.
    Changed,
    /// The entry is not there.
    Missing,
    /// The entry was never written by the relay.
    Foreign,
    /// The relay's own head is not the one that fits the entries.
    Head,
    /// The entries are not those that the known head stands for.
    KnownHead,
}

/// Where the log is broken first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The first entry that is not right; one after the last where the end is. Of a known head that does not fit only
    /// the last entry is known that it stands for.
    pub entry: i64,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What came of a walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Entries that are right, from the first on.
    pub entries: i64,
    /// Where it is broken, if it is.
    pub broken: Option<Broken>,
}

impl Store {
    /// What stands for the whole log now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit_head(&self) -> Result<AuditHead, StoreError> {
        let head = head(&mut *self.pool.acquire().await?).await?;
        let (entries, mac) = head.unwrap_or((0, self.chain.head(0, &BEGINNING).to_vec()));
        let unreadable = StoreError::Row {
            table: "audit_head",
            id: 1,
            column: "mac",
        };
        Ok(AuditHead {
            epoch: self.epoch().to_owned(),
            entries,
            mac: Link::try_from(mac).map_err(|_| unreadable)?,
        })
    }

    /// Walks the whole log, and looks whether it begins with what a head that was kept stands for.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn verify_audit(&self, known: Option<&KnownHead>) -> Result<Verified, StoreError> {
        let mut tx = self.dialect().read(&self.pool).await?;
        let head = head(&mut tx).await?;
        let mut walk = Walk::new(&self.chain, known);
        let broken = walk.all(&mut tx, head).await?;
        tx.commit().await?;
        Ok(Verified {
            entries: walk.right,
            broken,
        })
    }
}

async fn head(connection: &mut AnyConnection) -> Result<Option<(i64, Vec<u8>)>, StoreError> {
    Ok(sqlx::query_as("select entries, mac from audit_head where id = 1")
        .fetch_optional(connection)
        .await?)
}

struct Walk<'a> {
    chain: &'a Chain,
    known: Option<&'a KnownHead>,
    /// Entries that are right so far, and the mac of the last of them.
    right: i64,
    last: Link,
}

impl<'a> Walk<'a> {
    fn new(chain: &'a Chain, known: Option<&'a KnownHead>) -> Self {
        Self {
            chain,
            known,
            right: 0,
            last: BEGINNING,
        }
    }

    fn broken(&self, fault: Fault) -> Option<Broken> {
        let entry = match fault {
            Fault::Changed | Fault::Missing | Fault::Foreign | Fault::Head => self.right + 1,
            Fault::KnownHead => self.right,
        };
        Some(Broken { entry, fault })
    }

    async fn all(
        &mut self,
        connection: &mut AnyConnection,
        head: Option<(i64, Vec<u8>)>,
    ) -> Result<Option<Broken>, StoreError> {
        let (entries, mac) = head.unwrap_or((0, self.chain.head(0, &BEGINNING).to_vec()));
        let mut found = i64::MIN;
        if self.is_unlike_known() {
            return Ok(self.broken(Fault::KnownHead));
        }
        loop {
            let rows = next(connection, found).await?;
            let Some(last) = rows.last() else { break };
            found = last.id;
            for row in &rows {
                if let Some(fault) = self.step(row, entries) {
                    return Ok(self.broken(fault));
                }
            }
        }
        Ok(self.end(entries, &mac))
    }

    /// What is wrong with the next row.
    fn step(&mut self, row: &Row, entries: i64) -> Option<Fault> {
        if row.id > self.right + 1 {
            return Some(Fault::Missing);
        }
        if row.id < self.right + 1 || row.id > entries {
            return Some(Fault::Foreign);
        }
        let link = self.chain.link(&self.last, &row.parts());
        if row.mac != link {
            return Some(Fault::Changed);
        }
        (self.right, self.last) = (row.id, link);
        self.is_unlike_known().then_some(Fault::KnownHead)
    }

    fn end(&self, entries: i64, mac: &[u8]) -> Option<Broken> {
        if self.right < entries || self.known.is_some_and(|known| known.entries > self.right) {
            self.broken(Fault::Missing)
        } else if *mac != self.chain.head(self.right, &self.last) {
            self.broken(Fault::Head)
        } else {
            None
        }
    }

    /// Whether the known head stands for as many entries as are right so far, but for others.
    fn is_unlike_known(&self) -> bool {
        let known = self.known.filter(|known| known.entries == self.right);
        known.is_some_and(|known| known.mac != self.chain.head(self.right, &self.last))
    }
}

async fn next(connection: &mut AnyConnection, after: i64) -> Result<Vec<Row>, StoreError> {
    let text = format!("select {COLUMNS} from audit where id > $1 order by id limit {AT_ONCE}");
    Ok(sqlx::query_as(AssertSqlSafe(text))
        .bind(after)
        .fetch_all(connection)
        .await?)
}
