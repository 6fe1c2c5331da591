//! Limits that come of contributions.

use proptest::prelude::*;

use super::*;
use crate::id::{PoolKeyId, UserId};
use crate::model::{Caps, Hours, PoolKeyState, User, Zone};

const DAY: i64 = 20_000 * 86_400_000;

fn brought(id: i64, tier: Tier, state: PoolKeyState) -> BroughtKey {
    BroughtKey {
        key: PoolKeyId(id),
        tier,
        state,
        has_token: true,
        caps: Caps::default(),
    }
}

/// As the store makes it: of healthy keys alone.
fn user(keys: &[BroughtKey]) -> User {
    let healthy = keys
        .iter()
        .filter(|key| key.state == PoolKeyState::Healthy && key.has_token);
    User {
        limit: Some(LimitRule::Auto),
        contribution: Contribution::of(healthy.map(|key| (key.tier, key.caps, 1))),
        ..User::new(UserId(1))
    }
}

fn policy() -> LimitPolicy {
    LimitPolicy {
        rule: LimitRule::Auto,
        max: 40,
        ..LimitPolicy::default()
    }
}

fn of(policy: LimitPolicy, user: &User) -> Result<Limit, Barred> {
    Limits::from(policy).of(user, || DAY)
}

#[test]
fn the_sum_of_what_is_healthy_counts_up_to_the_most() {
    let keys = [
        brought(1, Tier::Opus, PoolKeyState::Healthy),
        brought(2, Tier::Tablet, PoolKeyState::Healthy),
        brought(3, Tier::Opus, PoolKeyState::Pending),
    ];
    let user = user(&keys);
    assert_eq!(of(policy(), &user), Ok(Limit::AtMost(5 + 14 + 7)));
    let receipt = Receipt::of(&policy().into(), &user, &keys, DAY);
    let amounts: Vec<_> = receipt.lines.iter().map(Line::adds).collect();
    assert_eq!((amounts, receipt.automatic), (vec![5, 14, 7, 0], 26));
    let least = LimitPolicy { max: 20, ..policy() };
    let receipt = Receipt::of(&least.into(), &user, &keys, DAY);
    assert_eq!(receipt.lines.last(), Some(&Line::OverMax(6)));
    assert_eq!(receipt.total, Ok(Limit::AtMost(20)));
}

#[test]
fn who_brings_nothing_gets_the_base_or_is_told_so() {
    let nobody = user(&[]);
    assert_eq!(of(policy(), &nobody), Ok(Limit::AtMost(5)));
    let strict = LimitPolicy {
        base_for_contributors_only: true,
        ..policy()
    };
    assert_eq!(of(strict, &nobody), Err(Barred::NoContribution));
    let gated = LimitPolicy {
        require_contribution: true,
        ..policy()
    };
    assert_eq!(of(gated, &nobody), Err(Barred::ContributionRequired));
    let operator = User {
        operator: true,
        ..nobody.clone()
    };
    assert_eq!(of(gated, &operator), Ok(Limit::AtMost(5)));
    let by_hand = User {
        limit: Some(LimitRule::Manual(Limit::AtMost(9))),
        ..nobody.clone()
    };
    assert_eq!(of(gated, &by_hand), Err(Barred::ContributionRequired));
    assert_eq!(of(strict, &by_hand), Ok(Limit::AtMost(9)));
    let as_all = User {
        limit: None,
        ..nobody
    };
    assert_eq!(of(policy(), &as_all), Ok(Limit::AtMost(5)));
    assert_eq!(of(LimitPolicy::default(), &as_all), Ok(Limit::Unlimited));
}

#[test]
fn a_key_counts_in_its_hours_and_never_where_nobody_may_use_it() {
    let hours = Hours::between(22, 6).unwrap();
    let night = BroughtKey {
        caps: Caps {
            hours: hours.in_zone("Asia/Ho_Chi_Minh".parse::<Zone>().unwrap()),
            ..Caps::default()
        },
        ..brought(1, Tier::Opus, PoolKeyState::Healthy)
    };
    let never = BroughtKey {
        caps: Caps {
            requests_per_day: Limit::AtMost(0),
            ..Caps::default()
        },
        ..brought(2, Tier::Opus, PoolKeyState::Healthy)
    };
    let user = user(&[night, never]);
    let limits = Limits::from(policy());
    let at = |hour: i64| limits.of(&user, || DAY + hour * 3_600_000);
    assert_eq!((at(14), at(15)), (Ok(Limit::AtMost(5)), Ok(Limit::AtMost(19))));
    assert_eq!(never.counts_at(DAY), Err(NotCounted::NeverServes));
    assert_eq!(night.counts_at(DAY), Err(NotCounted::OutsideHours));
}

#[test]
fn harm_is_sorted_by_what_is_lost() {
    let most = |n| Ok(Limit::AtMost(n));
    let mut changes = [
        (most(5), most(9)),
        (most(30), most(12)),
        (Ok(Limit::Unlimited), most(12)),
        (most(3), Err(Barred::NoContribution)),
        (most(3), most(3)),
    ];
    changes.sort_by_key(|change| by_harm(*change));
    let effects: Vec<_> = changes.iter().map(|change| Effect::of(*change)).collect();
    assert_eq!(
        effects,
        [
            Effect::Refused,
            Effect::Down,
            Effect::Down,
            Effect::Up,
            Effect::None
        ]
    );
    assert_eq!(changes[1].0, Ok(Limit::Unlimited));
}

fn states() -> impl Strategy<Value = PoolKeyState> {
    prop_oneof![
        4 => Just(PoolKeyState::Healthy),
        1 => Just(PoolKeyState::Pending),
        1 => Just(PoolKeyState::Invalid),
        1 => Just(PoolKeyState::Paused),
        1 => Just(PoolKeyState::Withdrawn),
    ]
}

fn caps() -> impl Strategy<Value = Caps> {
    let zones = prop::sample::select(vec!["UTC", "Asia/Ho_Chi_Minh", "Europe/Berlin", "Asia/Kathmandu"]);
    let hours = (0_u8..24, 1_u8..=24, zones)
        .prop_map(|(from, to, zone)| Hours::between(from, to).unwrap().in_zone(zone.parse().unwrap()));
    (prop_oneof![Just(Hours::default()), hours], 0_u32..3).prop_map(|(hours, most)| Caps {
        hours,
        requests_per_day: if most == 2 {
            Limit::Unlimited
        } else {
            Limit::AtMost(most)
        },
        ..Caps::default()
    })
}

fn keys() -> impl Strategy<Value = Vec<BroughtKey>> {
    let key = (
        prop::sample::select(Tier::ALL.to_vec()),
        states(),
        any::<bool>(),
        caps(),
    );
    let key = key.prop_map(|(tier, state, has_token, caps)| BroughtKey {
        has_token,
        caps,
        ..brought(1, tier, state)
    });
    prop::collection::vec(key, 0..12)
}

fn policies() -> impl Strategy<Value = LimitPolicy> {
    let switches = (any::<bool>(), any::<bool>(), any::<bool>());
    let numbers = (
        0_u32..20,
        0_u32..50,
        0_u32..200,
        prop::array::uniform5(0_u32..2500),
    );
    (switches, numbers).prop_map(|((automatic, gated, strict), (base, per_key, max, weights))| {
        let [opus, scroll, tablet, paper, other] = weights;
        LimitPolicy {
            rule: if automatic {
                LimitRule::Auto
            } else {
                LimitRule::Manual(Limit::AtMost(base))
            },
            base,
            per_key,
            max,
            base_for_contributors_only: strict,
            require_contribution: gated,
            weights: ByTier {
                opus,
                scroll,
                tablet,
                paper,
                other,
            },
            ..LimitPolicy::default()
        }
    })
}

proptest! {
    #[test]
    fn the_receipt_says_what_counts_and_its_lines_add_up(
        policy in policies(), keys in keys(), common in any::<bool>(), hour in 0_i64..10_000,
    ) {
        let now = DAY + hour * 1_800_000;
        let limits = Limits::from(policy);
        let mut user = user(&keys);
        user.limit = user.limit.filter(|_| !common);
        let receipt = Receipt::of(&limits, &user, &keys, now);
        prop_assert_eq!(receipt.total, limits.of(&user, || now));
        prop_assert_eq!(receipt.lines.iter().map(Line::adds).sum::<i64>(), i64::from(receipt.automatic));
        prop_assert!(receipt.automatic <= policy.max);
        if let (LimitRule::Auto, Ok(total)) = (receipt.rule, receipt.total) {
            prop_assert_eq!(total, Limit::AtMost(receipt.automatic));
        }
    }

    #[test]
    fn a_contribution_is_the_same_in_whatever_order_keys_come(keys in keys()) {
        let of = |keys: &[BroughtKey]| Contribution::of(keys.iter().map(|key| (key.tier, key.caps, 1)));
        let mut turned = keys.clone();
        turned.reverse();
        prop_assert_eq!(of(&keys), of(&turned));
    }
}
