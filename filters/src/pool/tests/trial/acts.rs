//! What is done to a pool, at random.

use super::*;

fn price(full: u32, on_opus: u32, v5: bool) -> Price {
    Price { full, on_opus, v5 }
}

/// How an attempt ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum How {
    Well,
    Malformed,
    Busy,
    Dry,
    Refused,
    NotThisModel,
    Broke,
    Elsewhere,
    NeverSent,
}

impl How {
    const ALL: [Self; 9] = [
        Self::Well,
        Self::Malformed,
        Self::Busy,
        Self::Dry,
        Self::Refused,
        Self::NotThisModel,
        Self::Broke,
        Self::Elsewhere,
        Self::NeverSent,
    ];

    pub(super) fn verdict(self) -> Verdict {
        let refused = |outcome, scope| Verdict::refused(outcome, scope, CoolDown::RateLimited, "trial");
        match self {
            Self::Well | Self::NeverSent => Verdict::ok("trial"),
            Self::Malformed => Verdict::client("trial"),
            Self::Busy => refused(Outcome::Busy, Scope::Key),
            Self::Dry => refused(Outcome::Quota, Scope::Key),
            Self::Refused => refused(Outcome::Key, Scope::Key),
            Self::NotThisModel => refused(Outcome::Quota, Scope::KeyModel),
            Self::Broke => Verdict::node(CoolDown::ServerError, Retry::Never, "trial"),
            Self::Elsewhere => Verdict::node(CoolDown::ServerError, Retry::ElsewhereOnce, "trial"),
        }
    }
}

/// What a request needs, by number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Need {
    pub(super) operators: bool,
    pub(super) tried: Option<i64>,
    pub(super) price: Price,
    pub(super) most: u32,
    pub(super) model: Option<&'static str>,
}

#[derive(Clone, Debug)]
pub(super) enum Act {
    Put(PoolKey),
    Gone(i64),
    Acquire(Need),
    Release(prop::sample::Index, How, u64),
    Wait(u64),
    Choose(Policy),
    Recheck(i64),
    Restore(i64, u64, u64),
    Book,
    Nodes(Vec<(&'static str, bool)>),
    Check(&'static str, bool),
}

fn a_key() -> impl Strategy<Value = PoolKey> {
    let accounts = prop::option::of((
        prop::sample::select(vec![1_u8, 3]),
        0_u32..90,
        any::<bool>(),
        0_i64..3,
    ));
    let account = accounts.prop_map(|account| {
        let (tier, anlas, battery_negative, checked_at) = account?;
        let (battery, expires_at) = (None, None);
        Some(Account {
            tier,
            active: true,
            anlas,
            battery,
            battery_negative,
            expires_at,
            checked_at,
        })
    });
    let limit = |most: u32| prop_oneof![3 => Just(Limit::Unlimited), 1 => (1..most).prop_map(Limit::AtMost)];
    let hours = prop_oneof![3 => Just(Hours::default()), 1 => (0_u8..24, 0_u8..24).prop_map(|(a, b)| Hours::between(a, b).unwrap())];
    let keep = prop_oneof![2 => Just(0), 1 => 1_u32..50];
    let caps = (prop::bool::weighted(0.2), limit(80), keep, limit(5), hours).prop_map(
        |(free_only, anlas_per_day, keep_anlas, requests_per_day, hours)| Caps {
            free_only,
            anlas_per_day,
            keep_anlas,
            requests_per_day,
            hours,
        },
    );
    let origins = vec![vec!["a"], vec!["a", "b"], vec!["c", "a", "b"], vec!["elsewhere"]];
    let origins = prop::sample::select(origins);
    (IDS, 1_u32..4, account, caps, 0_u8..2, origins).prop_map(
        |(id, most, account, caps, version, origins)| PoolKey {
            origins: origins
                .into_iter()
                .map(|node| format!("{node}.example:443").into())
                .collect(),
            account,
            caps,
            credential: PoolCredential::bearer(&Secret::new(format!("pst-{version}"))).unwrap(),
            ..PoolKey::clone(&key(id, most))
        },
    )
}

fn need() -> impl Strategy<Value = Need> {
    let prices = vec![
        Price::FREE,
        price(20, 0, false),
        price(20, 0, true),
        price(30, 15, false),
    ];
    let (most, model) = (vec![u32::MAX, u32::MAX, 0, 17], vec![None, Some("m"), Some("n")]);
    let select = (
        prop::sample::select(prices),
        prop::sample::select(most),
        prop::sample::select(model),
    );
    (any::<bool>(), prop::option::of(IDS), select).prop_map(|(operators, tried, (price, most, model))| Need {
        operators,
        tried,
        price,
        most,
        model,
    })
}

pub(super) fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        4 => a_key().prop_map(Act::Put),
        1 => IDS.prop_map(Act::Gone),
        8 => need().prop_map(Act::Acquire),
        6 => (any::<prop::sample::Index>(), prop::sample::select(How::ALL.to_vec()), 1_u64..30_000)
            .prop_map(|(which, how, rest)| Act::Release(which, how, rest)),
        3 => (0_u64..20_000).prop_map(Act::Wait),
        1 => (HOUR / 2..13 * HOUR).prop_map(Act::Wait),
        1 => prop::sample::select(POLICIES.to_vec()).prop_map(Act::Choose),
        1 => IDS.prop_map(Act::Recheck),
        1 => (IDS, 0_u64..3, 0_u64..40).prop_map(|(id, requests, anlas)| Act::Restore(id, requests, anlas)),
        1 => Just(Act::Book),
        2 => prop::sample::subsequence(NODES.to_vec(), 1..=3)
            .prop_flat_map(|names| names.into_iter().map(|name| (Just(name), prop::bool::weighted(0.2))).collect::<Vec<_>>())
            .prop_map(Act::Nodes),
        2 => (prop::sample::select(NODES.to_vec()), any::<bool>()).prop_map(|(name, well)| Act::Check(name, well)),
    ];
    prop::collection::vec(act, 1..150)
}
