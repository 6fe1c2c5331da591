//! Requests as a pool of some hundred people makes them: few ask for much, everybody has a favourite model.

use std::sync::Arc;

use potluck_filters::id::{ClientKeyId, PoolKeyId, UserId};
use potluck_filters::meter::Figure;
use potluck_filters::rejection::Code;
use potluck_filters::usage::{Ended, Endpoint, KeyUse, RequestNumber, Times, UsageEvent, Used};

pub(crate) const USERS: u64 = 500;
pub(crate) const KEYS_EACH: u64 = 2;
pub(crate) const POOL_KEYS: u64 = 200;
pub(crate) const MODELS: u64 = 25;

/// A stream of numbers that look like chance: SplitMix64.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    /// Small numbers more often.
    fn skewed(&mut self, bound: u64) -> u64 {
        let one = self.below(1 << 20) as f64 / f64::from(1 << 20);
        (one * one * bound as f64) as u64
    }
}

/// The names that requests share.
pub(crate) struct Names {
    upstreams: [Arc<str>; 2],
    nodes: [Arc<str>; 4],
    models: Vec<Arc<str>>,
}

impl Names {
    pub(crate) fn new() -> Self {
        Self {
            upstreams: ["vercel".into(), "novelai".into()],
            nodes: ["vercel".into(), "image-1".into(), "image-2".into(), "text".into()],
            models: (0..MODELS).map(|n| format!("maker/model-{n}").into()).collect(),
        }
    }
}

/// A request that ended then.
pub(crate) fn request(chance: &mut Chance, names: &Names, number: u64, ended_at: i64) -> UsageEvent {
    let user = chance.skewed(USERS);
    let key = user * KEYS_EACH + chance.below(4) / 3;
    let pictures = user.is_multiple_of(3);
    let mut bytes = [7; 10];
    bytes[2..].copy_from_slice(&number.to_be_bytes());
    let favourite = user % MODELS;
    let model = if chance.below(4) == 0 {
        chance.below(MODELS)
    } else {
        favourite
    };
    let limited = chance.below(100) < 5;
    let failed = chance.below(100) < 3;
    let id = |number: u64| number.cast_signed() + 1;
    let times = Times {
        queued: if chance.below(5) == 0 {
            chance.below(8_000_000)
        } else {
            0
        },
        first_byte: (!limited).then(|| 100_000 + chance.skewed(3_000_000)),
        total: 200_000 + chance.skewed(30_000_000),
        own: Some(60 + chance.skewed(400)),
    };
    UsageEvent {
        request: RequestNumber(bytes),
        ended_at,
        user: Some(UserId(id(user))),
        client_key: Some(ClientKeyId(id(USERS + key))),
        key_use: KeyUse::default(),
        pool_key: (!limited).then(|| PoolKeyId(id(USERS * 4 + chance.below(POOL_KEYS)))),
        upstream: names.upstreams.get(usize::from(pictures)).cloned(),
        node: names
            .nodes
            .get(if pictures { 1 + (number % 2) as usize } else { 0 })
            .cloned(),
        model: names.models.get(model as usize).cloned(),
        endpoint: if pictures {
            Endpoint::GenerateImage
        } else {
            Endpoint::Chat
        },
        status: match (limited, failed) {
            (true, _) => 429,
            (false, true) => 502,
            (false, false) => 200,
        },
        ended: if limited { Ended::Refused } else { Ended::Whole },
        code: limited.then_some(Code::RateLimited),
        attempts: u16::from(!limited),
        times,
        asked_bytes: 300 + chance.skewed(40_000),
        answered_bytes: 200 + chance.skewed(if pictures { 2_000_000 } else { 20_000 }),
        used: used(chance, pictures, limited),
        trace: None,
    }
}

fn used(chance: &mut Chance, pictures: bool, limited: bool) -> Used {
    if limited {
        return Used::default();
    }
    if pictures {
        return Used {
            images: Figure::Reported(1),
            anlas: Figure::Estimated(chance.below(3) * 20),
            ..Used::default()
        };
    }
    Used {
        prompt: Figure::Reported(20 + chance.skewed(8_000)),
        cached: Figure::Reported(chance.skewed(4_000)),
        completion: Figure::Reported(1 + chance.skewed(2_000)),
        cost: Figure::Reported(chance.skewed(50_000)),
        ..Used::default()
    }
}
