//! A database of an earlier program is taken over with all that is in it.

use potluck_filters::limit::{Limit, LimitRule};
use potluck_filters::model::{Caps, PoolCredential, PoolKeyState};
use potluck_filters::secret::Secret;
use sqlx::any::AnyPoolOptions;
use sqlx::{AnyConnection, AnyPool, Connection};

use super::{Database, each};
use crate::dialect::Dialect;
use crate::location::{self, Location};
use crate::seal::context::Context;
use crate::seal::envelope;
use crate::seal::ring::tests::ring;
use crate::table::meta;

/// The tables of the first schema, with a key in each state.
async fn first_schema(database: &Database) {
    sqlx::any::install_default_drivers();
    let location = Location::parse(&database.url).unwrap();
    let dialect = match &location {
        Location::Sqlite(path) => {
            location::prepare(path).unwrap();
            Dialect::Sqlite
        }
        Location::Postgres(_) => Dialect::Postgres,
    };
    let mut connection = AnyConnection::connect(&location.url()).await.unwrap();
    let migrated = dialect.migrator().run_direct(Some(1), &mut connection, false);
    migrated.await.unwrap();
    connection.close().await.unwrap();
    let pool = AnyPoolOptions::new()
        .max_connections(1)
        .connect(&location.url())
        .await
        .unwrap();
    meta::open(&pool, &ring(1)).await.unwrap();
    fill(&pool).await;
    pool.close().await;
}

async fn fill(pool: &AnyPool) {
    let owner = "insert into users (id, name, role, enabled, created_at, revision) values (1, 'owner', 'admin', 1, 5, 1)";
    sqlx::query(owner).execute(pool).await.unwrap();
    let key = "insert into client_keys (id, user_id, name, hash, hint, state, created_at, updated_at, revision) \
               values (5, 1, 'laptop', $1, 'abcd', 'active', 5, 5, 1)";
    sqlx::query(key).bind(vec![7_u8; 32]).execute(pool).await.unwrap();
    for (id, state) in [(2, "active"), (3, "paused"), (4, "withdrawn")] {
        insert(pool, id, state).await;
    }
    sqlx::query("update meta set revision = 1, last_id = 5")
        .execute(pool)
        .await
        .unwrap();
}

async fn insert(pool: &AnyPool, id: i64, state: &str) {
    let place = Context::PoolKey {
        id,
        upstream: "novelai",
        origins: &["image:443".into()],
    };
    let text = format!("pst-{id}");
    let sealed = envelope::seal(ring(1).current(), &[id as u8; 12], &place, text.as_bytes()).unwrap();
    let kept = state != "withdrawn";
    sqlx::query(
        "insert into pool_keys (id, upstream, contributor_id, label, sealed, fingerprint, key_id, origins, \
         concurrency, state, created_at, withdrawn_at, revision) \
         values ($1, 'novelai', 1, 'mine', $2, $3, $4, '[\"image:443\"]', 2, $5, 6, $6, 1)",
    )
    .bind(id)
    .bind(kept.then_some(sealed))
    .bind(kept.then(|| vec![id as u8; 32]))
    .bind(kept.then(|| ring(1).current().id.to_string()))
    .bind(state.to_owned())
    .bind((!kept).then_some(8_i64))
    .execute(pool)
    .await
    .unwrap();
}

#[tokio::test]
async fn keys_of_the_first_schema_serve_on_and_are_probed_soon() {
    each(async |database| {
        first_schema(database).await;
        let store = database.open().await;
        let parts = store.load().await.unwrap();
        let [key] = parts.pool_keys.as_slice() else {
            panic!("{:?}", parts.pool_keys)
        };
        assert_eq!(
            key.credential,
            PoolCredential::bearer(&Secret::new("pst-2")).unwrap()
        );
        assert_eq!(
            (key.concurrency, key.caps, key.account),
            (Some(2), Caps::default(), None)
        );
        assert_eq!(parts.users[0].weight, 1);
        assert_eq!(parts.client_keys.len(), 1);
        let rows = store
            .pool_keys(potluck_filters::id::PoolKeyId(0), 9)
            .await
            .unwrap();
        let states: Vec<_> = rows.iter().map(|row| (row.id.0, row.state)).collect();
        assert_eq!(
            states,
            [
                (2, PoolKeyState::Healthy),
                (3, PoolKeyState::Paused),
                (4, PoolKeyState::Withdrawn)
            ]
        );
        let limit = parts.users[0].limit;
        assert_eq!(limit, Some(LimitRule::Manual(Limit::Unlimited)), "as before");
        assert!(rows[1].holds.admin.is_some() && rows[0].holds.is_empty());
        assert_eq!((rows[2].withdrawn_at, rows[2].next_probe_at), (Some(8), None));
        let due = store.due_probes(&["novelai"], 0, 9).await.unwrap();
        assert_eq!(due.iter().map(|target| target.id.0).collect::<Vec<_>>(), [2]);
        store.close().await;
    })
    .await;
}
