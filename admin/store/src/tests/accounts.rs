//! Sessions, second factors and tokens.

use potluck_filters::id::UserId;
use potluck_filters::model::KeyHash;
use sqlx::Row as _;

use super::{each, user};
use crate::error::StoreError;
use crate::secret_text::Kind;
use crate::store::Store;
use crate::table::personal_tokens::NewPersonalToken;
use crate::table::sessions::{NewSession, Refreshed, Rotation, SessionRow};
use crate::table::users::UserRole;

pub(super) fn hash(text: &str) -> KeyHash {
    KeyHash::of(text)
}

pub(super) async fn session(store: &Store, user: UserId, refresh: &str) -> SessionRow {
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

pub(super) fn personal(user: UserId, text: &str) -> NewPersonalToken {
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
