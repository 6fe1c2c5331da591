//! Why each key stands by.

use super::*;
use crate::model::Account;

fn named(pool: &mut Pool, want: &Want<'_>) -> Vec<(i64, PassedOver, Option<u64>)> {
    let census = pool.census(want, at(100));
    let mut named: Vec<_> = census
        .named
        .into_iter()
        .map(|one| (one.pool_key.0, one.why, one.back_in_ms))
        .collect();
    named.sort_by_key(|one| one.0);
    named
}

#[test]
fn each_key_has_its_own_reason() {
    let mut pool = pool(Policy::RoundRobin);
    (1..=4).for_each(|id| pool.put(key(id, 1), at(0)));
    let elsewhere = PoolKey {
        origins: Arc::from(["b.example:443".into()]),
        ..PoolKey::clone(&key(5, 1))
    };
    pool.put(Arc::new(elsewhere), at(0));
    let leased = pool.acquire(&ANY, at(0), FAIR).unwrap();
    let failed = pool.acquire(&ANY, at(0), FAIR).unwrap();
    let verdict = busy();
    let wait = Duration::from_secs(7);
    pool.release(failed, &ended(&verdict, Some(wait)), at(100), FAIR);
    let want = Want {
        tried_keys: &[PoolKeyId(3)],
        ..ANY
    };
    let told = named(&mut pool, &want);
    let rest = told.get(1).unwrap().2.unwrap();
    assert!((7_000..9_000).contains(&rest), "{rest}");
    assert_eq!(
        told,
        [
            (1, PassedOver::Leased, None),
            (2, PassedOver::Cooling, Some(rest)),
            (3, PassedOver::Tried, None),
            (4, PassedOver::Ready, None),
            (5, PassedOver::Unsuited, None),
        ]
    );
    let census = pool.census(&want, at(100));
    assert_eq!((census.keys, census.ready, census.unsuited), (5, 2 + 1, 1));
    pool.give_back(leased, at(100));
}

#[test]
fn a_key_that_cannot_pay_says_so() {
    let mut pool = pool(Policy::RoundRobin);
    let poor = PoolKey {
        account: Some(Account {
            tier: 3,
            active: true,
            anlas: 3,
            battery: None,
            battery_negative: false,
            expires_at: None,
            checked_at: 0,
        }),
        ..PoolKey::clone(&key(1, 1))
    };
    pool.put(Arc::new(poor), at(0));
    let want = Want {
        price: Price {
            full: 20,
            on_opus: 20,
            v5: false,
        },
        ..ANY
    };
    assert_eq!(named(&mut pool, &want), [(1, PassedOver::Unaffordable, None)]);
}

#[test]
fn of_many_keys_only_a_few_are_named() {
    let mut pool = pool(Policy::RoundRobin);
    (1..=1_000).for_each(|id| pool.put(key(id, 1), at(0)));
    let census = pool.census(&ANY, at(0));
    assert_eq!(
        (census.keys, census.ready, census.named.len()),
        (1_000, 1_000, 16)
    );
}
