//! A desk with keys, requests that come and go at it, and what must be true when all have ended.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use potluck_filters::cost::Price;
use potluck_filters::egress::EgressSettings;
use potluck_filters::id::{PoolKeyId, UserId};
use potluck_filters::judge::{CoolDown, CoolDownSettings, JudgeTable, Outcome, Retry, Scope, Verdict};
use potluck_filters::model::{
    Bodies, Caps, HttpVersion, Kind, Node, NodePlan, Opened, PoolCredential, PoolKey, Role, Timeouts,
    Upstream,
};
use potluck_filters::pool::{Ended, Lease, Policy, Want};
use potluck_filters::queue::{QueueSettings, Share};
use potluck_filters::scheduler::{Asker, Refused};
use potluck_filters::secret::Secret;
use shuttle::future::JoinHandle;

use crate::desk::{Desk, Turn, Wait};
use crate::fakes::Clock;
use crate::timekeeper;

const WANT: Want<'static> = Want {
    role: Role::Any,
    operator_owned_only: false,
    price: Price::FREE,
    most: u32::MAX,
    model: None,
    tried_keys: &[],
    only_key: None,
    tried_nodes: &[],
};

/// Longer than any model runs.
const PATIENCE: Duration = Duration::from_secs(3600);

/// Whatever rests or works on has ended by then: in a model days may pass while a request is at work, and
/// so long are others expected to take.
const AGES: Duration = Duration::from_secs(1_000 * 86_400);

/// Everything of one run. Clones share it.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) desk: Arc<Desk>,
    clock: Clock,
    /// Leases in somebody's hands, by key: beside the desk's own count.
    held: Arc<std::sync::Mutex<HashMap<PoolKeyId, usize>>>,
    running: Arc<std::sync::Mutex<Vec<JoinHandle<()>>>>,
}

/// How the upstream ends a request.
#[derive(Clone, Copy)]
pub(crate) enum Ends {
    Well,
    /// The account is busy elsewhere and rests.
    Busy,
    /// The connection broke after the request was sent: the account works on.
    Broken,
    /// The request never went out.
    Unsent,
}

impl Ends {
    fn verdict(self) -> Verdict {
        match self {
            Self::Well | Self::Unsent => Verdict::ok("well"),
            Self::Busy => Verdict::refused(Outcome::Busy, Scope::Key, CoolDown::RateLimited, "busy"),
            Self::Broken => Verdict {
                scope: Scope::None,
                ..Verdict::node(CoolDown::None, Retry::Never, "broken")
            },
        }
    }
}

impl World {
    /// Keys 1, 2, …, with so many leases each at once.
    pub(crate) fn new(keys: &[u32]) -> Self {
        let clock = Clock::new();
        let world = Self {
            desk: Arc::new(Desk::new(Arc::new(upstream()), clock.clone())),
            clock,
            held: Arc::default(),
            running: Arc::default(),
        };
        for (id, concurrency) in (1..).zip(keys) {
            world.put(id, *concurrency);
        }
        world
    }

    pub(crate) fn put(&self, id: i64, concurrency: u32) {
        self.desk
            .update(|scheduler, now| scheduler.put(key(id, concurrency), now));
    }

    pub(crate) fn gone(&self, id: i64) {
        self.desk.update(|scheduler, _| {
            scheduler.gone(PoolKeyId(id));
            scheduler.turn_away()
        });
    }

    /// From now on these are the nodes. All are at the host that the keys were brought for.
    pub(crate) fn nodes(&self, names: &[&str]) {
        let nodes: Vec<_> = names.iter().map(|name| node(name)).collect();
        let set = NodePlan::default().over(&nodes);
        self.desk.update(|scheduler, now| {
            let mut effects = scheduler.set_nodes(&set, now, &|| 0.0);
            effects.extend(scheduler.turn_away());
            effects
        });
    }

    /// Name of the node that a lease is on.
    fn place(&self, lease: &Lease) -> Arc<str> {
        let index = lease.node().index();
        self.desk.look(|scheduler, _| {
            let placed = scheduler.pool().placed_nodes().nth(index);
            Arc::clone(&placed.expect("a node with a slot").node.name)
        })
    }

    pub(crate) fn recheck(&self, id: i64) {
        self.desk
            .update(|scheduler, now| scheduler.recheck(PoolKeyId(id), now));
    }

    /// Looks at the desk as a report does, and then whether that left anything undone.
    pub(crate) fn look(&self) {
        let looked = self.desk.look(|scheduler, now| {
            scheduler.pool().report(now);
            now
        });
        self.desk.update(|scheduler, now| {
            let effects = scheduler.tick(now);
            assert!(now > looked || effects.is_empty(), "{effects:?}");
            effects
        });
    }

    /// Runs beside all others until it ends.
    pub(crate) fn run(&self, task: impl Future<Output = ()> + Send + 'static) {
        let handle = shuttle::future::spawn(task);
        self.running.lock().unwrap().push(handle);
    }

    /// Asks for a lease; a wait is begun as the relay begins it.
    pub(crate) fn ask(&self, user: i64) -> Result<Lease, Wait> {
        let asker = Asker {
            user: UserId(user),
            share: Share::from(u32::try_from(user).expect("a small user")),
            max_wait: PATIENCE,
        };
        match self.desk.ask(&asker, &WANT) {
            Ok(Turn::Now(lease)) => Ok(lease),
            Ok(Turn::Later(wait, outlook, _census)) => {
                assert!(outlook.ahead < 100, "{outlook:?}");
                self.keep_time();
                Err(wait)
            }
            Err(no) => panic!("{:?}", no.refused),
        }
    }

    fn keep_time(&self) {
        if self.desk.take_charge() {
            let (desk, clock) = (Arc::clone(&self.desk), self.clock.clone());
            let sleeping = self.clock.clone();
            self.run(async move {
                timekeeper::keep(desk, clock, |span| {
                    let clock = sleeping.clone();
                    async move { clock.sleep(span).await }
                })
                .await;
            });
        }
    }

    /// A request that waits for its lease however long that takes, holds it and gives it back.
    pub(crate) async fn request(self, user: i64, ends: Ends) {
        let lease = match self.ask(user) {
            Ok(lease) => lease,
            Err(wait) => wait
                .await
                .unwrap_or_else(|refused: Refused| panic!("{refused:?}")),
        };
        self.hold(lease, ends).await;
    }

    /// A request that looks where it is going, when it begins and when it ends.
    pub(crate) async fn stay(self, user: i64) {
        let lease = match self.ask(user) {
            Ok(lease) => lease,
            Err(wait) => wait
                .await
                .unwrap_or_else(|refused: Refused| panic!("{refused:?}")),
        };
        let place = self.place(&lease);
        shuttle::future::yield_now().await;
        assert_eq!(self.place(&lease), place, "the node of a lease was exchanged");
        self.hold(lease, Ends::Unsent).await;
    }

    /// A request that is refused and goes on with another lease, if one is free now.
    pub(crate) async fn move_on(self, user: i64) {
        let lease = match self.ask(user) {
            Ok(lease) => lease,
            Err(wait) => wait
                .await
                .unwrap_or_else(|refused: Refused| panic!("{refused:?}")),
        };
        let tried = [lease.key().expect("an upstream with keys").id];
        let other = self.desk.ask_now(&Want {
            tried_keys: &tried,
            ..WANT
        });
        self.hold(lease, Ends::Busy).await;
        if let Ok(other) = other {
            self.hold(other, Ends::Well).await;
        }
    }

    /// A request whose client goes away while it waits: after so many looks.
    pub(crate) async fn disconnect(self, user: i64, looks: usize) {
        let mut wait = match self.ask(user) {
            Ok(lease) => return self.hold(lease, Ends::Well).await,
            Err(wait) => wait,
        };
        for _ in 0..looks {
            let looked =
                std::future::poll_fn(|cx| std::task::Poll::Ready(std::pin::Pin::new(&mut wait).poll(cx)));
            if let std::task::Poll::Ready(served) = looked.await {
                let lease = served.expect("nobody is refused");
                return self.hold(lease, Ends::Well).await;
            }
            shuttle::future::yield_now().await;
        }
        drop(wait);
    }

    async fn hold(&self, lease: Lease, ends: Ends) {
        let key = lease.key().expect("an upstream with keys");
        let (id, most) = (key.id, key.concurrency.expect("a set concurrency"));
        let held = {
            let mut held = self.held.lock().unwrap();
            let held = held.entry(id).or_default();
            *held += 1;
            *held
        };
        assert!(held <= most as usize, "{id:?} has {held} holders");
        shuttle::future::yield_now().await;
        *self.held.lock().unwrap().get_mut(&id).unwrap() -= 1;
        match ends {
            Ends::Unsent => self.desk.give_back(lease),
            Ends::Well | Ends::Busy | Ends::Broken => {
                let ended = Ended {
                    verdict: &ends.verdict(),
                    retry_after: None,
                    first_byte: None,
                    model: None,
                    broke: matches!(ends, Ends::Broken),
                };
                self.desk.release(lease, &ended);
            }
        }
    }

    /// Waits until everybody has ended; then nothing may be left behind.
    pub(crate) fn ended(&self) {
        loop {
            let Some(next) = self.running.lock().unwrap().pop() else {
                break;
            };
            shuttle::future::block_on(next).expect("nobody is stopped");
        }
        shuttle::future::block_on(self.clock.sleep(AGES));
        let (pool, queue) = self
            .desk
            .look(|scheduler, now| (scheduler.pool().report(now), scheduler.report()));
        let keys = self.desk.look(|scheduler, now| scheduler.pool().report_keys(now));
        assert_eq!((pool.in_flight, queue.waiting, queue.users), (0, 0, 0));
        assert!(keys.iter().all(|key| key.in_flight == 0), "{keys:?}");
        assert_eq!(
            (pool.ready, pool.cooling),
            (pool.keys, 0),
            "each key can serve: {keys:?}"
        );
        assert!(self.desk.take_charge(), "nobody keeps the time for nobody");
    }

    /// How many are served in all, beside those that never waited.
    pub(crate) fn served_and_left(&self) -> (u64, u64) {
        let report = self.desk.look(|scheduler, _| scheduler.report());
        (report.served, report.left)
    }
}

fn key(id: i64, concurrency: u32) -> Arc<PoolKey> {
    Arc::new(PoolKey {
        id: PoolKeyId(id),
        upstream: "novelai".into(),
        contributor: UserId(1),
        operator_owned: true,
        concurrency: Some(concurrency),
        origins: Arc::from(["a.example:443".into()]),
        credential: PoolCredential::bearer(&Secret::new("pst-x")).unwrap(),
        account: None,
        credit: None,
        egress: None,
        caps: Caps::default(),
    })
}

fn node(name: &str) -> Node {
    Node {
        name: name.into(),
        role: Role::Any,
        base: format!("https://a.example/{name}").parse().unwrap(),
        http: HttpVersion::Auto,
    }
}

fn upstream() -> Upstream {
    let span = Duration::from_secs(30);
    Upstream {
        name: "novelai".into(),
        kind: Kind::Novelai,
        nodes: vec![node("a")],
        keyed: true,
        policy: Policy::RoundRobin,
        opened: Opened::Stateless,
        asks_usage: false,
        min_credit: 0,
        credit: None,
        queue: QueueSettings::default(),
        egress: EgressSettings::default(),
        key_concurrency: 1,
        attempts: 3,
        timeouts: Timeouts {
            connect: span,
            write: span,
            first_byte: span,
            idle: span,
            total: span,
            websocket: span,
        },
        bodies: Bodies { replay: 1, max: 1 },
        ca_pem: None,
        health: potluck_filters::health::HealthSettings::default(),
        private_networks: Arc::default(),
        judge: JudgeTable::for_kind(Kind::Novelai),
        cool_downs: CoolDownSettings::default(),
        drain: 0,
    }
}
