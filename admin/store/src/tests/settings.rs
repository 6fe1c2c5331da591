//! Policies that are switched at run time, and what contributors and owners set.

use potluck_filters::limit::Limit;
use potluck_filters::model::{Caps, Hours, PoolKeyState};
use potluck_filters::pool::Policy;
use potluck_filters::snapshot::Policies;

use super::{client_key, each, one, terms, token, user};
use crate::table::users::UserRole;

#[tokio::test]
async fn a_switched_policy_reaches_edges_and_so_does_taking_it_back() {
    each(async |database| {
        let (store, _) = database.seeded().await;
        assert_eq!(store.load().await.unwrap().policies, Policies::new());
        for policy in [
            Some(Policy::LeastBusy),
            Some(Policy::RoundRobin),
            Some(Policy::ActiveFirst),
            Some(Policy::LeastLatency),
            Some(Policy::CreditWeighted),
            None,
        ] {
            let since = store.revision().await.unwrap();
            let mut change = store.change().await.unwrap();
            change.set_policy("novelai", policy).await.unwrap();
            change.commit().await.unwrap();
            let expected: Policies = policy
                .map(|policy| ("novelai".into(), policy))
                .into_iter()
                .collect();
            assert_eq!(store.load().await.unwrap().policies, expected);
            assert_eq!(store.policies().await.unwrap(), expected);
            let delta = store.changes_since(since).await.unwrap();
            assert_eq!(delta.policies, Some(expected));
        }
        let since = store.revision().await.unwrap();
        assert_eq!(store.changes_since(since).await.unwrap().policies, None);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn caps_reach_edges_as_they_were_set() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let caps = Caps {
            free_only: true,
            anlas_per_day: Limit::AtMost(0),
            keep_anlas: 500,
            requests_per_day: Limit::AtMost(90),
            hours: Hours::between(22, 6).unwrap(),
        };
        let id = one(&store, &terms(owner), token("pst-a")).await;
        assert_eq!(store.load().await.unwrap().pool_keys[0].caps, Caps::default());
        let mut change = store.change().await.unwrap();
        let mut row = change.pool_key(id).await.unwrap().unwrap();
        row.caps = caps;
        change.save_pool_key(&row).await.unwrap();
        change.commit().await.unwrap();
        assert_eq!(store.load().await.unwrap().pool_keys[0].caps, caps);
        assert_eq!(store.pool_key(id).await.unwrap().unwrap().caps, caps);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_users_weight_is_how_many_healthy_keys_they_brought() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let guest = user(&store, "guest", UserRole::User).await;
        let first = one(&store, &terms(owner), token("pst-a")).await;
        one(&store, &terms(owner), token("pst-b")).await;
        let mut pending = terms(guest);
        pending.state = PoolKeyState::Pending;
        one(&store, &pending, token("pst-c")).await;
        let mut weights: Vec<_> = store
            .load()
            .await
            .unwrap()
            .users
            .iter()
            .map(|user| (user.id, user.weight))
            .collect();
        weights.sort_unstable();
        assert_eq!(weights, [(owner, 2), (guest, 0)]);
        let since = store.revision().await.unwrap();
        let mut change = store.change().await.unwrap();
        change.withdraw_pool_key(first, 9).await.unwrap();
        change.commit().await.unwrap();
        let delta = store.changes_since(since).await.unwrap();
        let weights: Vec<_> = delta.users.iter().map(|user| (user.id, user.weight)).collect();
        assert_eq!(weights, [(owner, 1)]);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_client_keys_daily_anlas_are_kept_and_edited() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let mut row = client_key(&store, owner, "np-a").await;
        assert_eq!(row.key.anlas_per_day, Limit::AtMost(40));
        row.key.anlas_per_day = Limit::Unlimited;
        let mut change = store.change().await.unwrap();
        let saved = change.save_client_key(&row, 6).await.unwrap();
        change.commit().await.unwrap();
        assert_eq!(saved.key.anlas_per_day, Limit::Unlimited);
        assert_eq!(
            store.load().await.unwrap().client_keys[0].anlas_per_day,
            Limit::Unlimited
        );
        store.close().await;
    })
    .await;
}
