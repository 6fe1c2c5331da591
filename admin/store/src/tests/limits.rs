//! Limits that come of contributions, rotated client keys, and who holds a pool key back.

use potluck_filters::id::UserId;
use potluck_filters::limit::{BroughtKey, Contribution, Limit, LimitPolicy, LimitRule, NotCounted, Tier};
use potluck_filters::model::{Account, Caps, FormerText, Hours, KeyHash, PoolKeyState};
use potluck_filters::secret::Secret;

use super::{OPUS, client_key, each, login, one, probed, terms, token, user, well};
use crate::store::Store;
use crate::table::pool_keys::{AdminHold, Holds};
use crate::table::users::UserRole;

async fn contribution(store: &Store, of: UserId) -> Contribution {
    let users = store.load().await.unwrap().users;
    users.into_iter().find(|user| user.id == of).unwrap().contribution
}

#[tokio::test]
async fn a_contribution_is_what_others_can_use_by_tier_and_hours() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let guest = user(&store, "guest", UserRole::User).await;
        let night = Caps {
            hours: Hours::between(22, 6)
                .unwrap()
                .in_zone("Asia/Ho_Chi_Minh".parse().unwrap()),
            ..Caps::default()
        };
        let opus = one(&store, &terms(guest), token("pst-a")).await;
        probed(&store, opus, &well(Some(OPUS))).await;
        let ended = one(&store, &terms(guest), token("pst-b")).await;
        let paper = Account {
            active: false,
            ..OPUS
        };
        probed(&store, ended, &well(Some(paper))).await;
        let mut at_night = terms(guest);
        at_night.caps = night;
        one(&store, &at_night, token("pst-c")).await;
        let no_token = one(&store, &terms(guest), login("a", "b")).await;
        let mut pending = terms(guest);
        pending.state = PoolKeyState::Pending;
        let pending = one(&store, &pending, token("pst-d")).await;
        let expected = Contribution::of([
            (Tier::Opus, Caps::default(), 1),
            (Tier::Paper, Caps::default(), 1),
            (Tier::Other, night, 1),
        ]);
        assert_eq!(contribution(&store, guest).await, expected);
        assert_eq!(contribution(&store, owner).await, Contribution::default());
        let brought = store.brought_keys(guest).await.unwrap();
        let counted = brought
            .iter()
            .filter(|key| key.state == PoolKeyState::Healthy && key.has_token);
        let same = Contribution::of(counted.map(|key: &BroughtKey| (key.tier, key.caps, 1)));
        assert_eq!(same, expected);
        let why = |id| brought.iter().find(|key| key.key == id).unwrap().counts_at(0);
        assert_eq!(
            (why(no_token), why(pending), why(opus)),
            (Err(NotCounted::Pending), Err(NotCounted::Pending), Ok(()))
        );
        let page = store.contributions(owner, guest).await.unwrap();
        assert_eq!(page.get(&guest), Some(&expected));
        // An edge hears of it when a key goes.
        let since = store.revision().await.unwrap();
        let mut change = store.change().await.unwrap();
        change.withdraw_pool_key(opus, 9).await.unwrap();
        change.commit().await.unwrap();
        let delta = store.changes_since(since).await.unwrap();
        let told: Vec<_> = delta.users.iter().map(|user| user.id).collect();
        assert_eq!(told, [guest]);
        assert_eq!(delta.users[0].contribution, contribution(&store, guest).await);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn the_policy_is_one_row_however_many_users_there_are() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        assert_eq!(store.limit_policy().await.unwrap().0, LimitPolicy::default());
        let since = store.revision().await.unwrap();
        let policy = LimitPolicy {
            rule: LimitRule::Auto,
            base: 7,
            ..LimitPolicy::default()
        };
        let mut change = store.change().await.unwrap();
        change.set_limit_policy(&policy).await.unwrap();
        let revision = change.commit().await.unwrap();
        assert_eq!(store.limit_policy().await.unwrap(), (policy, revision));
        let delta = store.changes_since(since).await.unwrap();
        assert_eq!((delta.limits, delta.users.len()), (Some(policy), 0));
        assert_eq!(store.load().await.unwrap().limits, policy);
        for rule in [
            Some(LimitRule::Auto),
            Some(LimitRule::Manual(Limit::AtMost(9))),
            Some(LimitRule::Manual(Limit::Unlimited)),
            None,
        ] {
            let mut change = store.change().await.unwrap();
            change.set_user_limit(owner, rule).await.unwrap();
            change.commit().await.unwrap();
            assert_eq!(store.load().await.unwrap().users[0].limit, rule);
        }
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn former_texts_lead_to_the_text_of_now_and_none_outlives_the_last_rotation() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let id = client_key(&store, owner, "np-first").await.key.id;
        let rotate = async |text: &str, until| {
            let mut change = store.change().await.unwrap();
            let row = change
                .rotate_client_key(id, &Secret::new(text), until, 50)
                .await
                .unwrap();
            change.commit().await.unwrap();
            row
        };
        let row = rotate("np-second", 500).await;
        assert_eq!(
            (row.key.hash, row.hint.as_str()),
            (KeyHash::of("np-second"), "cond")
        );
        let former = |text, now, until| FormerText {
            hash: KeyHash::of(text),
            now: KeyHash::of(now),
            until,
        };
        let parts = store.load().await.unwrap();
        assert_eq!(parts.former_texts, [former("np-first", "np-second", 500)]);
        let since = store.revision().await.unwrap();
        rotate("np-third", 100).await;
        let mut told = store.changes_since(since).await.unwrap().former_texts;
        told.sort_unstable_by_key(|one| one.hash);
        let mut expected = [
            former("np-first", "np-third", 100),
            former("np-second", "np-third", 100),
        ];
        expected.sort_unstable_by_key(|one| one.hash);
        assert_eq!(told, expected);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn who_holds_a_pool_key_back_is_kept() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let mut with_notice = terms(owner);
        with_notice.notice = Some(1);
        let id = one(&store, &with_notice, token("pst-a")).await;
        let mut row = store.pool_key(id).await.unwrap().unwrap();
        assert_eq!((row.notice, row.state_since), (Some((1, 7)), Some(7)));
        assert!(row.holds.is_empty());
        row.state = PoolKeyState::Paused;
        row.state_since = Some(11);
        row.holds = Holds {
            contributor: Some(10),
            admin: Some(AdminHold {
                at: 11,
                by: Some(owner),
                reason: Some("too many complaints".to_owned()),
            }),
        };
        let mut change = store.change().await.unwrap();
        let saved = change.save_pool_key(&row).await.unwrap();
        change.commit().await.unwrap();
        assert_eq!((&saved.holds, saved.state_since), (&row.holds, Some(11)));
        assert_eq!(store.pool_keys_of(owner, id, 9).await.unwrap(), []);
        store.close().await;
    })
    .await;
}
