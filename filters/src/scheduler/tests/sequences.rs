//! Whatever comes in whatever order: no waiter is left waiting beside a key that could serve it, each ends
//! in one way, and no key is overrun.

use proptest::prelude::*;

use super::*;

const KEYS: std::ops::Range<i64> = 1..5;

/// What a request needs, by number.
fn want(kind: u8) -> Want<'static> {
    match kind {
        0 => ANY,
        1 => Want {
            operator_owned_only: true,
            ..ANY
        },
        2 => Want {
            model: Some("m"),
            ..ANY
        },
        // Only one key has what it names.
        3 => Want {
            only_key: Some(PoolKeyId(2)),
            ..ANY
        },
        _ => Want {
            price: Price {
                full: 5,
                on_opus: 0,
                v5: false,
            },
            ..ANY
        },
    }
}

/// Some keys were brought for one node, some for two.
fn bound(id: i64, most: u32) -> Arc<PoolKey> {
    let hosts: &[&str] = if id % 3 == 0 { &["b", "a"] } else { &["a"] };
    let origins = hosts.iter().map(|host| format!("{host}.example:443").into());
    Arc::new(PoolKey {
        origins: origins.collect(),
        ..PoolKey::clone(&key(id, most))
    })
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Ask {
        user: i64,
        weight: u32,
        kind: u8,
        patience: u64,
    },
    AskNow(u8),
    Release(prop::sample::Index, u8, u64),
    GiveBack(prop::sample::Index),
    Leave(prop::sample::Index),
    Wait(u64),
    Put(i64, u32),
    Gone(i64),
    Recheck(i64),
    Choose(Policy),
    Nodes(&'static [&'static str]),
    Look,
    TurnAway,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let policies = vec![
        Policy::RoundRobin,
        Policy::ActiveFirst,
        Policy::LeastLatency,
        Policy::LeastBusy,
        Policy::CreditWeighted,
    ];
    let index = any::<prop::sample::Index>;
    let act = prop_oneof![
        9 => (0_i64..5, 0_u32..4, 0_u8..5, 100_u64..60_000)
            .prop_map(|(user, weight, kind, patience)| Act::Ask { user, weight, kind, patience }),
        1 => (0_u8..5).prop_map(Act::AskNow),
        6 => (index(), 0_u8..5, 1_u64..30_000).prop_map(|(which, how, rest)| Act::Release(which, how, rest)),
        1 => index().prop_map(Act::GiveBack),
        1 => index().prop_map(Act::Leave),
        4 => (0_u64..15_000).prop_map(Act::Wait),
        3 => (KEYS, 1_u32..3).prop_map(|(id, most)| Act::Put(id, most)),
        1 => KEYS.prop_map(Act::Gone),
        1 => KEYS.prop_map(Act::Recheck),
        1 => prop::sample::select(policies).prop_map(Act::Choose),
        1 => prop::sample::select(vec![&["a"][..], &["a", "b"], &["b"]]).prop_map(Act::Nodes),
        1 => Just(Act::Look),
        2 => Just(Act::TurnAway),
    ];
    prop::collection::vec(act, 1..150)
}

struct Trial {
    scheduler: Scheduler,
    waiting: BTreeMap<WaiterId, u8>,
    held: Vec<Lease>,
    concurrency: BTreeMap<i64, u32>,
    now: u64,
    /// Waiters that were served, made room, or left.
    ends: (u64, u64, u64),
    /// Requests that never came to wait.
    turned_away: u64,
}

impl Trial {
    fn new() -> Self {
        let settings = QueueSettings {
            per_upstream: 8,
            per_user: 4,
            ..QueueSettings::default()
        };
        let (waiting, held, concurrency) = (BTreeMap::new(), vec![], BTreeMap::new());
        Self {
            scheduler: scheduler(settings),
            waiting,
            held,
            concurrency,
            now: 0,
            ends: (0, 0, 0),
            turned_away: 0,
        }
    }

    fn carry_out(&mut self, effects: Vec<Effect>) -> Result<(), TestCaseError> {
        for effect in effects {
            match effect {
                Effect::Wake(id, lease) => {
                    let kind = self.waiting.remove(&id);
                    prop_assert!(kind.is_some(), "{:?} was woken and does not wait", id);
                    self.take(lease, kind.unwrap())?;
                    self.ends.0 += 1;
                }
                Effect::Refuse(id, why) => {
                    let full = matches!(why, Refused::Full { .. });
                    prop_assert!(full);
                    prop_assert!(self.waiting.remove(&id).is_some());
                    self.ends.1 += 1;
                }
            }
        }
        Ok(())
    }

    fn take(&mut self, lease: Lease, kind: u8) -> Result<(), TestCaseError> {
        let id = lease.key().unwrap().id.0;
        prop_assert!(
            kind != 1 || id % 2 == 0,
            "a member's key for who may only have operators'"
        );
        prop_assert!(kind != 3 || id == 2, "another key than the one that has it");
        self.held.push(lease);
        let out = self
            .held
            .iter()
            .filter(|lease| lease.key().unwrap().id.0 == id)
            .count();
        // Where the settings were lowered meanwhile, the leases that are out still end in their time.
        prop_assert!(out as u32 <= 2, "{} leases on {}", out, id);
        let most = self.concurrency.get(&id).copied();
        prop_assert!(
            most.is_some_and(|most| out as u32 <= most),
            "{} leases on {}, which has {:?}",
            out,
            id,
            most
        );
        Ok(())
    }

    fn act(&mut self, act: Act) -> Result<(), TestCaseError> {
        let now = at(self.now);
        match act {
            Act::Ask {
                user,
                weight,
                kind,
                patience,
            } => self.ask(user, weight, kind, patience)?,
            Act::AskNow(kind) => {
                let (lease, effects) = self.scheduler.ask_now(&want(kind), now, FAIR);
                self.carry_out(effects)?;
                if let Ok(lease) = lease {
                    self.take(lease, kind)?;
                }
            }
            Act::Release(which, how, rest) if !self.held.is_empty() => self.release(which, how, rest)?,
            Act::GiveBack(which) if !self.held.is_empty() => {
                let lease = self.held.swap_remove(which.index(self.held.len()));
                let effects = self.scheduler.give_back(lease, now);
                self.carry_out(effects)?;
            }
            Act::Leave(which) if !self.waiting.is_empty() => {
                let id = *self.waiting.keys().nth(which.index(self.waiting.len())).unwrap();
                self.waiting.remove(&id);
                self.scheduler.leave(id);
                self.ends.2 += 1;
            }
            Act::Release(..) | Act::GiveBack(_) | Act::Leave(_) => {}
            Act::Wait(ms) => self.wait(ms)?,
            Act::Put(id, most) => {
                self.concurrency.insert(id, most);
                let effects = self.scheduler.put(bound(id, most), now);
                self.carry_out(effects)?;
            }
            Act::Gone(id) => {
                self.concurrency.remove(&id);
                self.scheduler.gone(PoolKeyId(id));
            }
            Act::Recheck(id) => {
                let effects = self.scheduler.recheck(PoolKeyId(id), now);
                self.carry_out(effects)?;
            }
            Act::Choose(policy) => {
                let effects = self.scheduler.set_policy(policy, now);
                self.carry_out(effects)?;
            }
            Act::Nodes(names) => self.set_nodes(names)?,
            Act::TurnAway => self.turn_away()?,
            Act::Look => drop(self.scheduler.pool().report_keys(now)),
        }
        self.nobody_waits_in_vain()
    }

    fn set_nodes(&mut self, names: &[&str]) -> Result<(), TestCaseError> {
        let nodes: Vec<_> = names.iter().map(|name| node(name, Role::Any)).collect();
        let set = NodePlan::default().over(&nodes);
        let effects = self.scheduler.set_nodes(&set, at(self.now), FAIR);
        self.carry_out(effects)
    }

    /// Whoever is refused would be refused anew, and nobody who stays would.
    fn turn_away(&mut self) -> Result<(), TestCaseError> {
        for effect in self.scheduler.turn_away() {
            let Effect::Refuse(id, Refused::NoWay(why)) = effect else {
                panic!("{effect:?}");
            };
            let kind = self.waiting.remove(&id);
            prop_assert!(kind.is_some(), "{:?} was refused and does not wait", id);
            prop_assert_eq!(self.asks(kind.unwrap()), why);
            self.ends.1 += 1;
        }
        for kind in self.waiting.values().copied().collect::<Vec<_>>() {
            prop_assert!(self.asks(kind) != NoWay::Empty, "{} waits for nobody", kind);
        }
        Ok(())
    }

    /// Why somebody who waits would not be served now.
    fn asks(&mut self, kind: u8) -> NoWay {
        let asked = self.scheduler.pool.acquire(&want(kind), at(self.now), FAIR);
        asked.expect_err("who waits could not be served")
    }

    fn ask(&mut self, user: i64, weight: u32, kind: u8, patience: u64) -> Result<(), TestCaseError> {
        let max_wait = Duration::from_millis(patience);
        let asker = Asker {
            user: UserId(user),
            share: weight.into(),
            max_wait,
        };
        let (asked, effects) = self.scheduler.ask(&asker, &want(kind), at(self.now), FAIR);
        self.carry_out(effects)?;
        match asked {
            Asked::Leased(lease) => self.take(lease, kind)?,
            Asked::Waits(id, outlook) => {
                // Somebody may have made room since that was told.
                prop_assert!(outlook.ahead <= self.waiting.len() + 1);
                prop_assert!(self.waiting.insert(id, kind).is_none());
            }
            Asked::Refused(Refused::TooLate { retry_after }) => {
                self.turned_away += 1;
                prop_assert!(!retry_after.is_zero());
                let nobody_ahead = self.waiting.is_empty();
                prop_assert!(
                    !nobody_ahead || retry_after > max_wait,
                    "sent away for less than it would wait"
                );
            }
            Asked::Refused(Refused::Full { .. }) => {
                self.turned_away += 1;
                prop_assert!(self.waiting.len() >= 4);
            }
            Asked::Refused(Refused::NoWay(no_way)) => {
                let waitable = matches!(no_way, NoWay::Busy { .. });
                prop_assert!(!waitable, "somebody who could wait was turned away");
            }
        }
        Ok(())
    }

    fn release(&mut self, which: prop::sample::Index, how: u8, rest: u64) -> Result<(), TestCaseError> {
        let lease = self.held.swap_remove(which.index(self.held.len()));
        let verdict = match how {
            0 => Verdict::ok("trial"),
            1 => Verdict::refused(Outcome::Busy, Scope::Key, CoolDown::RateLimited, "trial"),
            2 => Verdict::refused(Outcome::Key, Scope::Key, CoolDown::Credential, "trial"),
            3 => Verdict::refused(Outcome::Quota, Scope::KeyModel, CoolDown::Payment, "trial"),
            _ => Verdict::node(CoolDown::None, Retry::Never, "trial"),
        };
        let ended = Ended {
            model: Some("m"),
            ..ended(&verdict, Some(Duration::from_millis(rest)))
        };
        let (_, effects) = self.scheduler.release(lease, &ended, at(self.now), FAIR);
        self.carry_out(effects)
    }

    /// Time passes; whoever keeps it comes back when that is due, and only then.
    fn wait(&mut self, ms: u64) -> Result<(), TestCaseError> {
        let until = self.now + ms;
        while let Some(due) = self.scheduler.due().filter(|due| *due <= at(until)) {
            self.now = self.now.max(due.millis());
            let effects = self.scheduler.tick(at(self.now));
            self.carry_out(effects)?;
            prop_assert!(
                self.scheduler.due().is_none_or(|next| next > at(self.now)),
                "due for ever"
            );
        }
        self.now = until;
        let effects = self.scheduler.tick(at(self.now));
        prop_assert!(effects.is_empty(), "a wake was not due");
        Ok(())
    }

    fn nobody_waits_in_vain(&mut self) -> Result<(), TestCaseError> {
        for (id, kind) in &self.waiting {
            prop_assert!(
                !self.scheduler.pool.has_way(&want(*kind)),
                "{:?} waits in vain",
                id
            );
            for slot in 0..KEYS.count() {
                prop_assert!(
                    !self.scheduler.pool.can(slot, &want(*kind)),
                    "{:?} waits beside a free key",
                    id
                );
            }
        }
        let report = self.scheduler.report();
        prop_assert_eq!(report.waiting, self.waiting.len());
        prop_assert_eq!((report.served, report.left), (self.ends.0, self.ends.2));
        prop_assert_eq!(report.refused, self.ends.1 + self.turned_away);
        Ok(())
    }

    /// All leases end: whoever a key may serve is served, and every key comes back.
    fn end(mut self) -> Result<(), TestCaseError> {
        for id in KEYS {
            self.act(Act::Put(id, 1))?;
        }
        self.act(Act::Nodes(&["a"]))?;
        while !self.waiting.is_empty() || !self.held.is_empty() {
            while !self.held.is_empty() {
                let lease = self.held.remove(0);
                let effects = self.scheduler.give_back(lease, at(self.now));
                self.carry_out(effects)?;
                self.nobody_waits_in_vain()?;
            }
            prop_assert!(self.now < 3_600_000 * 24, "somebody waits for ever");
            self.wait(10_000)?;
        }
        self.wait(600_000)?;
        let report = self.scheduler.pool().report(at(self.now));
        prop_assert_eq!((report.ready, report.cooling, report.in_flight), (4, 0, 0));
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(7), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nobody_waits_beside_a_key_that_could_serve(acts in acts()) {
        let mut trial = Trial::new();
        for act in acts {
            trial.act(act)?;
        }
        trial.end()?;
    }
}
