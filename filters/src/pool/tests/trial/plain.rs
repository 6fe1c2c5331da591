//! One key, as plainly as possible.

use super::acts::Need;
use super::*;

/// What must be true of one key, kept as plainly as possible.
#[derive(Clone, Debug)]
pub(super) struct Plain {
    pub(super) key: PoolKey,
    pub(super) present: bool,
    /// Anlas of each lease that is out.
    pub(super) leases: Vec<u32>,
    pub(super) ghosts: Vec<u64>,
    pub(super) state: State,
    pub(super) barred: BTreeMap<&'static str, u64>,
    pub(super) requests: u64,
    pub(super) anlas: u64,
    pub(super) unseen: u64,
}

impl Plain {
    pub(super) fn in_flight(&self) -> usize {
        self.leases.len() + self.ghosts.len()
    }

    /// Whether it was brought for one of these nodes.
    pub(super) fn goes_to(&self, nodes: &[&str]) -> bool {
        let origin = |node: &&str| format!("{node}.example:443");
        let brought_for = |node: &&str| self.key.origins.iter().any(|host| **host == *origin(node));
        nodes.iter().any(brought_for)
    }

    pub(super) fn cost(&self, price: Price) -> u32 {
        let free = self
            .key
            .account
            .is_some_and(|account| account.has_free_sample(price.v5));
        price.on(free)
    }

    /// Anlas for one more request; `None` where none may be served.
    pub(super) fn purse(&self, unix_ms: i64, tomorrow: bool) -> Option<u64> {
        let caps = &self.key.caps;
        let (requests, anlas) = if tomorrow {
            (0, 0)
        } else {
            (self.requests, self.anlas)
        };
        let reserved: u64 = self.leases.iter().map(|anlas| u64::from(*anlas)).sum();
        let left = |cap, taken: u64| match cap {
            Limit::Unlimited => u64::MAX,
            Limit::AtMost(most) => u64::from(most).saturating_sub(taken),
        };
        if left(caps.requests_per_day, requests + self.leases.len() as u64) == 0
            || !caps.hours.open_at(unix_ms)
        {
            return None;
        }
        if caps.free_only {
            return Some(0);
        }
        let balance = match self.key.account {
            Some(account) => {
                u64::from(account.anlas).saturating_sub(self.unseen + reserved + u64::from(caps.keep_anlas))
            }
            None if caps.keep_anlas > 0 => 0,
            None => u64::MAX,
        };
        Some(balance.min(left(caps.anlas_per_day, anlas + reserved)))
    }

    /// Whether it could take this request at that moment, if nothing happens until then.
    pub(super) fn serves(&self, need: &Need, policy: Policy, now: u64, then: u64) -> bool {
        let unix_ms = |moment: u64| ORIGIN + moment as i64;
        let tomorrow = day_of(unix_ms(then)) > day_of(unix_ms(now));
        let in_flight = self.leases.len() + self.ghosts.iter().filter(|end| **end > then).count();
        let poor =
            policy == Policy::CreditWeighted && self.key.account.is_some_and(|account| account.anlas == 0);
        let barred = need
            .model
            .and_then(|model| self.barred.get(model))
            .is_some_and(|until| *until > then);
        self.present
            && (in_flight as u32) < self.key.concurrency.unwrap()
            && self.state.serves(at(then))
            && !poor
            && !barred
            && (self.key.operator_owned || !need.operators)
            && need.tried != Some(self.key.id.0)
            && self.cost(need.price) <= need.most
            && self
                .purse(unix_ms(then), tomorrow)
                .is_some_and(|purse| purse >= u64::from(self.cost(need.price)))
    }

    /// A key that is gone and idle is forgotten, but for what it has spent.
    pub(super) fn forget_if_gone(&mut self) {
        if !self.present && self.in_flight() == 0 {
            self.state = State::Healthy;
            self.barred.clear();
        }
    }
}
