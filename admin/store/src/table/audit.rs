//! The audit log: who did what to whom, from where, and what that changed.
//!
//! Invariant: entries are only ever added, each in the transaction of what it tells of, under ids without a gap and
//! macs that hang together. The row of the head is held from the first look to the commit, so that entries have
//! an order.

mod find;
mod verify;

use std::net::IpAddr;

use potluck_filters::id::UserId;
use serde::{Deserialize, Serialize};
use sqlx::AnyConnection;

use crate::change::Change;
use crate::error::StoreError;
use crate::seal::chain::{BEGINNING, Chain, Link, Part};
use crate::store::Store;

pub use find::{AuditFilter, AuditPlace};
pub use verify::{AuditHead, Broken, Fault, KnownHead, Verified};

/// Stands for the entry before where that was not the one it should be. No mac comes out like this.
const TORN: Link = [0xff; 32];

/// What somebody is who does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// Whoever holds the data folder, its socket or the operator's token.
    Operator,
    /// A user of this relay.
    User,
    /// A job of the relay itself.
    Job,
    /// Somebody who did not say who they are, or could not prove it.
    Nobody,
}

impl ActorKind {
    const ALL: [Self; 4] = [Self::Operator, Self::User, Self::Job, Self::Nobody];

    /// The word in the database and in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::User => "user",
            Self::Job => "job",
            Self::Nobody => "nobody",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Who does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// See [`ActorKind::Operator`].
    Operator,
    /// This user; their name is looked up.
    User(UserId),
    /// This job.
    Job(&'static str),
    /// See [`ActorKind::Nobody`].
    Nobody,
}

impl Actor {
    fn kind(self) -> ActorKind {
        match self {
            Self::Operator => ActorKind::Operator,
            Self::User(_) => ActorKind::User,
            Self::Job(_) => ActorKind::Job,
            Self::Nobody => ActorKind::Nobody,
        }
    }
}

/// An entry to be added.
#[derive(Clone, Debug)]
pub struct NewAuditEntry<'a> {
    /// Who did it.
    pub actor: Actor,
    /// From where, if it came over the network.
    pub address: Option<IpAddr>,
    /// What was done, in a stable word.
    pub act: &'a str,
    /// To what kind of thing.
    pub object_kind: &'a str,
    /// To which one, where it has an id.
    pub object_id: Option<i64>,
    /// What it is called; may be empty.
    pub object_name: &'a str,
    /// What it was before, JSON without secrets.
    pub before: Option<String>,
    /// What it is now, JSON without secrets.
    pub after: Option<String>,
    /// The request that asked for it.
    pub request_id: Option<&'a str>,
}

/// An entry as it stands in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditRow {
    /// Counted from 1.
    pub id: i64,
    /// Unix time in milliseconds.
    pub at: i64,
    /// What whoever did it is.
    pub actor_kind: ActorKind,
    /// Their id, if they are a user.
    pub actor_id: Option<i64>,
    /// What they were called then.
    pub actor_name: String,
    /// From where, if it came over the network.
    pub address: Option<String>,
    /// What was done.
    pub act: String,
    /// To what kind of thing.
    pub object_kind: String,
    /// To which one.
    pub object_id: Option<i64>,
    /// What it was called then.
    pub object_name: String,
    /// What it was before, JSON.
    pub before: Option<String>,
    /// What it was afterwards, JSON.
    pub after: Option<String>,
    /// The request that asked for it.
    pub request_id: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    at: i64,
    actor_kind: String,
    actor_id: Option<i64>,
    actor_name: String,
    address: Option<String>,
    act: String,
    object_kind: String,
    object_id: Option<i64>,
    object_name: String,
    before_act: Option<String>,
    after_act: Option<String>,
    request_id: Option<String>,
    mac: Vec<u8>,
}

const COLUMNS: &str = "id, at, actor_kind, actor_id, actor_name, address, act, object_kind, object_id, object_name, \
     before_act, after_act, request_id, mac";

impl Row {
    /// Everything but the mac, as the mac covers it.
    fn parts(&self) -> [Part<'_>; 13] {
        [
            Part::Number(Some(self.id)),
            Part::Number(Some(self.at)),
            Part::Text(Some(&self.actor_kind)),
            Part::Number(self.actor_id),
            Part::Text(Some(&self.actor_name)),
            Part::Text(self.address.as_deref()),
            Part::Text(Some(&self.act)),
            Part::Text(Some(&self.object_kind)),
            Part::Number(self.object_id),
            Part::Text(Some(&self.object_name)),
            Part::Text(self.before_act.as_deref()),
            Part::Text(self.after_act.as_deref()),
            Part::Text(self.request_id.as_deref()),
        ]
    }

    fn read(self) -> Result<AuditRow, StoreError> {
        let unreadable = StoreError::Row {
            table: "audit",
            id: self.id,
            column: "actor_kind",
        };
        Ok(AuditRow {
            actor_kind: ActorKind::parse(&self.actor_kind).ok_or(unreadable)?,
            id: self.id,
            at: self.at,
            actor_id: self.actor_id,
            actor_name: self.actor_name,
            address: self.address,
            act: self.act,
            object_kind: self.object_kind,
            object_id: self.object_id,
            object_name: self.object_name,
            before: self.before_act,
            after: self.after_act,
            request_id: self.request_id,
        })
    }
}

impl Change<'_> {
    /// Adds an entry about this change.
    ///
    /// # Errors
    /// When the database fails, or the log was cut.
    pub async fn note(&mut self, new: &NewAuditEntry<'_>, now_ms: i64) -> Result<i64, StoreError> {
        add(&mut self.tx, &self.store.chain, new, now_ms).await
    }
}

impl Store {
    /// Adds an entry about something that is no change of what an edge serves.
    ///
    /// # Errors
    /// When the database fails, or the log was cut.
    pub async fn note(&self, new: &NewAuditEntry<'_>, now_ms: i64) -> Result<i64, StoreError> {
        let mut tx = self.pool.begin().await?;
        let id = add(&mut tx, &self.chain, new, now_ms).await?;
        tx.commit().await?;
        Ok(id)
    }
}

async fn add(
    connection: &mut AnyConnection,
    chain: &Chain,
    new: &NewAuditEntry<'_>,
    now_ms: i64,
) -> Result<i64, StoreError> {
    let (id, head) = take_place(connection).await?;
    let before = link_before(connection, chain, id, &head).await?;
    let (actor_id, actor_name) = named(connection, new.actor).await?;
    let mut row = Row {
        id,
        at: now_ms,
        actor_kind: new.actor.kind().as_str().to_owned(),
        actor_id,
        actor_name,
        address: new.address.map(|address| address.to_string()),
        act: new.act.to_owned(),
        object_kind: new.object_kind.to_owned(),
        object_id: new.object_id,
        object_name: new.object_name.to_owned(),
        before_act: new.before.clone(),
        after_act: new.after.clone(),
        request_id: new.request_id.map(str::to_owned),
        mac: Vec::new(),
    };
    let link = chain.link(&before, &row.parts());
    row.mac = link.to_vec();
    insert(connection, row).await?;
    sqlx::query("update audit_head set mac = $1 where id = 1")
        .bind(chain.head(id, &link).to_vec())
        .execute(connection)
        .await?;
    Ok(id)
}

/// The next id, and the mac of the head until now. The row stays locked until the transaction ends, so that entries
/// have an order. An id that is taken by what the relay never wrote is passed over: whoever is at the log must not keep
/// people from what they do.
async fn take_place(connection: &mut AnyConnection) -> Result<(i64, Vec<u8>), StoreError> {
    let text = "insert into audit_head (id, entries, mac) select 1, coalesce(max(id), 0) + 1, $1 from audit where 1 = 1 \
         on conflict (id) do update set entries = case when excluded.entries > audit_head.entries \
         then excluded.entries else audit_head.entries + 1 end returning entries, mac";
    Ok(sqlx::query_as(text)
        .bind(Vec::<u8>::new())
        .fetch_one(connection)
        .await?)
}

/// The mac of the entry before. Where the head does not fit it, the log was cut: then the chain is broken here for
/// ever, so that what was done stays to be found.
async fn link_before(
    connection: &mut AnyConnection,
    chain: &Chain,
    id: i64,
    head: &[u8],
) -> Result<Link, StoreError> {
    let row: Option<(Vec<u8>,)> = sqlx::query_as("select mac from audit where id = $1")
        .bind(id - 1)
        .fetch_optional(connection)
        .await?;
    let last = row.and_then(|(mac,)| Link::try_from(mac).ok());
    Ok(match last {
        None if id == 1 => BEGINNING,
        Some(last) if *head == chain.head(id - 1, &last) => last,
        Some(_) | None => TORN,
    })
}

async fn named(connection: &mut AnyConnection, actor: Actor) -> Result<(Option<i64>, String), StoreError> {
    let id = match actor {
        Actor::Operator => return Ok((None, "operator".to_owned())),
        Actor::Job(name) => return Ok((None, name.to_owned())),
        Actor::Nobody => return Ok((None, String::new())),
        Actor::User(id) => id.0,
    };
    let row: Option<(String,)> = sqlx::query_as("select name from users where id = $1")
        .bind(id)
        .fetch_optional(connection)
        .await?;
    Ok((Some(id), row.map(|(name,)| name).unwrap_or_default()))
}

async fn insert(connection: &mut AnyConnection, row: Row) -> Result<(), StoreError> {
    sqlx::query(
        "insert into audit (id, at, actor_kind, actor_id, actor_name, address, act, object_kind, object_id, \
         object_name, before_act, after_act, request_id, mac) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(row.id)
    .bind(row.at)
    .bind(row.actor_kind)
    .bind(row.actor_id)
    .bind(row.actor_name)
    .bind(row.address)
    .bind(row.act)
    .bind(row.object_kind)
    .bind(row.object_id)
    .bind(row.object_name)
    .bind(row.before_act)
    .bind(row.after_act)
    .bind(row.request_id)
    .bind(row.mac)
    .execute(connection)
    .await?;
    Ok(())
}
