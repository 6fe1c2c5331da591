mod nodes;

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::id::{ClientKeyId, OutboundProxyId, PoolKeyId, UserId};
use crate::limit::Limit;
use crate::model::{Caps, ClientKeyState, OutboundProxy, PoolCredential};
use crate::secret::Secret;

fn user(id: i64, enabled: bool) -> User {
    User {
        enabled,
        ..User::new(UserId(id))
    }
}

fn client_key(id: i64, user: i64, state: ClientKeyState) -> ClientKey {
    ClientKey {
        id: ClientKeyId(id),
        user: UserId(user),
        hash: KeyHash::of(&format!("np-{id}")),
        state,
        expires_at: None,
        rate_limit: Limit::AtMost(5),
        concurrency: Limit::Unlimited,
        anlas_per_day: Limit::Unlimited,
        models: None,
        addresses: None,
    }
}

fn pool_key(id: i64, concurrency: Option<u32>) -> PoolKey {
    PoolKey {
        id: PoolKeyId(id),
        upstream: "novelai".into(),
        contributor: UserId(1),
        operator_owned: true,
        concurrency,
        origins: Arc::from([]),
        credential: PoolCredential::bearer(&Secret::new("pst-x")).unwrap(),
        account: None,
        credit: None,
        egress: None,
        caps: Caps::default(),
    }
}

fn draft(revision: i64, users: Vec<User>, client_keys: Vec<ClientKey>, pool_keys: Vec<PoolKey>) -> Draft {
    Draft {
        revision: Revision(revision),
        layout: Arc::default(),
        users,
        client_keys,
        pool_keys,
        ..Draft::default()
    }
}

#[test]
fn all_problems_are_reported_at_once() {
    let orphan = client_key(7, 99, ClientKeyState::Active);
    let twin = ClientKey {
        id: ClientKeyId(8),
        ..client_key(9, 1, ClientKeyState::Active)
    };
    let original = client_key(9, 1, ClientKeyState::Active);
    let problems = Snapshot::build(draft(
        1,
        vec![user(1, true)],
        vec![orphan, original, twin],
        vec![],
    ))
    .unwrap_err();
    assert_eq!(
        problems,
        [
            Problem::KeyOfNobody {
                key: ClientKeyId(7),
                user: UserId(99)
            },
            Problem::HashTwice(ClientKeyId(9), ClientKeyId(8)),
        ]
    );
}

#[test]
fn outbound_proxies_come_and_go_with_a_change_and_none_may_be_missing() {
    let proxy = |id| OutboundProxy {
        id: OutboundProxyId(id),
        name: format!("p{id}").into(),
        url: format!("socks5://192.0.2.{id}:1080").parse().unwrap(),
        login: None,
        enabled: true,
    };
    let egress = |proxies: &[i64], list: &[i64]| Egress {
        proxies: proxies
            .iter()
            .map(|id| (OutboundProxyId(*id), proxy(*id)))
            .collect(),
        upstreams: [(
            "novelai".into(),
            list.iter().copied().map(OutboundProxyId).collect(),
        )]
        .into(),
    };
    let with = |revision, egress| Draft {
        egress,
        ..draft(revision, vec![], vec![], vec![])
    };
    let (a, b) = (with(1, egress(&[1, 2], &[2, 1])), with(2, egress(&[2], &[2])));
    let (a, b) = (Snapshot::build(a).unwrap(), Snapshot::build(b).unwrap());
    let delta = a.delta_to(&b);
    assert!(delta.egress.is_some());
    assert_eq!(a.apply(delta).unwrap(), b);
    assert_eq!(b.delta_to(&b).egress, None);
    assert_eq!(b.egress().list("novelai", None), [OutboundProxyId(2)]);
    let own = PoolKey {
        egress: Some(Arc::from([])),
        ..pool_key(1, None)
    };
    assert!(b.egress().list("novelai", Some(&own)).is_empty());
    let missing = Delta {
        from: Revision(2),
        to: Revision(3),
        egress: Some(egress(&[2], &[2, 1])),
        ..Delta::default()
    };
    let problem = Problem::NoProxy {
        upstream: "novelai".to_owned(),
        proxy: OutboundProxyId(1),
    };
    assert_eq!(b.apply(missing), Err(vec![problem]));
}

#[test]
fn a_change_that_does_not_follow_is_refused() {
    let snapshot = Snapshot::build(draft(3, vec![], vec![], vec![])).unwrap();
    let delta = Delta {
        from: Revision(4),
        to: Revision(5),
        ..Delta::default()
    };
    assert_eq!(
        snapshot.apply(delta),
        Err(vec![Problem::Gap {
            from: Revision(4),
            at: Revision(3)
        }])
    );
}

#[test]
fn the_old_snapshot_does_not_see_the_change() {
    let key = client_key(1, 1, ClientKeyState::Active);
    let before = Snapshot::build(draft(1, vec![user(1, true)], vec![key.clone()], vec![])).unwrap();
    let revoked = ClientKey {
        state: ClientKeyState::Revoked,
        ..key.clone()
    };
    let delta = Delta {
        from: Revision(1),
        to: Revision(2),
        client_keys: vec![revoked],
        ..Delta::default()
    };
    let after = before.apply(delta).unwrap();
    assert_eq!(
        before.client_key(&key.hash).map(|k| k.state),
        Some(ClientKeyState::Active)
    );
    assert_eq!(
        after.client_key(&key.hash).map(|k| k.state),
        Some(ClientKeyState::Revoked)
    );
    assert_eq!(
        after.counts(),
        Counts {
            users: 1,
            client_keys: 1,
            pool_keys: 0
        }
    );
}

fn states() -> impl Strategy<Value = ClientKeyState> {
    prop_oneof![
        Just(ClientKeyState::Active),
        Just(ClientKeyState::Disabled),
        Just(ClientKeyState::Revoked)
    ]
}

/// Two databases of which the second is what the first became: users and client keys are only added
/// or changed, pool keys also taken away.
fn two_revisions() -> impl Strategy<Value = (Draft, Draft)> {
    let people = prop::collection::vec((any::<bool>(), any::<bool>()), 1..40);
    let keys = prop::collection::vec((states(), states(), any::<bool>()), 0..200);
    let pool = prop::collection::vec((prop::option::of(1_u32..4), prop::option::of(1_u32..4)), 0..200);
    let presence = prop::collection::vec((any::<bool>(), any::<bool>()), 200);
    (people, keys, pool, presence).prop_map(|(people, keys, pool, presence)| {
        let users = |now: bool| {
            people
                .iter()
                .zip(1..)
                .map(|((a, b), id)| user(id, if now { *b } else { *a }))
                .collect()
        };
        let client_keys = |now: bool| {
            let here = keys.iter().zip(1..).filter(|((_, _, new), _)| now || !new);
            here.map(|((a, b, _), id)| client_key(id, 1, if now { *b } else { *a }))
                .collect()
        };
        let pool_keys = |now: bool| {
            let all = pool.iter().zip(&presence).zip(1..);
            let here = all.filter(|((_, (a, b)), _)| if now { *b } else { *a });
            here.map(|(((a, b), _), id)| pool_key(id, if now { *b } else { *a }))
                .collect()
        };
        (
            draft(1, users(false), client_keys(false), pool_keys(false)),
            draft(2, users(true), client_keys(true), pool_keys(true)),
        )
    })
}

proptest! {
    #[test]
    fn applying_the_difference_is_the_same_as_building_anew((a, b) in two_revisions()) {
        let (a, b) = (Snapshot::build(a).unwrap(), Snapshot::build(b).unwrap());
        let applied = a.apply(a.delta_to(&b)).unwrap();
        prop_assert_eq!(&applied, &b);
        prop_assert_eq!(applied.counts(), b.counts());
        let nothing = b.delta_to(&applied);
        prop_assert!(nothing.client_keys.is_empty() && nothing.users.is_empty());
        prop_assert!(nothing.pool_keys.is_empty() && nothing.layout.is_none());
    }
}

#[test]
fn a_contributed_key_and_an_open_upstream_are_refused_together() {
    let open = Upstream {
        opened: crate::model::Opened::All,
        ..crate::pool::tests::upstream(Policy::RoundRobin, vec![])
    };
    let mut contributed = pool_key(1, None);
    contributed.upstream = Arc::clone(&open.name);
    contributed.operator_owned = false;
    let users = vec![user(1, true)];
    let layout = Arc::new(Layout {
        upstreams: vec![open],
        ..Layout::default()
    });
    let refused = |problems: Vec<Problem>| {
        problems.iter().any(|one| {
            matches!(
                one,
                Problem::ContributedKey {
                    key: PoolKeyId(1),
                    ..
                }
            )
        })
    };
    let mut whole = draft(1, users.clone(), vec![], vec![contributed.clone()]);
    whole.layout = Arc::clone(&layout);
    assert!(refused(Snapshot::build(whole).unwrap_err()));
    let closed = Snapshot::build(draft(1, users, vec![], vec![contributed])).unwrap();
    let opened = Delta {
        from: Revision(1),
        to: Revision(2),
        layout: Some(layout),
        ..Delta::default()
    };
    assert!(refused(closed.apply(opened).unwrap_err()));
}

fn rotated(id: i64, times: usize) -> (ClientKey, Vec<FormerText>) {
    let text = |time: usize| KeyHash::of(&format!("np-{id}-{time}"));
    let key = ClientKey {
        hash: text(times),
        ..client_key(id, 1, ClientKeyState::Active)
    };
    let former = (0..times).map(|time| FormerText {
        hash: text(time),
        now: text(times),
        until: 100 + time as i64,
    });
    (key, former.collect())
}

proptest! {
    #[test]
    fn rotations_and_limits_applied_are_the_same_as_built_anew(
        keys in prop::collection::vec((0_usize..3, 0_usize..3), 1..40), base in 0_u32..3,
    ) {
        let build = |revision, base, now: bool| {
            let (mut client_keys, mut former_texts) = (vec![], vec![]);
            for ((before, more), id) in keys.iter().zip(1..) {
                let (key, former) = rotated(id, if now { before + more } else { *before });
                client_keys.push(key);
                former_texts.extend(former);
            }
            let limits = LimitPolicy { base, ..LimitPolicy::default() };
            let draft = draft(revision, vec![user(1, true)], client_keys, vec![]);
            Snapshot::build(Draft { former_texts, limits, ..draft }).unwrap()
        };
        let (a, b) = (build(1, 0, false), build(2, base, true));
        let delta = a.delta_to(&b);
        prop_assert_eq!(delta.limits.is_some(), base != 0);
        let applied = a.apply(delta).unwrap();
        prop_assert_eq!(&applied, &b);
        prop_assert_eq!(applied.counts().client_keys, keys.len());
    }
}
