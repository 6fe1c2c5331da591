//! What was spent on a day.

use potluck_filters::id::{ClientKeyId, PoolKeyId};
use potluck_filters::spending::{Spending, Whose};

use super::each;
use crate::table::spent_days::Spent;

fn spending(whose: Whose, day: i64, requests: u64, anlas: u64) -> Spending {
    Spending {
        whose,
        day,
        requests,
        anlas,
    }
}

#[tokio::test]
async fn bookings_add_up_by_key_and_day() {
    each(async |database| {
        let store = database.open().await;
        let (pool, client) = (Whose::PoolKey(PoolKeyId(1)), Whose::ClientKey(ClientKeyId(1)));
        store.book(&[]).await.unwrap();
        let first = [
            spending(pool, 20_000, 1, 20),
            spending(pool, 20_000, 1, 0),
            spending(client, 20_000, 1, 20),
        ];
        store.book(&first).await.unwrap();
        store
            .book(&[spending(pool, 20_000, 3, 5), spending(pool, 20_001, 1, 1)])
            .await
            .unwrap();
        let mut spent = store.spent_on(20_000).await.unwrap();
        spent.sort_by_key(|one| one.whose);
        assert_eq!(
            spent,
            [spending(pool, 20_000, 5, 25), spending(client, 20_000, 1, 20)]
        );
        assert_eq!(
            store.spent_on(20_001).await.unwrap(),
            [spending(pool, 20_001, 1, 1)]
        );
        assert!(store.spent_on(19_999).await.unwrap().is_empty());
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn bookings_outlive_the_process() {
    each(async |database| {
        let store = database.open().await;
        let booked = spending(Whose::PoolKey(PoolKeyId(7)), 20_000, 2, 40);
        store.book(&[booked]).await.unwrap();
        store.close().await;
        let again = database.open().await;
        assert_eq!(again.spent_on(20_000).await.unwrap(), [booked]);
        again.close().await;
    })
    .await;
}

#[tokio::test]
async fn thousands_of_keys_are_booked_at_once() {
    each(async |database| {
        let store = database.open().await;
        let all: Vec<_> = (0..2_300)
            .map(|id| spending(Whose::ClientKey(ClientKeyId(id)), 5, 1, 2))
            .collect();
        store.book(&all).await.unwrap();
        store.book(&all).await.unwrap();
        let spent = store.spent_on(5).await.unwrap();
        assert_eq!(spent.len(), 2_300);
        assert!(spent.iter().all(|one| (one.requests, one.anlas) == (2, 4)));
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_page_of_keys_is_asked_for_at_once() {
    each(async |database| {
        let store = database.open().await;
        let pool = |id| Whose::PoolKey(PoolKeyId(id));
        let all = [
            spending(pool(1), 5, 1, 1),
            spending(pool(2), 5, 2, 2),
            spending(pool(3), 5, 3, 3),
            spending(pool(2), 4, 9, 9),
            spending(Whose::ClientKey(ClientKeyId(2)), 5, 8, 8),
        ];
        store.book(&all).await.unwrap();
        let spent = store
            .spent_by_pool_keys(5, PoolKeyId(2), PoolKeyId(3))
            .await
            .unwrap();
        let expected = |n| Spent {
            requests: n,
            anlas: n,
        };
        assert_eq!(spent.len(), 2);
        assert_eq!(
            (spent[&PoolKeyId(2)], spent[&PoolKeyId(3)]),
            (expected(2), expected(3))
        );
        let spent = store
            .spent_by_client_keys(5, ClientKeyId(0), ClientKeyId(9))
            .await
            .unwrap();
        assert_eq!(spent[&ClientKeyId(2)], expected(8));
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_older_than_a_year_is_forgotten_with_the_next_booking() {
    each(async |database| {
        let store = database.open().await;
        let booked = |day| spending(Whose::PoolKey(PoolKeyId(1)), day, 1, 1);
        store.book(&[booked(100)]).await.unwrap();
        store.book(&[booked(465), booked(466)]).await.unwrap();
        assert_eq!(store.spent_on(100).await.unwrap(), [booked(100)]);
        store.book(&[booked(500)]).await.unwrap();
        assert!(store.spent_on(100).await.unwrap().is_empty());
        assert_eq!(store.spent_on(465).await.unwrap(), [booked(465)]);
        store.close().await;
    })
    .await;
}
