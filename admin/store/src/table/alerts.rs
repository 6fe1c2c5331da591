//! Who is told of findings: webhooks, with their URLs and secrets sealed.
//!
//! Invariant: what leads there is shown only as far as its host; a URL may be a secret as a whole.

mod deliveries;

use potluck_filters::alert::Wish;
use potluck_filters::finding::{Kind, Severity};
use potluck_filters::id::Revision;
use potluck_filters::model::Hours;
use potluck_filters::secret::Secret;
use serde::{Deserialize, Serialize};
use sqlx::{AnyConnection, AnyPool};
use zeroize::Zeroizing;

pub use deliveries::{AlertEvent, DeliveryRow, DeliveryState, NewDelivery};

use super::{Cell, meta};
use crate::change::Change;
use crate::error::{StoreError, is_duplicate};
use crate::random;
use crate::seal::context::Context;
use crate::seal::envelope::{self, SealError};
use crate::store::Store;

/// Who is told, as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertTargetRow {
    /// Row id.
    pub id: i64,
    /// Unique.
    pub name: String,
    /// Scheme and host of its URL.
    pub place: String,
    /// Id of the sealing key.
    pub key_id: String,
    /// What it wants to be told.
    pub wish: Wish,
    /// Whether it may be on a private network, or reached without TLS.
    pub allow_private: bool,
    /// Whether it is told anything.
    pub enabled: bool,
    /// Unix time in milliseconds.
    pub created_at: i64,
    /// The change that touched the row last.
    pub revision: Revision,
}

/// What leads to a target, and what it is signed with.
#[derive(Clone, Debug)]
pub struct AlertSecret {
    /// Where it is.
    pub url: Secret,
    /// What messages are signed with.
    pub secret: Secret,
}

#[derive(Serialize, Deserialize)]
struct Written<'a> {
    #[serde(borrow)]
    url: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    secret: std::borrow::Cow<'a, str>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    name: String,
    place: String,
    key_id: String,
    kinds: Option<String>,
    min_severity: String,
    quiet: Option<String>,
    allow_private: i64,
    enabled: i64,
    created_at: i64,
    revision: i64,
}

macro_rules! select {
    ($which:literal) => {
        concat!(
            "select id, name, place, key_id, kinds, min_severity, quiet, allow_private, enabled, created_at, revision \
             from alert_targets ",
            $which
        )
    };
}

fn cell(id: i64, column: &'static str) -> Cell {
    let table = "alert_targets";
    Cell { table, id, column }
}

impl Row {
    fn read(self) -> Result<AlertTargetRow, StoreError> {
        let cell = |column| cell(self.id, column);
        let kinds: Option<Vec<Kind>> = cell("kinds").json(self.kinds.as_deref())?;
        let quiet: Option<Hours> = cell("quiet").json(self.quiet.as_deref())?;
        let severity = Severity::parse(&self.min_severity);
        Ok(AlertTargetRow {
            wish: Wish {
                kinds,
                min_severity: severity.ok_or_else(|| cell("min_severity").unreadable())?,
                quiet,
            },
            id: self.id,
            name: self.name,
            place: self.place,
            key_id: self.key_id,
            allow_private: self.allow_private != 0,
            enabled: self.enabled != 0,
            created_at: self.created_at,
            revision: Revision(self.revision),
        })
    }
}

async fn all(connection: &mut AnyConnection) -> Result<Vec<AlertTargetRow>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(select!("order by id"))
        .fetch_all(connection)
        .await?;
    rows.into_iter().map(Row::read).collect()
}

/// The ids of all sealing keys in use.
pub(crate) async fn sealing_keys(pool: &AnyPool) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> = sqlx::query_as("select distinct key_id from alert_targets")
        .fetch_all(pool)
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

impl Store {
    /// Everybody who is told, by id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn alert_targets(&self) -> Result<Vec<AlertTargetRow>, StoreError> {
        all(&mut *self.pool.acquire().await?).await
    }

    /// What leads to a target; `None` where there is none.
    ///
    /// # Errors
    /// When the database fails, or the seal does.
    pub async fn alert_secret(&self, id: i64) -> Result<Option<AlertSecret>, StoreError> {
        let row: Option<(Vec<u8>,)> = sqlx::query_as("select sealed from alert_targets where id = $1")
            .bind(id)
            .fetch_optional(&self.pool)
            .await?;
        let Some((sealed,)) = row else { return Ok(None) };
        let opened = envelope::open(&self.ring, &Context::AlertTarget { id }, &sealed)?;
        let written: Written<'_> =
            serde_json::from_slice(&opened).map_err(|_| cell(id, "sealed").unreadable())?;
        Ok(Some(AlertSecret {
            url: Secret::new(&*written.url),
            secret: Secret::new(&*written.secret),
        }))
    }
}

impl Change<'_> {
    /// Everybody who is told, by id, as this change sees them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn alert_targets(&mut self) -> Result<Vec<AlertTargetRow>, StoreError> {
        all(&mut self.tx).await
    }

    /// Adds somebody who is told; the id, key and revision of `row` do not matter.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when there is one of this name, or when the database fails.
    pub async fn add_alert_target(
        &mut self,
        row: &AlertTargetRow,
        secret: &AlertSecret,
    ) -> Result<AlertTargetRow, StoreError> {
        let id = meta::reserve_ids(&mut self.tx, 1).await?;
        let (sealed, key_id) = self.sealed_alert(id, secret)?;
        sqlx::query(
            "insert into alert_targets (id, name, place, sealed, key_id, min_severity, allow_private, enabled, \
             created_at, revision) values ($1, $2, $3, $4, $5, $6, 0, 0, $7, $8)",
        )
        .bind(id)
        .bind(row.name.clone())
        .bind(row.place.clone())
        .bind(sealed)
        .bind(key_id)
        .bind(row.wish.min_severity.as_str())
        .bind(row.created_at)
        .bind(self.revision.0)
        .execute(&mut *self.tx)
        .await
        .map_err(taken)?;
        let row = AlertTargetRow { id, ..row.clone() };
        self.save_alert_target(&row, None).await
    }

    /// Writes what is set of a target, with a new URL and secret where there are some.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is none, [`StoreError::Exists`] when another one has this name.
    pub async fn save_alert_target(
        &mut self,
        row: &AlertTargetRow,
        secret: Option<&AlertSecret>,
    ) -> Result<AlertTargetRow, StoreError> {
        let kinds = row.wish.kinds.as_ref();
        let quiet = row.wish.quiet.as_ref();
        sqlx::query(
            "update alert_targets set name = $2, place = $3, kinds = $4, min_severity = $5, quiet = $6, \
             allow_private = $7, enabled = $8, revision = $9 where id = $1",
        )
        .bind(row.id)
        .bind(row.name.clone())
        .bind(row.place.clone())
        .bind(
            kinds
                .map(|kinds| cell(row.id, "kinds").json_text(kinds))
                .transpose()?,
        )
        .bind(row.wish.min_severity.as_str())
        .bind(
            quiet
                .map(|quiet| cell(row.id, "quiet").json_text(quiet))
                .transpose()?,
        )
        .bind(i64::from(row.allow_private))
        .bind(i64::from(row.enabled))
        .bind(self.revision.0)
        .execute(&mut *self.tx)
        .await
        .map_err(taken)?;
        if let Some(secret) = secret {
            let (sealed, key_id) = self.sealed_alert(row.id, secret)?;
            sqlx::query("update alert_targets set sealed = $2, key_id = $3 where id = $1")
                .bind(row.id)
                .bind(sealed)
                .bind(key_id)
                .execute(&mut *self.tx)
                .await?;
        }
        let saved: Option<Row> = sqlx::query_as(select!("where id = $1"))
            .bind(row.id)
            .fetch_optional(&mut *self.tx)
            .await?;
        saved.ok_or(StoreError::Missing("alert target"))?.read()
    }

    /// Removes a target, with all that it was told.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is none.
    pub async fn remove_alert_target(&mut self, id: i64) -> Result<(), StoreError> {
        sqlx::query("delete from alert_deliveries where target_id = $1")
            .bind(id)
            .execute(&mut *self.tx)
            .await?;
        let done = sqlx::query("delete from alert_targets where id = $1")
            .bind(id)
            .execute(&mut *self.tx)
            .await?;
        match done.rows_affected() {
            0 => Err(StoreError::Missing("alert target")),
            _ => Ok(()),
        }
    }

    fn sealed_alert(&self, id: i64, secret: &AlertSecret) -> Result<(Vec<u8>, String), StoreError> {
        let written = Written {
            url: secret.url.expose().into(),
            secret: secret.secret.expose().into(),
        };
        // Room for all of it, escaped, so that no part is left behind where the text grew.
        let room = 64 + 6 * (written.url.len() + written.secret.len());
        let mut text = Zeroizing::new(Vec::with_capacity(room));
        serde_json::to_writer(&mut *text, &written).map_err(|_| SealError::Form)?;
        let key = self.store.ring.current();
        let sealed = envelope::seal(key, &random::bytes()?, &Context::AlertTarget { id }, &text)?;
        Ok((sealed, key.id.to_string()))
    }
}

fn taken(error: sqlx::Error) -> StoreError {
    if is_duplicate(&error) {
        StoreError::Exists("alert target")
    } else {
        error.into()
    }
}
