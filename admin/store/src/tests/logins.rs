//! Logins: a username and a password, and the token that they got.

use potluck_filters::model::{PoolCredential, PoolKeyState};
use potluck_filters::secret::Secret;
use potluck_filters::snapshot::PoolKeyChange;

use super::{Database, each, login, one, terms, token};
use crate::error::StoreError;
use crate::seal::envelope::SealError;
use crate::store::Store;
use crate::table::pool_keys::{Added, Credential, CredentialKind, Unfit};

const WHO: &str = "Somebody@Example.org";
const PASSWORD: &str = "correct \"horse\" bättery\n";

async fn save_token(store: &Store, id: potluck_filters::id::PoolKeyId, text: &str, expires_at: i64) {
    let mut change = store.change().await.unwrap();
    change
        .save_token(id, &Secret::new(text), expires_at)
        .await
        .unwrap();
    change.commit().await.unwrap();
}

#[tokio::test]
async fn a_login_is_opened_as_it_was_typed_and_serves_only_with_a_token() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let id = one(&store, &terms(owner), login(&format!("  {WHO} "), PASSWORD)).await;
        let row = store.pool_key(id).await.unwrap().unwrap();
        assert_eq!(
            (row.kind, row.state),
            (CredentialKind::Login, PoolKeyState::Healthy)
        );
        assert!(store.load().await.unwrap().pool_keys.is_empty());
        let target = store.probe_target(id).await.unwrap().unwrap();
        let typed = |token| Credential::Login {
            username: WHO.to_owned(),
            password: Secret::new(PASSWORD),
            token,
        };
        assert_eq!(target.credential, typed(None));

        let before = store.revision().await.unwrap();
        save_token(&store, id, "eyJ.first.token", 5_000).await;
        let delta = store.changes_since(before).await.unwrap();
        let [PoolKeyChange::Put(key)] = delta.pool_keys.as_slice() else {
            panic!("{delta:?}")
        };
        let served = PoolCredential::bearer(&Secret::new("eyJ.first.token")).unwrap();
        assert_eq!((key.id, &key.credential), (id, &served));
        assert_eq!(store.load().await.unwrap().pool_keys[0].credential, served);
        let target = store.probe_target(id).await.unwrap().unwrap();
        assert_eq!(
            target.credential,
            typed(Some((Secret::new("eyJ.first.token"), 5_000)))
        );
        let row = store.pool_key(id).await.unwrap().unwrap();
        assert_eq!(row.token_expires_at, Some(5_000));
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_login_without_its_token_is_gone_for_edges() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let id = one(&store, &terms(owner), login(WHO, PASSWORD)).await;
        let delta = store
            .changes_since(potluck_filters::id::Revision(0))
            .await
            .unwrap();
        assert_eq!(delta.pool_keys, [PoolKeyChange::Gone(id)]);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn one_account_is_recognised_by_its_username_however_that_is_spelled() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        one(&store, &terms(owner), login(WHO, PASSWORD)).await;
        let mut change = store.change().await.unwrap();
        let again = [
            login(" somebody@example.ORG", "another password"),
            login("else@example.org", PASSWORD),
            login("", PASSWORD),
            login("a\nb", PASSWORD),
            login("third@example.org", ""),
        ];
        let added = change.add_pool_keys(&terms(owner), &again, 9).await.unwrap();
        assert_eq!(added[0], Added::Duplicate);
        assert!(matches!(added[1], Added::Added(_)));
        assert_eq!(added[2..4], [Added::Invalid(Unfit::Username); 2]);
        assert_eq!(added[4], Added::Invalid(Unfit::Password));
        drop(change);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_token_cannot_be_moved_into_the_place_of_a_login_nor_to_another_row() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let id = one(&store, &terms(owner), login(WHO, PASSWORD)).await;
        let other = one(&store, &terms(owner), login("other@example.org", PASSWORD)).await;
        save_token(&store, id, "eyJ.a.b", 5).await;
        save_token(&store, other, "eyJ.c.d", 5).await;
        for change in [
            "update pool_keys set token_sealed = sealed",
            "update pool_keys set sealed = token_sealed",
            "update pool_keys set token_sealed = (select o.token_sealed from pool_keys o where o.id <> pool_keys.id)",
        ] {
            let mut tx = store.change().await.unwrap();
            sqlx::query(change).execute(&mut *tx.tx).await.unwrap();
            tx.commit().await.unwrap();
            let error = store.probe_target(id).await.unwrap_err();
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
async fn only_a_login_that_may_be_probed_takes_a_token() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let plain = one(&store, &terms(owner), token("pst-a")).await;
        let paused = one(&store, &terms(owner), login(WHO, PASSWORD)).await;
        let mut change = store.change().await.unwrap();
        let mut row = change.pool_key(paused).await.unwrap().unwrap();
        row.state = PoolKeyState::Paused;
        change.save_pool_key(&row).await.unwrap();
        for id in [plain, paused] {
            let refused = change.save_token(id, &Secret::new("t"), 1).await.unwrap_err();
            assert!(matches!(refused, StoreError::Missing("login")), "{refused}");
        }
        drop(change);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn nothing_of_a_login_is_in_clear_on_disk_or_in_debug_and_withdrawal_deletes_it_all() {
    let database = Database::sqlite();
    let (store, owner) = database.seeded().await;
    let new = login(WHO, "hunter2-hunter2-hunter2");
    assert_eq!(format!("{new:?}"), "Login(…)");
    let id = one(&store, &terms(owner), new).await;
    save_token(&store, id, "eyJhbGciOi.token.text", 5).await;
    let target = store.probe_target(id).await.unwrap().unwrap();
    assert!(format!("{target:?}").contains("credential: Login(…)"));
    let mut change = store.change().await.unwrap();
    change.withdraw_pool_key(id, 9).await.unwrap();
    change.commit().await.unwrap();
    assert_eq!(
        store.probe_target(id).await.unwrap().map(|target| target.id),
        None
    );
    let (kept,): (i64,) = sqlx::query_as(
        "select count(coalesce(sealed, token_sealed, fingerprint, account_print)) + count(token_expires_at) \
         from pool_keys",
    )
    .fetch_one(&store.pool)
    .await
    .unwrap();
    assert_eq!(kept, 0);
    store.close().await;
    for entry in std::fs::read_dir(database.folder.as_ref().unwrap().path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for part in ["hunter2", "omebody@", "eyJhbGciOi"] {
            assert!(
                !bytes.windows(part.len()).any(|window| window == part.as_bytes()),
                "{part}"
            );
        }
    }
}
