//! Probes: which are due, and what they find out.

use potluck_filters::id::Revision;
use potluck_filters::model::{Account, Credit, PoolKeyState};
use potluck_filters::spending::{Spending, Whose};

use super::{OPUS, add, each, one, probed, terms, token, well};
use crate::store::Store;
use crate::table::pool_keys::{Added, Credential, Probed, SavedProbe, Told};

const NOVELAI: &[&str] = &["novelai"];

async fn due(store: &Store, now_ms: i64) -> Vec<i64> {
    let targets = store.due_probes(NOVELAI, now_ms, 10).await.unwrap();
    targets.iter().map(|target| target.id.0).collect()
}

#[tokio::test]
async fn a_new_key_is_due_at_once_and_the_longest_waiting_come_first() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        assert_eq!(store.next_probe_at(NOVELAI).await.unwrap(), None);
        let mut pending = terms(owner);
        pending.state = PoolKeyState::Pending;
        let first = one(&store, &pending, token("pst-a")).await;
        let second = one(&store, &pending, token("pst-b")).await;
        let mut elsewhere = pending.clone();
        elsewhere.upstream = "vercel".to_owned();
        let third = one(&store, &elsewhere, token("vck-a")).await;

        assert_eq!(store.next_probe_at(NOVELAI).await.unwrap(), Some(7));
        assert!(due(&store, 6).await.is_empty());
        assert_eq!(due(&store, 7).await, [first.0, second.0]);
        let both = store.due_probes(&["novelai", "vercel"], 7, 10).await.unwrap();
        assert_eq!(both[2].id, third);
        assert_eq!(
            (both[2].upstream.as_str(), both[2].state),
            ("vercel", PoolKeyState::Pending)
        );
        assert!(matches!(&both[2].credential, Credential::Token(token) if token.expose() == "vck-a"));
        assert!(store.due_probes(&[], 7, 10).await.unwrap().is_empty());
        assert_eq!(store.due_probes(NOVELAI, 7, 1).await.unwrap().len(), 1);

        store.defer_probe(first, 50, 2).await.unwrap();
        assert_eq!(due(&store, 50).await, [second.0, first.0]);
        let target = store.probe_target(first).await.unwrap().unwrap();
        assert_eq!((target.probe_streak, target.next_probe_at), (2, Some(50)));
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn invalid_keys_are_due_again_and_paused_ones_are_not() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let id = one(&store, &terms(owner), token("pst-a")).await;
        let refused = Probed {
            state: PoolKeyState::Invalid,
            reason: Some("unauthorized"),
            probe_streak: 1,
            ..well(None)
        };
        assert_eq!(probed(&store, id, &refused).await, SavedProbe::Saved);
        let row = store.pool_key(id).await.unwrap().unwrap();
        assert_eq!(
            (row.state, row.state_reason.as_deref()),
            (PoolKeyState::Invalid, Some("unauthorized"))
        );
        assert!(store.load().await.unwrap().pool_keys.is_empty());
        assert_eq!(due(&store, 100).await, [id.0]);

        let mut change = store.change().await.unwrap();
        let mut row = change.pool_key(id).await.unwrap().unwrap();
        row.state = PoolKeyState::Paused;
        change.save_pool_key(&row).await.unwrap();
        change.commit().await.unwrap();
        assert!(due(&store, 100).await.is_empty());
        assert_eq!(store.next_probe_at(NOVELAI).await.unwrap(), None);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_probe_that_ends_after_a_pause_changes_nothing() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let id = one(&store, &terms(owner), token("pst-a")).await;
        let mut change = store.change().await.unwrap();
        let mut row = change.pool_key(id).await.unwrap().unwrap();
        row.state = PoolKeyState::Paused;
        let paused = change.save_pool_key(&row).await.unwrap();
        change.commit().await.unwrap();
        assert!(!store.save_quiet_probe(id, &well(Some(OPUS))).await.unwrap());
        assert_eq!(probed(&store, id, &well(Some(OPUS))).await, SavedProbe::Gone);
        store.defer_probe(id, 1, 1).await.unwrap();
        assert_eq!(store.pool_key(id).await.unwrap(), Some(paused));
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn an_edge_hears_of_a_state_and_of_figures_and_not_of_a_quiet_round() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let id = one(&store, &terms(owner), token("pst-a")).await;
        assert_eq!(probed(&store, id, &well(Some(OPUS))).await, SavedProbe::Saved);
        assert_eq!(store.load().await.unwrap().pool_keys[0].account, Some(OPUS));
        let since = store.revision().await.unwrap();

        let quiet = Account {
            checked_at: 2_000,
            battery: Some(79),
            ..OPUS
        };
        assert!(store.save_quiet_probe(id, &well(Some(quiet))).await.unwrap());
        assert!(store.save_quiet_probe(id, &well(None)).await.unwrap());
        assert_eq!(store.revision().await.unwrap(), since);
        assert_eq!(probed(&store, id, &well(Some(quiet))).await, SavedProbe::Saved);
        assert!(store.changes_since(since).await.unwrap().pool_keys.is_empty());
        assert_eq!(store.pool_key(id).await.unwrap().unwrap().account, Some(quiet));

        for loud in [
            Account {
                anlas: 9_980,
                ..quiet
            },
            Account { tier: 2, ..quiet },
            Account {
                battery_negative: true,
                ..quiet
            },
            Account {
                active: false,
                ..quiet
            },
        ] {
            assert!(
                !store.save_quiet_probe(id, &well(Some(loud))).await.unwrap(),
                "{loud:?}"
            );
            let since = store.revision().await.unwrap();
            assert_eq!(probed(&store, id, &well(Some(loud))).await, SavedProbe::Saved);
            assert_eq!(
                store.changes_since(since).await.unwrap().pool_keys.len(),
                1,
                "{loud:?}"
            );
        }
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_measured_balance_is_news_after_anlas_were_spent() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let id = one(&store, &terms(owner), token("pst-a")).await;
        probed(&store, id, &well(Some(OPUS))).await;
        let booked = Spending {
            whose: Whose::PoolKey(id),
            day: 0,
            requests: 1,
            anlas: 20,
        };
        store.book(&[booked]).await.unwrap();
        assert!(!store.save_quiet_probe(id, &well(Some(OPUS))).await.unwrap());
        let since = store.revision().await.unwrap();
        probed(&store, id, &well(Some(OPUS))).await;
        assert_eq!(store.changes_since(since).await.unwrap().pool_keys.len(), 1);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_thousand_quiet_probes_make_no_revision() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let texts: Vec<String> = (0..1_000).map(|n| format!("pst-{n}")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let added = add(&store, &terms(owner), &texts).await;
        let before = store.revision().await.unwrap();
        for added in added {
            let Added::Added(id) = added else {
                panic!("{added:?}")
            };
            assert!(store.save_quiet_probe(id, &well(None)).await.unwrap());
        }
        assert_eq!(store.revision().await.unwrap(), before);
        assert_eq!(store.next_probe_at(NOVELAI).await.unwrap(), Some(100));
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn two_keys_of_one_account_are_found_out() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let first = one(&store, &terms(owner), token("pst-a")).await;
        let second = one(&store, &terms(owner), super::login("a@example.org", "p")).await;
        let of_account = Probed {
            account_id: Some("account-1".to_owned()),
            ..well(None)
        };
        assert!(!store.save_quiet_probe(first, &of_account).await.unwrap());
        assert_eq!(probed(&store, first, &of_account).await, SavedProbe::Saved);
        assert!(store.save_quiet_probe(first, &of_account).await.unwrap());
        assert_eq!(
            probed(&store, second, &of_account).await,
            SavedProbe::SameAccountAs(first)
        );
        let other = Probed {
            account_id: Some("account-2".to_owned()),
            ..well(None)
        };
        assert_eq!(probed(&store, second, &other).await, SavedProbe::Saved);

        let mut change = store.change().await.unwrap();
        change.withdraw_pool_key(first, 9).await.unwrap();
        change.commit().await.unwrap();
        assert_eq!(probed(&store, second, &of_account).await, SavedProbe::Saved);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn keys_are_moved_and_scheduled_and_an_edge_hears_only_of_moves() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let id = one(&store, &terms(owner), token("pst-a")).await;
        let since = store.revision().await.unwrap();
        let mut change = store.change().await.unwrap();
        change.schedule_probe(id, 77).await.unwrap();
        let healthy = PoolKeyState::Healthy;
        assert_eq!(
            change
                .move_pool_keys("novelai", healthy, healthy, 78)
                .await
                .unwrap(),
            1
        );
        assert_eq!(
            change
                .move_pool_keys("vercel", healthy, healthy, 78)
                .await
                .unwrap(),
            0
        );
        change.commit().await.unwrap();
        assert!(store.changes_since(since).await.unwrap().pool_keys.is_empty());
        assert_eq!(store.next_probe_at(NOVELAI).await.unwrap(), Some(78));
        let mut change = store.change().await.unwrap();
        let moved = change.move_pool_keys("novelai", healthy, PoolKeyState::Pending, 79);
        assert_eq!(moved.await.unwrap(), 1);
        let Revision(made) = change.commit().await.unwrap();
        let row = store.pool_key(id).await.unwrap().unwrap();
        assert_eq!((row.state, row.revision.0), (PoolKeyState::Pending, made));
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_left_is_kept_with_its_time_and_pushed_where_it_moved() {
    each(async |database| {
        let (store, owner) = database.seeded().await;
        let id = one(&store, &terms(owner), token("vck-a")).await;
        let told = |balance, asked_at| Probed {
            credit: Told::Left(Credit {
                balance,
                used: Some(7),
                asked_at,
            }),
            ..well(None)
        };
        assert_eq!(probed(&store, id, &told(1_000, 5)).await, SavedProbe::Saved);
        let served = store.load().await.unwrap().pool_keys[0].credit.unwrap();
        assert_eq!(
            (served.balance, served.used, served.asked_at),
            (1_000, Some(7), 5)
        );

        assert!(
            store.save_quiet_probe(id, &told(1_009, 6)).await.unwrap(),
            "near enough"
        );
        let row = store.pool_key(id).await.unwrap().unwrap();
        assert_eq!((row.credit.unwrap().balance, row.credit_at), (1_000, Some(6)));
        assert!(!store.save_quiet_probe(id, &told(1_020, 7)).await.unwrap());

        let spending = Spending {
            whose: Whose::PoolKey(id),
            day: 0,
            requests: 1,
            anlas: 0,
        };
        store.book(&[spending]).await.unwrap();
        assert!(
            !store.save_quiet_probe(id, &told(1_000, 8)).await.unwrap(),
            "it has served"
        );

        let nobody = Probed {
            credit: Told::Nobody(9),
            ..well(None)
        };
        assert!(!store.save_quiet_probe(id, &nobody).await.unwrap());
        assert_eq!(probed(&store, id, &nobody).await, SavedProbe::Saved);
        let row = store.pool_key(id).await.unwrap().unwrap();
        assert_eq!((row.credit, row.credit_at), (None, Some(9)));
        assert!(store.save_quiet_probe(id, &nobody).await.unwrap());
        assert_eq!(store.load().await.unwrap().pool_keys[0].credit, None);
        store.close().await;
    })
    .await;
}
