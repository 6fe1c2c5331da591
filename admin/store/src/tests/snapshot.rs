//! Loading and deltas: what an edge is given.

use potluck_filters::id::Revision;
use potluck_filters::model::ClientKeyState;
use potluck_filters::snapshot::PoolKeyChange;

use super::{add, client_key, each, terms};

#[tokio::test]
async fn an_empty_database_loads_as_nothing_at_revision_zero() {
    each(async |database| {
        let store = database.open().await;
        let parts = store.load().await.unwrap();
        assert_eq!(parts.revision, Revision(0));
        assert!(parts.users.is_empty() && parts.client_keys.is_empty() && parts.pool_keys.is_empty());
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_delta_has_what_changed_and_nothing_else() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        client_key(&store, owner, "np-before").await;
        add(&store, &terms(owner), &["pst-before"]).await;
        let since = store.revision().await.unwrap();
        let after = client_key(&store, owner, "np-after").await;
        add(&store, &terms(owner), &["pst-after"]).await;
        let delta = store.changes_since(since).await.unwrap();
        assert_eq!((delta.from, delta.to), (since, Revision(since.0 + 2)));
        assert_eq!(delta.client_keys, [after.key]);
        let weights: Vec<_> = delta.users.iter().map(|user| (user.id, user.weight)).collect();
        assert_eq!(weights, [(owner, 2)]);
        assert_eq!(delta.policies, None);
        assert!(matches!(delta.pool_keys.as_slice(), [PoolKeyChange::Put(_)]));
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_change_shows_its_delta_before_it_is_committed() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let mut row = client_key(&store, owner, "np-a").await;
        let since = store.revision().await.unwrap();
        row.key.state = ClientKeyState::Revoked;
        let mut change = store.change().await.unwrap();
        change.save_client_key(&row, 9).await.unwrap();
        let before = change.delta(since).await.unwrap();
        assert_eq!((before.from, before.to), (since, change.revision()));
        change.commit().await.unwrap();
        assert_eq!(
            store.changes_since(since).await.unwrap().client_keys,
            before.client_keys
        );
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn everything_since_zero_is_everything() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        client_key(&store, owner, "np-a").await;
        add(&store, &terms(owner), &["pst-a", "pst-b"]).await;
        let (parts, delta) = (
            store.load().await.unwrap(),
            store.changes_since(Revision(0)).await.unwrap(),
        );
        let put: Vec<_> = parts
            .pool_keys
            .into_iter()
            .map(|key| PoolKeyChange::Put(key.into()))
            .collect();
        assert_eq!((parts.revision, parts.users), (delta.to, delta.users));
        assert_eq!((parts.client_keys, put), (delta.client_keys, delta.pool_keys));
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_hundred_thousand_client_keys_load_at_once() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        many_keys(&store, owner.0).await;
        let parts = store.load().await.unwrap();
        assert_eq!(parts.client_keys.len(), 100_000);
        let mut hashes: Vec<_> = parts.client_keys.iter().map(|key| key.hash).collect();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), 100_000);
        let one = client_key(&store, owner, "np-one-more").await;
        assert_eq!(
            store.changes_since(parts.revision).await.unwrap().client_keys,
            [one.key]
        );
        store.close().await;
    })
    .await;
}

/// Written by the database itself, which is what makes so many affordable in a test.
async fn many_keys(store: &crate::store::Store, owner: i64) {
    let hash = match store.dialect() {
        crate::dialect::Dialect::Sqlite => "randomblob(32)",
        crate::dialect::Dialect::Postgres => "sha256(n::text::bytea)",
    };
    let sql = format!(
        "with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < 100000) \
         insert into client_keys (id, user_id, name, hash, hint, state, created_at, updated_at, revision) \
         select 1000 + n, {owner}, 'many', {hash}, 'abcd', 'active', 1, 1, 1 from numbers"
    );
    sqlx::query(sqlx::AssertSqlSafe(sql))
        .execute(&store.pool)
        .await
        .unwrap();
    sqlx::query("update meta set last_id = 200000")
        .execute(&store.pool)
        .await
        .unwrap();
}
