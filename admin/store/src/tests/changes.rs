//! Changes: a row and the revision together or not at all, and in order.

use potluck_filters::id::{ClientKeyId, Revision, UserId};
use potluck_filters::limit::Limit;
use potluck_filters::model::{ClientKeyState, KeyHash};
use potluck_filters::secret::Secret;

use super::{client_key, each, new_key, user};
use crate::error::StoreError;
use crate::table::users::{NewUser, UserRole};

#[tokio::test]
async fn each_change_is_one_revision_and_a_dropped_one_is_none() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        assert_eq!(store.revision().await.unwrap(), Revision(1));
        let mut change = store.change().await.unwrap();
        let lost = change
            .create_client_key(&new_key(owner), &Secret::new("np-lost"), 1)
            .await
            .unwrap();
        assert_eq!(change.revision(), Revision(2));
        drop(change);
        assert_eq!(store.revision().await.unwrap(), Revision(1));
        assert_eq!(store.client_key(lost.key.id).await.unwrap(), None);
        assert_eq!(client_key(&store, owner, "np-kept").await.revision, Revision(2));
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn changes_made_at_once_get_different_revisions_and_none_is_lost() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let tasks: Vec<_> = (0..16)
            .map(|n| {
                let store = store.clone();
                tokio::spawn(async move { client_key(&store, owner, &format!("np-{n}")).await.revision })
            })
            .collect();
        let mut revisions = Vec::new();
        for task in tasks {
            revisions.push(task.await.unwrap().0);
        }
        revisions.sort_unstable();
        assert_eq!(revisions, (2..18).collect::<Vec<i64>>());
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_client_key_is_kept_as_hash_and_hint_with_all_its_limits() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let row = client_key(&store, owner, "np-0123456789abcdef").await;
        assert_eq!((row.hint.as_str(), row.name.as_str()), ("cdef", "laptop"));
        assert_eq!(
            (row.created_at, row.updated_at, row.revision),
            (5, 5, Revision(2))
        );
        assert_eq!(row.key.hash, KeyHash::of("np-0123456789abcdef"));
        assert_eq!(
            (row.key.rate_limit, row.key.concurrency),
            (Limit::AtMost(60), Limit::Unlimited)
        );
        assert_eq!(row.key.models.as_deref().unwrap(), &["gpt-*".into()]);
        assert_eq!(row.key.addresses.as_deref().unwrap()[0].to_string(), "10.0.0.0/8");
        assert_eq!(store.client_key(row.key.id).await.unwrap(), Some(row));
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn an_edited_client_key_has_a_new_revision_and_keeps_its_creation() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let mut row = client_key(&store, owner, "np-a").await;
        row.key.state = ClientKeyState::Disabled;
        row.key.models = None;
        row.key.rate_limit = Limit::AtMost(0);
        let mut change = store.change().await.unwrap();
        let saved = change.save_client_key(&row, 6).await.unwrap();
        change.commit().await.unwrap();
        assert_eq!(
            (saved.created_at, saved.updated_at, saved.revision),
            (5, 6, Revision(3))
        );
        assert_eq!((saved.key, saved.name), (row.key, row.name));
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_taken_name_or_text_and_an_unknown_owner_are_told_apart() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        client_key(&store, owner, "np-a").await;
        let mut change = store.change().await.unwrap();
        let twice = change
            .create_client_key(&new_key(owner), &Secret::new("np-a"), 1)
            .await
            .unwrap_err();
        assert!(matches!(twice, StoreError::Exists("client key")), "{twice}");
        drop(change);
        let mut change = store.change().await.unwrap();
        let nobody = change
            .create_client_key(&new_key(UserId(999)), &Secret::new("np-b"), 1)
            .await
            .unwrap_err();
        assert!(matches!(nobody, StoreError::Missing("user")), "{nobody}");
        drop(change);
        let new = NewUser {
            name: "owner".into(),
            role: UserRole::User,
            limit: None,
            password_hash: None,
        };
        let taken = store
            .change()
            .await
            .unwrap()
            .create_user(&new, 1)
            .await
            .unwrap_err();
        assert!(matches!(taken, StoreError::Exists("user")), "{taken}");
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn lists_are_paged_by_id() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let mut ids = Vec::new();
        for n in 0..5 {
            ids.push(client_key(&store, owner, &format!("np-{n}")).await.key.id);
        }
        let first: Vec<_> = store
            .client_keys(ClientKeyId(0), 3)
            .await
            .unwrap()
            .iter()
            .map(|r| r.key.id)
            .collect();
        let rest: Vec<_> = store
            .client_keys(first[2], 3)
            .await
            .unwrap()
            .iter()
            .map(|r| r.key.id)
            .collect();
        assert_eq!([first, rest].concat(), ids);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn the_first_admin_is_the_oldest_one() {
    each(async |database| {
        let store = database.open().await;
        assert_eq!(store.change().await.unwrap().first_admin().await.unwrap(), None);
        user(&store, "guest", UserRole::User).await;
        let admin = user(&store, "first", UserRole::Admin).await;
        user(&store, "second", UserRole::Admin).await;
        assert_eq!(
            store.change().await.unwrap().first_admin().await.unwrap(),
            Some(admin)
        );
        store.close().await;
    })
    .await;
}
