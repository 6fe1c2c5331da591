//! Sessions, second factors, tokens, invitations, and what is left of a deleted account.

use potluck_filters::id::UserId;
use potluck_filters::model::{ClientKeyState, KeyHash, PoolKeyState};
use sqlx::Row as _;

use super::{client_key, each, login, one, terms, token, user};
use crate::error::StoreError;
use crate::secret_text::Kind;
use crate::store::Store;
use crate::table::invitations::NewInvitation;
use crate::table::personal_tokens::NewPersonalToken;
use crate::table::sessions::{NewSession, Refreshed, Rotation, SessionRow};
use crate::table::users::{AccountEdit, UserFilter, UserRole};

fn hash(text: &str) -> KeyHash {
    KeyHash::of(text)
}

async fn session(store: &Store, user: UserId, refresh: &str) -> SessionRow {
    let new = NewSession {
        user,
        cookies: true,
        agent: Some("curl/8"),
        address: Some("192.0.2.1"),
        refresh: hash(refresh),
        expires_at: 1_000_000,
    };
    store.begin_session(&new, 10).await.unwrap()
}

async fn refresh(store: &Store, old: &str, new: &str, now_ms: i64) -> Refreshed {
    let rotation = Rotation {
        old: hash(old),
        new: hash(new),
        now_ms,
        expires_at: now_ms + 1_000_000,
        grace_ms: 30_000,
    };
    store.refresh_session(&rotation).await.unwrap()
}

#[tokio::test]
async fn a_refresh_token_is_rotated_once_and_its_reuse_ends_the_session() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let begun = session(&store, owner, "a").await;
        let other = session(&store, owner, "z").await;
        let Refreshed::Rotated(row) = refresh(&store, "a", "b", 1_000).await else {
            panic!()
        };
        assert_eq!(
            (row.id, row.used_at, row.expires_at),
            (begun.id, 1_000, 1_001_000)
        );
        // Another tab, up to 30 seconds later: the same session, and no second chain.
        let again = refresh(&store, "a", "c", 31_000).await;
        assert!(
            matches!(&again, Refreshed::JustRotated(row) if row.id == begun.id),
            "{again:?}"
        );
        assert_eq!(refresh(&store, "c", "d", 31_000).await, Refreshed::Unknown);
        assert!(matches!(
            refresh(&store, "b", "e", 32_000).await,
            Refreshed::Rotated(_)
        ));
        // Later it is a copy in wrong hands.
        let reused = refresh(&store, "a", "f", 31_001).await;
        assert_eq!(
            reused,
            Refreshed::Reused {
                session: begun.id,
                user: owner
            }
        );
        assert_eq!(store.session(begun.id).await.unwrap(), None);
        assert_eq!(refresh(&store, "e", "g", 33_000).await, Refreshed::Unknown);
        assert_eq!(store.sessions_of(owner, 1).await.unwrap(), vec![other]);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn sessions_end_one_by_one_all_at_once_and_with_time() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let guest = user(&store, "guest", UserRole::User).await;
        let (first, second) = (
            session(&store, owner, "a").await,
            session(&store, owner, "b").await,
        );
        let third = session(&store, owner, "c").await;
        let theirs = session(&store, guest, "d").await;
        assert!(!store.end_session(guest, first.id).await.unwrap());
        assert!(store.end_session(owner, first.id).await.unwrap());
        assert!(!store.end_session(owner, first.id).await.unwrap());
        let mut change = store.change().await.unwrap();
        assert_eq!(change.end_sessions(owner, third.id).await.unwrap(), 1);
        change.commit().await.unwrap();
        assert_eq!(store.session(second.id).await.unwrap(), None);
        assert_eq!(store.sessions_of(owner, 20).await.unwrap(), vec![third.clone()]);
        assert_eq!(store.sessions_of(owner, 1_000_000).await.unwrap(), vec![]);
        store.forget_expired(999_999).await.unwrap();
        assert_eq!(store.session(theirs.id).await.unwrap(), Some(theirs.clone()));
        store.forget_expired(1_000_000).await.unwrap();
        assert_eq!(store.session(theirs.id).await.unwrap(), None);
        assert_eq!(refresh(&store, "c", "x", 20).await, Refreshed::Unknown);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_second_factor_is_sealed_and_a_step_and_a_recovery_code_count_once() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        assert!(store.totp(owner).await.unwrap().is_none());
        let mut change = store.change().await.unwrap();
        change
            .begin_totp(owner, b"twenty secret bytes!", 5)
            .await
            .unwrap();
        change.commit().await.unwrap();
        let begun = store.totp(owner).await.unwrap().unwrap();
        assert_eq!(
            (begun.secret.as_slice(), begun.confirmed),
            (b"twenty secret bytes!".as_slice(), false)
        );
        let mut change = store.change().await.unwrap();
        change
            .confirm_totp(owner, (50, 6), &[hash("one"), hash("two")])
            .await
            .unwrap();
        let twice = change.confirm_totp(owner, (51, 6), &[]).await;
        assert!(matches!(twice, Err(StoreError::Missing(_))));
        change.commit().await.unwrap();
        assert!(store.totp(owner).await.unwrap().unwrap().confirmed);
        assert!(store.login("owner").await.unwrap().unwrap().row.has_totp);
        for (step, taken) in [(50, false), (49, false), (52, true), (52, false), (51, false)] {
            assert_eq!(store.take_totp_step(owner, step).await.unwrap(), taken, "{step}");
        }
        for (code, taken) in [("one", true), ("one", false), ("three", false)] {
            assert_eq!(store.take_recovery_code(owner, hash(code)).await.unwrap(), taken);
        }
        assert_eq!(store.recovery_codes_left(owner).await.unwrap(), 1);
        let mut change = store.change().await.unwrap();
        assert!(change.drop_totp(owner).await.unwrap());
        assert!(!change.drop_totp(owner).await.unwrap());
        change.commit().await.unwrap();
        assert_eq!(store.recovery_codes_left(owner).await.unwrap(), 0);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn signing_keys_are_sealed_and_rotated() {
    each(async |database| {
        let (store, _) = database.seeded().await;
        assert!(store.signing_keys().await.unwrap().is_empty());
        for (now, forget) in [(10, 0), (20, 0), (30, 15)] {
            let mut change = store.change().await.unwrap();
            change.rotate_signing_key(now, forget).await.unwrap();
            change.commit().await.unwrap();
        }
        let keys = store.signing_keys().await.unwrap();
        let retired: Vec<_> = keys.iter().map(|key| (key.created_at, key.retired_at)).collect();
        assert_eq!(retired, [(30, None), (20, Some(30)), (10, Some(20))]);
        assert_ne!(*keys[0].secret, *keys[1].secret);
        let rows = sqlx::query("select sealed from signing_keys")
            .fetch_all(&store.pool)
            .await
            .unwrap();
        for sealed in rows.iter().map(|row| row.get::<Vec<u8>, _>(0)) {
            let clear = |key: &crate::table::signing_keys::SigningKey| {
                sealed.windows(32).any(|part| part == key.secret.as_slice())
            };
            assert!(!keys.iter().any(clear));
        }
        let mut change = store.change().await.unwrap();
        change.rotate_signing_key(40, 25).await.unwrap();
        change.commit().await.unwrap();
        assert_eq!(store.signing_keys().await.unwrap().len(), 3);
        store.close().await;
    })
    .await;
}

fn personal(user: UserId, text: &str) -> NewPersonalToken {
    NewPersonalToken {
        user,
        name: "script".to_owned(),
        hash: hash(text),
        hint: "ipt1".to_owned(),
        scopes: vec!["keys:read".to_owned()],
        expires_at: Some(9),
    }
}

#[tokio::test]
async fn personal_tokens_are_their_owners_alone() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let guest = user(&store, "guest", UserRole::User).await;
        let text = Kind::Personal.fresh().unwrap();
        let mut change = store.change().await.unwrap();
        let made = change
            .create_personal_token(&personal(owner, text.expose()), 5)
            .await
            .unwrap();
        assert_eq!(change.delete_personal_token(guest, made.id).await.unwrap(), None);
        assert_eq!(change.count_personal_tokens(owner).await.unwrap(), 1);
        change.commit().await.unwrap();
        assert_eq!(store.personal_tokens(guest, 0, 10).await.unwrap(), vec![]);
        assert_eq!(
            store.personal_tokens(owner, 0, 10).await.unwrap(),
            vec![made.clone()]
        );
        let found = store.personal_token(hash(text.expose())).await.unwrap().unwrap();
        assert_eq!(found, made);
        for (now, noted) in [(100, 100), (60_099, 100), (60_100, 60_100)] {
            let row = store.personal_token(hash(text.expose())).await.unwrap().unwrap();
            store.note_use(&row, now).await.unwrap();
            let row = store.personal_token(hash(text.expose())).await.unwrap().unwrap();
            assert_eq!(row.used_at, Some(noted));
        }
        let mut change = store.change().await.unwrap();
        let gone = change.delete_personal_token(owner, made.id).await.unwrap();
        assert_eq!(gone.as_deref(), Some("script"));
        change.commit().await.unwrap();
        assert_eq!(store.personal_token(hash(text.expose())).await.unwrap(), None);
        store.close().await;
    })
    .await;
}

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

#[tokio::test]
async fn a_setting_is_what_was_set_last() {
    each(async |database| {
        let (store, _) = database.seeded().await;
        assert_eq!(store.setting("registration").await.unwrap(), None);
        for value in ["\"open\"", "\"closed\""] {
            let mut change = store.change().await.unwrap();
            change.set_setting("registration", value).await.unwrap();
            assert_eq!(
                change.setting("registration").await.unwrap().as_deref(),
                Some(value)
            );
            change.commit().await.unwrap();
        }
        assert_eq!(
            store.setting("registration").await.unwrap().as_deref(),
            Some("\"closed\"")
        );
        store.close().await;
    })
    .await;
}
