//! Pool keys: sealed, recognised, withdrawn.

use potluck_filters::model::{CredentialError, PoolCredential, PoolKeyState};
use potluck_filters::secret::Secret;
use potluck_filters::snapshot::PoolKeyChange;

use super::{Database, add, each, terms, user};
use crate::error::StoreError;
use crate::seal::envelope::SealError;
use crate::table::pool_keys::{Added, NewCredential, Unfit};
use crate::table::users::UserRole;

#[tokio::test]
async fn an_added_key_serves_with_its_own_credential_and_terms() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let guest = user(&store, "guest", UserRole::User).await;
        add(&store, &terms(owner), &["pst-of-the-owner"]).await;
        add(&store, &terms(guest), &["pst-of-the-guest"]).await;
        let keys = store.load().await.unwrap().pool_keys;
        let credential = |text: &str| PoolCredential::bearer(&Secret::new(text)).unwrap();
        assert_eq!(keys[0].credential, credential("pst-of-the-owner"));
        assert_eq!(keys[1].credential, credential("pst-of-the-guest"));
        assert_eq!((keys[0].operator_owned, keys[1].operator_owned), (true, false));
        assert_eq!(&*keys[0].origins, &["image:443".into(), "text:443".into()]);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_line_is_added_or_duplicate_or_invalid_and_the_rest_goes_on() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let client_key = format!("np-{}", "a".repeat(43));
        let added = add(
            &store,
            &terms(owner),
            &["pst-a", "", "pst-a", "pst b", &client_key, "pst-c"],
        )
        .await;
        assert!(matches!(added[0], Added::Added(_)) && matches!(added[5], Added::Added(_)));
        assert_eq!(
            added[1],
            Added::Invalid(Unfit::Credential(CredentialError::Empty))
        );
        assert_eq!(added[2], Added::Duplicate);
        assert_eq!(
            added[3],
            Added::Invalid(Unfit::Credential(CredentialError::Characters))
        );
        assert_eq!(added[4], Added::Invalid(Unfit::ClientKey));
        let mut elsewhere = terms(owner);
        elsewhere.upstream = "vercel".to_owned();
        assert!(matches!(
            add(&store, &elsewhere, &["pst-a"]).await[0],
            Added::Added(_)
        ));
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn ten_thousand_lines_are_one_change() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let texts: Vec<String> = (0..10_000).map(|n| format!("pst-{:064}", n % 9_000)).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let before = store.revision().await.unwrap();
        let added = add(&store, &terms(owner), &texts).await;
        assert_eq!(
            added.iter().filter(|a| matches!(a, Added::Added(_))).count(),
            9_000
        );
        assert_eq!(
            added[9_000..].iter().filter(|a| **a == Added::Duplicate).count(),
            1_000
        );
        assert_eq!(store.revision().await.unwrap().0, before.0 + 1);
        assert_eq!(store.load().await.unwrap().pool_keys.len(), 9_000);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn an_unknown_contributor_adds_nothing() {
    each(async |database| {
        let (store, _) = database.seeded().await;
        let mut change = store.change().await.unwrap();
        let terms = terms(potluck_filters::id::UserId(404));
        let error = change
            .add_pool_keys(&terms, &[NewCredential::Token(Secret::new("pst-a"))], 1)
            .await
            .unwrap_err();
        assert!(matches!(error, StoreError::Missing("user")), "{error}");
        drop(change);
        assert!(store.load().await.unwrap().pool_keys.is_empty());
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_withdrawn_key_is_gone_and_can_be_brought_again() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let Added::Added(id) = add(&store, &terms(owner), &["pst-a"]).await[0] else {
            panic!("not added")
        };
        let before = store.revision().await.unwrap();
        let mut change = store.change().await.unwrap();
        let row = change.withdraw_pool_key(id, 8).await.unwrap();
        change.commit().await.unwrap();
        assert_eq!(
            (row.state, row.withdrawn_at, row.key_id),
            (PoolKeyState::Withdrawn, Some(8), None)
        );
        assert_eq!(
            store.changes_since(before).await.unwrap().pool_keys,
            [PoolKeyChange::Gone(id)]
        );
        let kept: (Option<Vec<u8>>, Option<Vec<u8>>) =
            sqlx::query_as("select sealed, fingerprint from pool_keys")
                .fetch_one(&store.pool)
                .await
                .unwrap();
        assert_eq!(kept, (None, None));
        let again = store
            .change()
            .await
            .unwrap()
            .withdraw_pool_key(id, 9)
            .await
            .unwrap_err();
        assert!(matches!(again, StoreError::Missing("pool key")), "{again}");
        assert!(matches!(add(&store, &terms(owner), &["pst-a"]).await[0], Added::Added(new) if new != id));
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_paused_key_is_gone_for_edges_until_it_is_active_again() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let Added::Added(id) = add(&store, &terms(owner), &["pst-a"]).await[0] else {
            panic!("not added")
        };
        for (state, serving) in [(PoolKeyState::Paused, 0), (PoolKeyState::Healthy, 1)] {
            let mut row = store.pool_key(id).await.unwrap().unwrap();
            row.state = state;
            let mut change = store.change().await.unwrap();
            assert_eq!(change.save_pool_key(&row).await.unwrap().state, state);
            change.commit().await.unwrap();
            assert_eq!(store.load().await.unwrap().pool_keys.len(), serving);
        }
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_credential_moved_to_another_row_or_other_hosts_does_not_open() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        add(&store, &terms(owner), &["pst-a"]).await;
        for change in [
            "update pool_keys set id = id + 1000",
            "update pool_keys set upstream = 'other'",
            "update pool_keys set origins = '[\"evil.example:443\"]'",
        ] {
            let mut tx = store.change().await.unwrap();
            sqlx::query(change).execute(&mut *tx.tx).await.unwrap();
            let error = tx.delta(potluck_filters::id::Revision(0)).await.unwrap_err();
            assert!(
                matches!(error, StoreError::Seal(SealError::Changed)),
                "{change}: {error}"
            );
        }
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn no_file_holds_anything_of_a_credential_or_a_client_key() {
    let database = Database::sqlite();
    let (store, owner) = database.seeded().await;
    let credential = "pst-Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA";
    add(&store, &terms(owner), &[credential]).await;
    super::client_key(&store, owner, "np-Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MAabcdefghijklmn").await;
    store.close().await;
    for entry in std::fs::read_dir(database.folder.as_ref().unwrap().path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for part in [&credential[4..16], &credential[credential.len() - 12..]] {
            assert!(
                !bytes.windows(part.len()).any(|window| window == part.as_bytes()),
                "{part}"
            );
        }
    }
}

#[tokio::test]
async fn the_ciphertext_of_a_withdrawn_key_is_in_no_file() {
    let database = Database::sqlite();
    let (store, owner) = database.seeded().await;
    let Added::Added(id) = add(&store, &terms(owner), &["pst-a"]).await[0] else {
        panic!("not added")
    };
    let (sealed,): (Vec<u8>,) = sqlx::query_as("select sealed from pool_keys")
        .fetch_one(&store.pool)
        .await
        .unwrap();
    let mut change = store.change().await.unwrap();
    change.withdraw_pool_key(id, 8).await.unwrap();
    change.commit().await.unwrap();
    store.forget_deleted().await.unwrap();
    for entry in std::fs::read_dir(database.folder.as_ref().unwrap().path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(16).any(|window| window == &sealed[9..25]));
    }
    store.close().await;
}
