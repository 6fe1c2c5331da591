//! The pool beside a plain model of it: whatever is done, a key serves exactly when caps, rests, hours,
//! leases and prices say so, everything spent is booked once, and every key comes back.

mod acts;
mod on_nodes;
mod plain;
mod reasons;

use std::collections::BTreeMap;

use proptest::prelude::*;

use acts::{Act, How, Need, acts};
use plain::Plain;

use super::*;
use crate::health::HealthSettings;
use crate::judge::Correlation;
use crate::limit::Limit;
use crate::model::{Account, Hours};
use crate::spending::day_of;

const NODES: [&str; 3] = ["a", "b", "c"];
const IDS: std::ops::Range<i64> = 1..7;
const HOUR: u64 = 3_600_000;
/// Five o'clock, some day.
const ORIGIN: i64 = 20_000 * 86_400_000 + 5 * 3_600_000;

const POLICIES: [Policy; 5] = [
    Policy::RoundRobin,
    Policy::ActiveFirst,
    Policy::LeastLatency,
    Policy::LeastBusy,
    Policy::CreditWeighted,
];

/// The pool and its model.
struct Trial {
    pool: Pool,
    policy: Policy,
    keys: BTreeMap<i64, Plain>,
    correlation: Correlation,
    /// Names of the nodes that get new requests.
    open: Vec<&'static str>,
    held: Vec<Lease>,
    /// Where each of these leases goes.
    places: Vec<Arc<str>>,
    now: u64,
    charged: BTreeMap<i64, (u64, u64)>,
    booked: BTreeMap<i64, (u64, u64)>,
}

impl Trial {
    fn new() -> Self {
        let health = HealthSettings {
            enabled: true,
            unhealthy_after: 2,
            healthy_after: 1,
            ..HealthSettings::default()
        };
        let upstream = Upstream {
            health,
            ..upstream(Policy::RoundRobin, vec![node("a", Role::Any)])
        };
        Self {
            pool: Pool::new(Arc::new(upstream), ORIGIN),
            policy: Policy::RoundRobin,
            keys: BTreeMap::new(),
            correlation: Correlation::default(),
            open: vec!["a"],
            held: vec![],
            places: vec![],
            now: 0,
            charged: BTreeMap::new(),
            booked: BTreeMap::new(),
        }
    }

    fn unix_ms(&self) -> i64 {
        ORIGIN + self.now as i64
    }

    fn act(&mut self, act: Act) -> Result<(), TestCaseError> {
        match act {
            Act::Put(key) => self.put(key),
            Act::Gone(id) => {
                self.pool.gone(PoolKeyId(id));
                if let Some(plain) = self.keys.get_mut(&id) {
                    plain.present = false;
                    plain.forget_if_gone();
                }
            }
            Act::Acquire(need) => self.acquire(&need)?,
            Act::Release(which, how, rest) if !self.held.is_empty() => {
                let which = which.index(self.held.len());
                self.places.swap_remove(which);
                let lease = self.held.swap_remove(which);
                self.release(lease, how, rest)?;
            }
            Act::Release(..) => {}
            Act::Wait(ms) => self.wait(ms),
            Act::Choose(policy) => {
                self.policy = policy;
                self.pool.set_policy(policy, at(self.now));
            }
            Act::Recheck(id) => self.recheck(id),
            Act::Restore(id, requests, anlas) => self.restore(id, requests, anlas),
            Act::Book => self.book(),
            Act::Nodes(nodes) => self.set_nodes(&nodes),
            Act::Check(name, well) => self.check(name, well),
        }
        self.compare()
    }

    fn put(&mut self, key: PoolKey) {
        self.pool.put(Arc::new(key.clone()), at(self.now));
        let (ghosts, leases, barred) = (vec![], vec![], BTreeMap::new());
        let (requests, anlas, unseen) = (0, 0, 0);
        let state = State::Healthy;
        let plain = self.keys.entry(key.id.0).or_insert_with(|| Plain {
            key: key.clone(),
            present: true,
            leases,
            ghosts,
            state,
            barred,
            requests,
            anlas,
            unseen,
        });
        let checked = |key: &PoolKey| key.account.map(|account| account.checked_at);
        let probed = checked(&key) > checked(&plain.key);
        if probed {
            plain.unseen = 0;
        }
        if probed || key.credential != plain.key.credential {
            plain.state = plain.state.after(Event::ProbedWell, at(self.now));
        }
        (plain.present, plain.key) = (true, key);
    }

    fn acquire(&mut self, need: &Need) -> Result<(), TestCaseError> {
        let tried_keys: Vec<_> = need.tried.into_iter().map(PoolKeyId).collect();
        let want = Want {
            operator_owned_only: need.operators,
            price: need.price,
            most: need.most,
            model: need.model,
            tried_keys: &tried_keys,
            ..ANY
        };
        let (now, policy) = (self.now, self.policy);
        let (keys, open) = (&self.keys, &self.open);
        let could = |then| {
            keys.values()
                .filter(move |plain| plain.goes_to(open) && plain.serves(need, policy, now, then))
        };
        match self.pool.acquire(&want, at(self.now), &|| 0.37) {
            Ok(lease) => {
                let cheapest = could(now).map(|plain| plain.cost(need.price)).min();
                let leased = id(&lease);
                prop_assert!(
                    could(now).any(|plain| plain.key.id.0 == leased),
                    "key {} may not serve",
                    leased
                );
                prop_assert_eq!(Some(lease.anlas()), cheapest, "not where it costs least");
                let place = self.place(&lease);
                prop_assert!(self.open.contains(&&*place), "a lease on {}", place);
                prop_assert!(
                    self.keys[&leased].goes_to(&[&place]),
                    "{} sent to {}",
                    leased,
                    place
                );
                self.keys.get_mut(&leased).unwrap().leases.push(lease.anlas());
                self.places.push(place);
                self.held.push(lease);
            }
            Err(why) => {
                prop_assert_eq!(could(now).count(), 0, "{:?} although a key was free", why);
                self.explain(need, why)?;
            }
        }
        Ok(())
    }

    fn release(&mut self, lease: Lease, how: How, rest: u64) -> Result<(), TestCaseError> {
        let leased = id(&lease);
        let (now, anlas) = (at(self.now), lease.anlas());
        let rests = self.keys[&leased].state.until();
        let plain = self.keys.get_mut(&leased).unwrap();
        let place = plain.leases.iter().position(|held| *held == anlas).unwrap();
        plain.leases.remove(place);
        if matches!(how, How::NeverSent) {
            self.pool.give_back(lease, now);
            plain.forget_if_gone();
            return Ok(());
        }
        let (verdict, span) = (how.verdict(), Duration::from_millis(rest));
        let ended = Ended {
            model: Some("m"),
            ..ended(&verdict, Some(span))
        };
        self.pool.release(lease, &ended, now, FAIR);
        let blame = self.correlation.observe(PoolKeyId(leased), &verdict, now);
        match how {
            How::Busy => plain.state = plain.state.after(Event::Rest(span), now),
            How::Dry => plain.state = plain.state.after(Event::Dry(span), now),
            How::Refused if blame == Blame::Key => plain.state = plain.state.after(Event::Refused(span), now),
            How::NotThisModel => {
                let until = plain.barred.entry("m").or_default();
                *until = (*until).max(self.now + rest);
            }
            How::Well | How::Broke => {
                plain.requests += 1;
                plain.anlas += u64::from(anlas);
                plain.unseen += u64::from(anlas);
                let charged = self.charged.entry(leased).or_default();
                *charged = (charged.0 + 1, charged.1 + u64::from(anlas));
            }
            How::Refused | How::Malformed | How::Elsewhere | How::NeverSent => {}
        }
        if matches!(how, How::Broke) {
            let slot = self.pool.keys.slot(PoolKeyId(leased)).unwrap();
            let end = slot.rare.ghosts.last().unwrap().millis();
            prop_assert!(end >= self.now + 1_000);
            plain.ghosts.push(end);
        }
        if blame == Blame::Upstream {
            for id in self.correlation.acquitted() {
                let plain = self.keys.get_mut(&id.0).unwrap();
                plain.state = plain.state.after(Event::ProbedWell, now);
            }
        }
        let plain = self.keys.get_mut(&leased).unwrap();
        plain.forget_if_gone();
        if plain.present && blame == Blame::Key && rests > Some(now) {
            prop_assert!(plain.state.until() >= rests, "a rest was shortened");
        }
        Ok(())
    }

    fn wait(&mut self, ms: u64) {
        let before = day_of(self.unix_ms());
        self.now += ms;
        self.pool.wake(at(self.now));
        let turned = day_of(self.unix_ms()) > before;
        for plain in self.keys.values_mut() {
            let was_idle = !plain.present && plain.in_flight() == 0;
            plain.ghosts.retain(|end| *end > self.now);
            plain.barred.retain(|_, until| *until > self.now);
            plain.forget_if_gone();
            if turned {
                (plain.requests, plain.anlas) = (0, 0);
                if was_idle {
                    plain.unseen = 0;
                }
            }
        }
    }

    fn recheck(&mut self, id: i64) {
        self.pool.recheck(PoolKeyId(id), at(self.now));
        if let Some(plain) = self.keys.get_mut(&id) {
            plain.state = plain.state.after(Event::Recheck, at(self.now));
            plain.barred.clear();
        }
    }

    fn restore(&mut self, id: i64, requests: u64, anlas: u64) {
        self.pool.restore(
            PoolKeyId(id),
            day_of(self.unix_ms()),
            requests,
            anlas,
            at(self.now),
        );
        self.pool
            .restore(PoolKeyId(id), day_of(self.unix_ms()) - 1, 9, 9, at(self.now));
        if let Some(plain) = self
            .keys
            .get_mut(&id)
            .filter(|plain| plain.present || plain.in_flight() > 0)
        {
            plain.requests += requests;
            plain.anlas += anlas;
        }
    }

    fn book(&mut self) {
        for spent in self.pool.take_spending(Booking::All) {
            let crate::spending::Whose::PoolKey(id) = spent.whose else {
                continue;
            };
            let booked = self.booked.entry(id.0).or_default();
            *booked = (booked.0 + spent.requests, booked.1 + spent.anlas);
        }
    }

    /// Whether the pool sees each key as the model does.
    fn compare(&mut self) -> Result<(), TestCaseError> {
        let report = self.pool.report(at(self.now));
        prop_assert_eq!(
            report.keys,
            self.keys.values().filter(|plain| plain.present).count()
        );
        prop_assert_eq!(report.in_flight as usize, self.held.len());
        for (lease, place) in self.held.iter().zip(&self.places) {
            prop_assert_eq!(&self.place(lease), place, "a lease's node was exchanged");
        }
        let in_flight: u32 = report.nodes.iter().map(|node| node.in_flight).sum();
        prop_assert_eq!(in_flight, report.in_flight);
        let unix_ms = self.unix_ms();
        for (id, plain) in self.keys.iter().filter(|(_, plain)| plain.present) {
            let slot = self.pool.keys.slot(PoolKeyId(*id)).unwrap();
            prop_assert_eq!(slot.in_flight as usize, plain.in_flight(), "in flight on {}", id);
            prop_assert!(slot.in_flight <= 3);
            prop_assert_eq!(
                slot.state.serves(at(self.now)),
                plain.state.serves(at(self.now)),
                "state of {}",
                id
            );
            prop_assert_eq!(
                (u64::from(slot.today().requests), slot.today().anlas),
                (plain.requests, plain.anlas)
            );
            let has = plain.purse(unix_ms, false).map_or(0, |purse| {
                u32::try_from(purse).unwrap_or(u32::MAX).saturating_add(1)
            });
            prop_assert_eq!(slot.could_spend(), has, "what {} could spend", id);
        }
        Ok(())
    }

    /// Ends all that is out: each key must come back, and nothing may be left over.
    fn end(mut self) -> Result<(), TestCaseError> {
        self.places.clear();
        for lease in std::mem::take(&mut self.held) {
            self.release(lease, How::Well, 1)?;
        }
        self.book();
        prop_assert_eq!(&self.booked, &self.charged);
        let mut ready = std::collections::BTreeSet::new();
        for _ in 0..=48 {
            self.wait(HOUR);
            self.compare()?;
            let here = self.keys.iter().filter(|(_, plain)| plain.present);
            let serves = |id: &i64| {
                self.pool
                    .keys
                    .slot(PoolKeyId(*id))
                    .is_some_and(|slot| slot.listed.has > 0)
            };
            ready.extend(here.map(|(id, _)| *id).filter(serves));
        }
        let poor = |plain: &Plain| {
            self.policy == Policy::CreditWeighted && plain.key.account.is_some_and(|a| a.anlas == 0)
        };
        let expected = self
            .keys
            .iter()
            .filter(|(_, plain)| plain.present && !poor(plain))
            .map(|(id, _)| *id)
            .collect();
        prop_assert_eq!(&ready, &expected, "every key comes back");
        for id in IDS {
            self.pool.gone(PoolKeyId(id));
        }
        prop_assert_eq!(
            (self.pool.keys.slots_in_use(), self.pool.next_alarm()),
            (0, None),
            "nothing is left over"
        );
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_key_serves_exactly_when_nothing_is_in_the_way(acts in acts()) {
        let mut trial = Trial::new();
        for act in acts {
            trial.act(act)?;
        }
        trial.end()?;
    }
}
