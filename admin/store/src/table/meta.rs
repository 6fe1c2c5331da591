//! The one row of `meta`: epoch, revision, ids, and the sealed root of all fingerprints and of the audit log.
//!
//! The sealed root is also the check that the key ring is the right one.

use potluck_filters::id::Revision;
use sqlx::{AnyConnection, AnyPool};
use zeroize::Zeroizing;

use crate::error::StoreError;
use crate::random;
use crate::seal::chain::Chain;
use crate::seal::context::Context;
use crate::seal::envelope;
use crate::seal::fingerprint::{self, Fingerprints};
use crate::seal::ring::KeyRing;

/// What stays the same while the database is open.
#[derive(Clone, Debug)]
pub(crate) struct Meta {
    pub(crate) epoch: String,
    pub(crate) fingerprints: Fingerprints,
    pub(crate) chain: Chain,
}

/// Reads the row, or makes it in a database that has never been used.
pub(crate) async fn open(pool: &AnyPool, ring: &KeyRing) -> Result<Meta, StoreError> {
    if read(pool).await?.is_none() {
        create(pool, ring).await?;
    }
    let (epoch, sealed) = read(pool).await?.ok_or(StoreError::NoMeta)?;
    let root = envelope::open(ring, &Context::FingerprintRoot { epoch: &epoch }, &sealed)?;
    let root: &[u8; fingerprint::LEN] = root.as_slice().try_into().map_err(|_| StoreError::NoMeta)?;
    Ok(Meta {
        fingerprints: Fingerprints::of(root),
        chain: Chain::of(root),
        epoch,
    })
}

async fn read(pool: &AnyPool) -> Result<Option<(String, Vec<u8>)>, StoreError> {
    Ok(
        sqlx::query_as("select epoch, fingerprint_root from meta where id = 1")
            .fetch_optional(pool)
            .await?,
    )
}

/// Two processes that start at once on Postgres both try; the first row stays.
async fn create(pool: &AnyPool, ring: &KeyRing) -> Result<(), StoreError> {
    let used: Option<(i64,)> = sqlx::query_as("select id from users limit 1")
        .fetch_optional(pool)
        .await?;
    if used.is_some() {
        return Err(StoreError::NoMeta);
    }
    let epoch: String = random::bytes::<16>()?
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let root = Zeroizing::new(random::bytes::<{ fingerprint::LEN }>()?);
    let place = Context::FingerprintRoot { epoch: &epoch };
    let sealed = envelope::seal(ring.current(), &random::bytes()?, &place, root.as_slice())?;
    sqlx::query(
        "insert into meta (id, epoch, revision, last_id, fingerprint_root) values (1, $1, 0, 0, $2) \
         on conflict (id) do nothing",
    )
    .bind(epoch)
    .bind(sealed)
    .execute(pool)
    .await?;
    Ok(())
}

/// The revision of the last change.
pub(crate) async fn revision(connection: &mut AnyConnection) -> Result<Revision, StoreError> {
    let row: Option<(i64,)> = sqlx::query_as("select revision from meta where id = 1")
        .fetch_optional(connection)
        .await?;
    row.map(|(revision,)| Revision(revision))
        .ok_or(StoreError::NoMeta)
}

/// Counts the revision up. The row stays locked until the transaction ends, so that changes have an order.
pub(crate) async fn next_revision(connection: &mut AnyConnection) -> Result<Revision, StoreError> {
    let row: Option<(i64,)> =
        sqlx::query_as("update meta set revision = revision + 1 where id = 1 returning revision")
            .fetch_optional(connection)
            .await?;
    row.map(|(revision,)| Revision(revision))
        .ok_or(StoreError::NoMeta)
}

/// Takes `count` new ids and returns the first. Called inside a change, whose lock it shares.
pub(crate) async fn reserve_ids(connection: &mut AnyConnection, count: i64) -> Result<i64, StoreError> {
    let take = "update meta set last_id = last_id + $1 where id = 1 returning last_id";
    reserve(connection, take, count).await
}

/// The same for what the relay notes by itself, so that the ids of what people make do not run away.
pub(crate) async fn reserve_note_ids(connection: &mut AnyConnection, count: i64) -> Result<i64, StoreError> {
    let take = "update meta set last_note_id = last_note_id + $1 where id = 1 returning last_note_id";
    reserve(connection, take, count).await
}

async fn reserve(connection: &mut AnyConnection, take: &'static str, count: i64) -> Result<i64, StoreError> {
    let row: Option<(i64,)> = sqlx::query_as(take)
        .bind(count)
        .fetch_optional(connection)
        .await?;
    row.map(|(last,)| last - count + 1).ok_or(StoreError::NoMeta)
}
