//! Client keys. Of a key's text only its hash and its last four characters are kept.

macro_rules! served {
    () => {
        "id, user_id, hash, state, rate_limit, concurrency, anlas_per_day, expires_at, models, addresses"
    };
}

macro_rules! columns {
    () => {
        concat!(
            served!(),
            ", name, hint, purpose, created_at, updated_at, revision"
        )
    };
}

mod find;
mod rotate;
mod write;

use futures_util::TryStreamExt;
use potluck_filters::id::{ClientKeyId, Revision, UserId};
use potluck_filters::model::{ClientKey, ClientKeyState, KeyHash, Network};
use sqlx::AnyConnection;

pub use find::ClientKeyFilter;
pub use rotate::Overlap;
pub(crate) use rotate::former_texts;
pub use write::NewClientKey;

use super::Cell;
use crate::error::StoreError;
use crate::store::Store;

/// A client key with everything that is kept of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientKeyRow {
    /// As an edge needs it.
    pub key: ClientKey,
    /// Its owner's name for it.
    pub name: String,
    /// The last four characters of its text.
    pub hint: String,
    /// What it is for, where it was not made to be kept.
    pub purpose: Option<Purpose>,
    /// Unix time in milliseconds.
    pub created_at: i64,
    /// Unix time in milliseconds.
    pub updated_at: i64,
    /// The change that touched the row last.
    pub revision: Revision,
}

/// What a client key is for that was not made to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A few minutes of trying things out in the browser.
    Playground,
}

impl Purpose {
    fn as_str(self) -> &'static str {
        match self {
            Self::Playground => "playground",
        }
    }
}

/// What an edge needs; read for every key at start, so nothing more.
#[derive(sqlx::FromRow)]
struct Served {
    id: i64,
    user_id: i64,
    hash: Vec<u8>,
    state: String,
    rate_limit: Option<i64>,
    concurrency: Option<i64>,
    anlas_per_day: Option<i64>,
    expires_at: Option<i64>,
    models: Option<String>,
    addresses: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(flatten)]
    served: Served,
    name: String,
    hint: String,
    purpose: Option<String>,
    created_at: i64,
    updated_at: i64,
    revision: i64,
}

fn state_text(state: ClientKeyState) -> &'static str {
    match state {
        ClientKeyState::Active => "active",
        ClientKeyState::Disabled => "disabled",
        ClientKeyState::Revoked => "revoked",
    }
}

fn parse_state(text: &str) -> Option<ClientKeyState> {
    [
        ClientKeyState::Active,
        ClientKeyState::Disabled,
        ClientKeyState::Revoked,
    ]
    .into_iter()
    .find(|state| state_text(*state) == text)
}

fn cell(id: i64, column: &'static str) -> Cell {
    Cell {
        table: "client_keys",
        id,
        column,
    }
}

impl Served {
    fn read(self) -> Result<ClientKey, StoreError> {
        let cell = |column| cell(self.id, column);
        let hash = self
            .hash
            .as_slice()
            .try_into()
            .map_err(|_| cell("hash").unreadable())?;
        Ok(ClientKey {
            id: ClientKeyId(self.id),
            user: UserId(self.user_id),
            hash: KeyHash(hash),
            state: parse_state(&self.state).ok_or_else(|| cell("state").unreadable())?,
            expires_at: self.expires_at,
            rate_limit: cell("rate_limit").limit(self.rate_limit)?,
            concurrency: cell("concurrency").limit(self.concurrency)?,
            anlas_per_day: cell("anlas_per_day").limit(self.anlas_per_day)?,
            models: cell("models")
                .json::<Vec<Box<str>>>(self.models.as_deref())?
                .map(Into::into),
            addresses: cell("addresses")
                .json::<Vec<Network>>(self.addresses.as_deref())?
                .map(Into::into),
        })
    }
}

impl Row {
    fn read(self) -> Result<ClientKeyRow, StoreError> {
        let cell = cell(self.served.id, "purpose");
        Ok(ClientKeyRow {
            purpose: match self.purpose.as_deref() {
                None => None,
                Some("playground") => Some(Purpose::Playground),
                Some(_) => return Err(cell.unreadable()),
            },
            key: self.served.read()?,
            name: self.name,
            hint: self.hint,
            created_at: self.created_at,
            updated_at: self.updated_at,
            revision: Revision(self.revision),
        })
    }
}

const BY_ID: &str = concat!("select ", columns!(), " from client_keys where id = $1");

impl Store {
    /// Client keys with an id above `after`, by id, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn client_keys(&self, after: ClientKeyId, limit: u32) -> Result<Vec<ClientKeyRow>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(concat!(
            "select ",
            columns!(),
            " from client_keys where id > $1 and purpose is null order by id limit $2"
        ))
        .bind(after.0)
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Row::read).collect()
    }

    /// A user's own client keys with an id above `after`, by id, at most `limit`, but for those not made to be kept.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn client_keys_of(
        &self,
        user: UserId,
        after: ClientKeyId,
        limit: u32,
    ) -> Result<Vec<ClientKeyRow>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(concat!(
            "select ",
            columns!(),
            " from client_keys where user_id = $1 and id > $2 and purpose is null order by id limit $3"
        ))
        .bind(user.0)
        .bind(after.0)
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Row::read).collect()
    }

    /// A client key by id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn client_key(&self, id: ClientKeyId) -> Result<Option<ClientKeyRow>, StoreError> {
        let row: Option<Row> = sqlx::query_as(BY_ID)
            .bind(id.0)
            .fetch_optional(&self.pool)
            .await?;
        row.map(Row::read).transpose()
    }
}

/// Client keys as an edge needs them, changed after `since`: one query, read as a stream.
pub(crate) async fn changed(
    connection: &mut AnyConnection,
    since: Revision,
) -> Result<Vec<ClientKey>, StoreError> {
    let mut rows = sqlx::query_as::<_, Served>(concat!(
        "select ",
        served!(),
        " from client_keys where revision > $1"
    ))
    .bind(since.0)
    .fetch(connection);
    let mut keys = Vec::new();
    while let Some(row) = rows.try_next().await? {
        keys.push(row.read()?);
    }
    Ok(keys)
}
