//! What the edge tells a monitoring system, as OpenMetrics text.
//!
//! What can be looked up is looked up when somebody asks, so that requests pay nothing for it; only waits
//! are counted as they happen. Invariant: labels are names that operators gave, or closed sets; never a
//! key, a user, a model or an address.

use std::time::Duration;

use potluck_filters::health::Condition;
use potluck_filters::pool::NodeState;
use potluck_filters::scheduler::Outlook;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::Edge;
use super::live::{LiveUpstream, UpstreamReport};

/// Bounds of what counts as ahead in the queue, in requests.
const AHEAD: [f64; 8] = [0.0, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0];
/// Bounds of waits, in seconds; clients give up at thirty.
const SECONDS: [f64; 10] = [0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 25.0, 60.0];

type Labels = Vec<(&'static str, String)>;
type Seconds = Gauge<f64, std::sync::atomic::AtomicU64>;

/// What is counted as it happens.
pub(super) struct Waits {
    ahead: Family<Labels, Histogram>,
    expected: Family<Labels, Histogram>,
    waited: Family<Labels, Histogram>,
}

impl Default for Waits {
    fn default() -> Self {
        let seconds = || Histogram::new(SECONDS);
        Self {
            ahead: Family::new_with_constructor(|| Histogram::new(AHEAD)),
            expected: Family::new_with_constructor(seconds),
            waited: Family::new_with_constructor(seconds),
        }
    }
}

impl Waits {
    /// A request has joined the queue.
    pub(super) fn joined(&self, upstream: &LiveUpstream, outlook: Outlook) {
        let labels = of(&upstream.upstream.name);
        self.ahead.get_or_create(&labels).observe(outlook.ahead as f64);
        if let Some(expected) = outlook.expected {
            self.expected
                .get_or_create(&labels)
                .observe(expected.as_secs_f64());
        }
    }

    /// It has left the queue, served or not.
    pub(super) fn left(&self, upstream: &LiveUpstream, waited: Duration) {
        self.waited
            .get_or_create(&of(&upstream.upstream.name))
            .observe(waited.as_secs_f64());
    }

    fn register(&self, registry: &mut Registry) {
        registry.register(
            "queue_ahead",
            "Requests that were ahead when one joined the queue",
            self.ahead.clone(),
        );
        registry.register_with_unit(
            "queue_expected",
            "What a request that joined the queue was expected to wait",
            Unit::Seconds,
            self.expected.clone(),
        );
        registry.register_with_unit(
            "queue_waited",
            "What a request waited in the queue, whether it was served or not",
            Unit::Seconds,
            self.waited.clone(),
        );
    }
}

impl Edge {
    /// Everything, as OpenMetrics text.
    #[must_use]
    pub fn metrics(&self) -> String {
        let mut registry = Registry::with_prefix("potluck");
        self.process(&mut registry);
        let live = self.live.load();
        let reports: Vec<_> = live
            .upstreams
            .iter()
            .map(|live| (of(&live.upstream.name), live.report()))
            .collect();
        pools(&mut registry, &reports);
        queues(&mut registry, &reports);
        nodes(&mut registry, &reports);
        self.waits.register(&mut registry);
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &registry);
        text
    }

    fn process(&self, registry: &mut Registry) {
        let gauge = |number: i64| {
            let gauge = Gauge::<i64>::default();
            gauge.set(number);
            gauge
        };
        let count = |number: usize| gauge(i64::try_from(number).unwrap_or(i64::MAX));
        let live = self.live.load();
        let counts = live.snapshot.counts();
        registry.register(
            "snapshot_revision",
            "The revision that is served",
            gauge(live.snapshot.revision().0),
        );
        registry.register(
            "requests_in_flight",
            "Requests that are being served or wait",
            count(self.in_flight()),
        );
        registry.register("users", "Users, disabled ones too", count(counts.users));
        registry.register(
            "client_keys",
            "Client keys in every state",
            count(counts.client_keys),
        );
    }
}

fn of(upstream: &str) -> Labels {
    vec![("upstream", upstream.to_owned())]
}

fn with(labels: &Labels, name: &'static str, value: &str) -> Labels {
    let mut labels = labels.clone();
    labels.push((name, value.to_owned()));
    labels
}

fn set(family: &Family<Labels, Gauge>, labels: &Labels, number: impl TryInto<i64>) {
    family
        .get_or_create(labels)
        .set(number.try_into().unwrap_or(i64::MAX));
}

fn pools(registry: &mut Registry, reports: &[(Labels, UpstreamReport)]) {
    let (keys, leases) = (Family::<Labels, Gauge>::default(), Family::default());
    for (labels, UpstreamReport { pool, .. }) in reports {
        let rest = pool.keys.saturating_sub(pool.ready + pool.cooling);
        for (state, number) in [("ready", pool.ready), ("cooling", pool.cooling), ("other", rest)] {
            set(&keys, &with(labels, "state", state), number);
        }
        set(&leases, labels, pool.in_flight);
    }
    registry.register(
        "pool_keys",
        "Pool keys that may serve: ready for a request, resting after a failure, or neither",
        keys,
    );
    registry.register("leases", "Requests in flight at the upstream", leases);
}

fn queues(registry: &mut Registry, reports: &[(Labels, UpstreamReport)]) {
    let (waiting, users) = (Family::<Labels, Gauge>::default(), Family::default());
    let expected = Family::<Labels, Seconds>::default();
    let ended = Family::<Labels, Counter>::default();
    for (labels, UpstreamReport { queue, .. }) in reports {
        set(&waiting, labels, queue.waiting);
        set(&users, labels, queue.users);
        if let Some(ms) = queue.expected_ms {
            let wait = Duration::from_millis(ms).as_secs_f64();
            expected.get_or_create(labels).set(wait);
        }
        for (how, number) in [
            ("served", queue.served),
            ("refused", queue.refused),
            ("left", queue.left),
        ] {
            ended.get_or_create(&with(labels, "how", how)).inc_by(number);
        }
    }
    registry.register("queue_waiting", "Requests that wait for a pool key", waiting);
    registry.register("queue_users", "Users whose requests wait", users);
    registry.register_with_unit(
        "queue_next_wait",
        "What a request that joined now would be expected to wait",
        Unit::Seconds,
        expected,
    );
    registry.register(
        "queue_ended",
        "Requests that got their pool key after a wait, were refused for want of one, or left before",
        ended,
    );
}

fn nodes(registry: &mut Registry, reports: &[(Labels, UpstreamReport)]) {
    let (busy, held_back) = (Family::<Labels, Gauge>::default(), Family::default());
    let (health, latency) = (Family::default(), Family::<Labels, Seconds>::default());
    let each = reports.iter().flat_map(|(labels, report)| {
        let nodes = report.pool.nodes.iter();
        nodes.map(move |report| (with(labels, "node", &report.node), report))
    });
    for (labels, report) in each {
        // One that was taken out may still end what it has beside another of its name.
        busy.get_or_create(&labels).inc_by(i64::from(report.in_flight));
        if report.state == NodeState::Removed {
            continue;
        }
        set(&held_back, &labels, i64::from(report.cooling));
        set(&health, &with(&labels, "health", condition(report.health)), 1);
        if let Some(ms) = report.latency_ms {
            let latency = latency.get_or_create(&labels);
            latency.set(Duration::from_millis(ms).as_secs_f64());
        }
    }
    registry.register("node_in_flight", "Requests in flight on a node", busy);
    registry.register("node_cooling", "1 while a node rests after a failure", held_back);
    registry.register("node_health", "1 for what a node's checks say", health);
    registry.register_with_unit(
        "node_latency",
        "How soon a node's answers and checks begin, as a peak-sensitive average",
        Unit::Seconds,
        latency,
    );
}

fn condition(of: Condition) -> &'static str {
    match of {
        Condition::Unknown => "unknown",
        Condition::Healthy => "healthy",
        Condition::Unhealthy => "unhealthy",
        Condition::Recovering => "recovering",
    }
}
