//! Invitations, leave to set a password, finding people, and what is left of a deleted account.

use potluck_filters::id::UserId;
use potluck_filters::model::{ClientKeyState, PoolKeyState};

use super::accounts::{hash, personal, session};
use super::{client_key, each, login, one, terms, token, user};
use crate::error::StoreError;
use crate::table::invitations::NewInvitation;
use crate::table::users::{AccountEdit, UserFilter, UserRole};

#[tokio::test]
async fn an_invitation_is_used_as_often_as_it_says_and_not_later() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let new = |text: &str| NewInvitation {
            hash: hash(text),
            hint: "xxxx".to_owned(),
            note: "for linh".to_owned(),
            created_by: Some(owner),
            uses: 2,
            expires_at: 100,
        };
        let mut change = store.change().await.unwrap();
        let made = change.create_invitation(&new("a"), 5).await.unwrap();
        let other = change.create_invitation(&new("b"), 5).await.unwrap();
        assert_eq!(change.use_invitation(hash("a"), 100).await.unwrap(), None);
        assert_eq!(change.use_invitation(hash("a"), 99).await.unwrap(), Some(made.id));
        assert_eq!(change.use_invitation(hash("a"), 99).await.unwrap(), Some(made.id));
        assert_eq!(change.use_invitation(hash("a"), 99).await.unwrap(), None);
        for now in [50, 60] {
            let revoked = change.revoke_invitation(other.id, now).await.unwrap().unwrap();
            assert_eq!(revoked.revoked_at, Some(50));
        }
        assert_eq!(change.use_invitation(hash("b"), 99).await.unwrap(), None);
        assert_eq!(change.revoke_invitation(other.id + 1, 9).await.unwrap(), None);
        change.commit().await.unwrap();
        let listed = store.invitations(0, 10).await.unwrap();
        assert_eq!(listed.iter().map(|row| row.used).collect::<Vec<_>>(), [2, 0]);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn leave_to_set_a_password_counts_once_and_the_last_one_counts() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let mut change = store.change().await.unwrap();
        change.allow_reset(owner, hash("a"), 100).await.unwrap();
        change.allow_reset(owner, hash("b"), 100).await.unwrap();
        assert_eq!(change.take_reset(hash("a"), 50).await.unwrap(), None);
        assert_eq!(change.take_reset(hash("b"), 100).await.unwrap(), None);
        assert_eq!(change.take_reset(hash("b"), 50).await.unwrap(), Some(owner));
        assert_eq!(change.take_reset(hash("b"), 50).await.unwrap(), None);
        change.set_password(owner, "$argon2id$x").await.unwrap();
        change.commit().await.unwrap();
        let login = store.login("owner").await.unwrap().unwrap();
        assert_eq!(login.password_hash.unwrap().expose(), "$argon2id$x");
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn users_are_found_by_part_of_their_name_role_and_state() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let ann = user(&store, "ann_a", UserRole::User).await;
        let anne = user(&store, "anne", UserRole::User).await;
        let mut change = store.change().await.unwrap();
        let edit = AccountEdit {
            name: "anne".to_owned(),
            role: UserRole::User,
            enabled: false,
        };
        assert!(!change.save_account(anne, &edit).await.unwrap().user.enabled);
        let taken = AccountEdit {
            name: "owner".to_owned(),
            ..edit
        };
        assert_eq!(change.enabled_admins().await.unwrap(), 1);
        change.commit().await.unwrap();
        let mut change = store.change().await.unwrap();
        let refused = change.save_account(anne, &taken).await;
        assert!(matches!(refused, Err(StoreError::Exists("user"))));
        drop(change);
        let name = |text: &str| UserFilter {
            name_has: Some(text.to_owned()),
            ..UserFilter::default()
        };
        let off = UserFilter {
            enabled: Some(false),
            ..UserFilter::default()
        };
        let admins = UserFilter {
            role: Some(UserRole::Admin),
            ..UserFilter::default()
        };
        for (filter, expected) in [
            (UserFilter::default(), vec![owner, ann, anne]),
            (name("nn"), vec![ann, anne]),
            (name("n_a"), vec![ann]),
            (name("%"), vec![]),
            (off, vec![anne]),
            (admins, vec![owner]),
        ] {
            let found = store.find_users(&filter, UserId(0), 10).await.unwrap();
            let ids: Vec<_> = found.iter().map(|row| row.user.id).collect();
            assert_eq!(ids, expected, "{filter:?}");
        }
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_deleted_account_leaves_an_id_and_no_ciphertext() {
    each(async |database| {
        let (store, _) = database.seeded().await;
        let guest = user(&store, "guest", UserRole::User).await;
        let key = client_key(&store, guest, "np-guest").await;
        let brought = one(&store, &terms(guest), token("pst-guest")).await;
        one(&store, &terms(guest), login("linh", "secret")).await;
        session(&store, guest, "a").await;
        let mut change = store.change().await.unwrap();
        change
            .create_personal_token(&personal(guest, "t"), 5)
            .await
            .unwrap();
        change
            .begin_totp(guest, b"twenty secret bytes!", 5)
            .await
            .unwrap();
        change.confirm_totp(guest, (1, 6), &[hash("one")]).await.unwrap();
        change.allow_reset(guest, hash("r"), 100).await.unwrap();
        change.set_password(guest, "$argon2id$x").await.unwrap();
        change.commit().await.unwrap();

        let since = store.revision().await.unwrap();
        let mut change = store.change().await.unwrap();
        change.delete_user(guest, 77).await.unwrap();
        change.commit().await.unwrap();

        let delta = store.changes_since(since).await.unwrap();
        assert!(delta.users.iter().any(|user| user.id == guest && !user.enabled));
        assert_eq!(delta.client_keys[0].state, ClientKeyState::Revoked);
        assert_eq!(
            store.client_key(key.key.id).await.unwrap().unwrap().name,
            "deleted"
        );
        let row = store.pool_key(brought).await.unwrap().unwrap();
        assert_eq!(
            (row.state, &*row.label, row.key_id),
            (PoolKeyState::Withdrawn, "", None)
        );
        assert!(store.load().await.unwrap().pool_keys.is_empty());
        assert!(store.login("guest").await.unwrap().is_none());
        assert_eq!(store.living_user(guest).await.unwrap(), None);
        for table in [
            "sessions",
            "refresh_tokens",
            "personal_tokens",
            "totp",
            "recovery_codes",
            "password_resets",
            "pool_keys where sealed is not null or token_sealed is not null or fingerprint is not null",
            "users where password_hash is not null",
        ] {
            let query = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
            let (left,): (i64,) = sqlx::query_as(query).fetch_one(&store.pool).await.unwrap();
            assert_eq!(left, 0, "{table}");
        }
        // The name is free again.
        user(&store, "guest", UserRole::User).await;
        store.close().await;
    })
    .await;
}

fn told(settings: &[(String, String, i64)]) -> Vec<(&str, &str)> {
    settings
        .iter()
        .map(|(name, value, _)| (name.as_str(), value.as_str()))
        .collect()
}

#[tokio::test]
async fn a_setting_is_what_was_set_last() {
    each(async |database| {
        let (store, _) = database.seeded().await;
        assert_eq!(store.settings().await.unwrap(), []);
        for value in ["\"open\"", "\"closed\""] {
            let mut change = store.change().await.unwrap();
            change.set_setting("registration", value).await.unwrap();
            let seen = change.settings().await.unwrap();
            assert_eq!(told(&seen), [("registration", value)]);
            change.commit().await.unwrap();
        }
        let kept = store.settings().await.unwrap();
        assert_eq!(told(&kept), [("registration", "\"closed\"")]);
        store.close().await;
    })
    .await;
}
