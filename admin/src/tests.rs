//! The router, called as a server would call it, over a fresh database and an edge that takes notes.

mod accounts;
mod audit;
mod bulk;
mod checks;
mod client_keys;
mod document;
mod events;
mod findings;
mod idempotency;
mod limits;
mod logins;
mod marks;
mod member;
mod my_keys;
mod my_pool_keys;
mod nodes;
mod others;
mod outbound_proxies;
mod pool_keys;
mod publishing;
mod refusals;
mod settings;
mod sight;
mod spending;
mod upstreams;
mod usage;
mod users;
mod walk;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use futures_util::FutureExt;
use http_body_util::BodyExt;
use parking_lot::Mutex;
use potluck_filters::egress::ProxyReport;
use potluck_filters::finding::FailedAttempt;
use potluck_filters::health::Condition;
use potluck_filters::id::{PoolKeyId, UserId};
use potluck_filters::model::{Account, HttpVersion, Kind, PoolKeyState, Role};
use potluck_filters::pool::{CheckReport, Journal, NodeReport, NodeState, Policy};
use potluck_filters::secret::Secret;
use potluck_filters::snapshot::Delta;
use potluck_filters::trace::Trace;
use potluck_filters::usage::{Counted, RecentStep, RequestNumber, STEP_MS};
use potluck_store::{KeyRing, Probed, SavedProbe, Store, Told};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::api::{NodeFacts, UpstreamFacts};
use crate::auth::{Argon2, AuthSettings};
use crate::caller::By;
use crate::control::{Checking, Control, Live, Publisher, Recheck};
use crate::router::operator_router;

/// When every test takes place, or begins.
const NOW: i64 = 1_790_000_000_000;

const RING: &str = "3q2-7wABAgMEBfX29_gJCgsMDQ4PEJGSk5SVlpeYmZo";

thread_local! {
    /// What the clock says to this test, which has a thread to itself.
    static CLOCK: Cell<i64> = const { Cell::new(NOW) };
}

fn clock() -> i64 {
    CLOCK.get()
}

/// Lets so many milliseconds pass.
fn pass(ms: i64) {
    CLOCK.set(clock() + ms);
}

/// Hashes that cost next to nothing.
fn cheap() -> AuthSettings {
    AuthSettings {
        argon2: Argon2 {
            memory_kib: 64,
            passes: 1,
            lanes: 1,
        },
        ..AuthSettings::default()
    }
}

/// An edge that notes what it is given, and refuses when told to.
#[derive(Default)]
struct NotingEdge {
    given: Mutex<Vec<Delta>>,
    refuses: AtomicBool,
    is_stuck: AtomicBool,
    rechecked: Mutex<Vec<String>>,
    /// What it says when it is asked next when keys rested.
    journal: Mutex<Journal>,
    /// How its node fares.
    condition: Mutex<Condition>,
    proxies: Mutex<Vec<(ProxyReport, bool)>>,
    failed: Mutex<Vec<(String, FailedAttempt)>>,
    traces: Mutex<Vec<(RequestNumber, Arc<Trace>)>>,
    /// Requests of the last quarter of an hour, by user.
    recent: Mutex<Vec<(UserId, u64)>>,
}

impl Publisher for NotingEdge {
    fn check(&self, _: &Delta) -> Result<(), Vec<String>> {
        if self.refuses.load(Ordering::SeqCst) {
            Err(vec!["no such thing".to_owned()])
        } else {
            Ok(())
        }
    }

    fn publish(&self, delta: Delta) -> Result<(), Vec<String>> {
        if self.is_stuck.load(Ordering::SeqCst) {
            return Err(vec!["stuck".to_owned()]);
        }
        self.given.lock().push(delta);
        Ok(())
    }
}

impl Live for NotingEdge {
    fn status(&self) -> Value {
        json!({ "in_flight": 3 })
    }

    fn trace(&self, request: RequestNumber) -> Option<Arc<Trace>> {
        let traces = self.traces.lock();
        let found = traces.iter().find(|(number, _)| *number == request);
        found.map(|(_, trace)| Arc::clone(trace))
    }

    fn recheck(&self, which: Recheck<'_>) {
        self.rechecked.lock().push(format!("{which:?}"));
    }

    fn nodes(&self, upstream: &str) -> Vec<NodeReport> {
        let condition = *self.condition.lock();
        let report = || NodeReport {
            health: condition,
            ..report(None)
        };
        (upstream == "gpu").then(report).into_iter().collect()
    }

    fn take_failed(&self) -> Vec<(String, FailedAttempt)> {
        std::mem::take(&mut *self.failed.lock())
    }

    fn take_key_moves(&self) -> Journal {
        std::mem::take(&mut *self.journal.lock())
    }

    fn proxy_standings(&self) -> Vec<(ProxyReport, bool)> {
        self.proxies.lock().clone()
    }

    fn recent(&self) -> BTreeMap<Arc<str>, Vec<RecentStep>> {
        let requests = self.recent.lock().iter().map(|(_, requests)| requests).sum();
        steps(requests)
    }

    fn recent_of(&self, user: UserId) -> BTreeMap<Arc<str>, Vec<RecentStep>> {
        let own = self
            .recent
            .lock()
            .iter()
            .filter(|(whose, _)| *whose == user)
            .map(|(_, own)| own)
            .sum();
        steps(own)
    }

    fn check_node<'a>(&'a self, _: &'a str, node: &'a str) -> Checking<'a> {
        let check = CheckReport {
            ok: true,
            status: Some(200),
            error: None,
            latency_ms: 5,
            ago_ms: 0,
        };
        let found = (node == "gpu-1").then(|| report(Some(check)));
        Box::pin(std::future::ready(found))
    }
}

/// A step without anything, and one with so many requests of one upstream.
fn steps(requests: u64) -> BTreeMap<Arc<str>, Vec<RecentStep>> {
    let step = |at, requests| RecentStep {
        at,
        ms: STEP_MS,
        counted: Counted {
            requests,
            ..Counted::default()
        },
    };
    let steps = vec![step(NOW - STEP_MS, 0), step(NOW, requests)];
    BTreeMap::from([(Arc::from("gpu"), steps)])
}

fn report(last_check: Option<CheckReport>) -> NodeReport {
    NodeReport {
        node: "gpu-1".to_owned(),
        url: "https://gpu-1.example".to_owned(),
        role: Role::Any,
        state: NodeState::Active,
        preferred: false,
        health: Condition::Healthy,
        health_for_ms: Some(9),
        last_check,
        in_flight: 3,
        cooling: false,
        latency_ms: Some(40),
    }
}

pub(crate) struct Relay {
    router: Router,
    pub(crate) control: Arc<Control>,
    edge: Arc<NotingEdge>,
    folder: tempfile::TempDir,
}

impl Relay {
    /// A relay without users.
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}/control.db", folder.path().display());
        let ring = KeyRing::parse(&Secret::new(RING), None).unwrap();
        let store = Store::open(&url, ring).await.unwrap();
        let edge = Arc::new(NotingEdge::default());
        let control = Control::new(store, upstreams(), edge.clone(), edge.clone(), clock);
        let control = Arc::new(control.with_auth(cheap()));
        Self {
            router: operator_router(Arc::clone(&control)),
            control,
            edge,
            folder,
        }
    }

    /// The same, for clients that reach it at this URL.
    fn reached_at(self, url: &str) -> Self {
        self.with(|control| control.reached_at(Some(url.to_owned())))
    }

    /// The same with another control plane.
    fn with(self, change: impl FnOnce(Control) -> Control) -> Self {
        let Self {
            router,
            control,
            edge,
            folder,
        } = self;
        drop(router);
        let control = Arc::new(change(Arc::into_inner(control).unwrap()));
        Self {
            router: operator_router(Arc::clone(&control)),
            control,
            edge,
            folder,
        }
    }

    /// A relay with its admin.
    pub(crate) async fn seeded() -> Self {
        let relay = Self::new().await;
        let (status, _) = relay
            .post("/manage/v1/users", json!({ "name": "owner", "role": "admin" }))
            .await;
        assert_eq!(status, StatusCode::CREATED);
        relay
    }

    async fn send(&self, method: Method, path: &str, body: String) -> (StatusCode, Value) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .body(Body::from(body))
            .unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let status = answer.status();
        let kind = if status.is_success() {
            "application/json"
        } else {
            "application/problem+json"
        };
        if status == StatusCode::NO_CONTENT {
            return (status, Value::Null);
        }
        assert_eq!(answer.headers()["content-type"], kind, "{path}");
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap())
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.send(Method::GET, path, String::new()).await
    }

    async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.send(Method::POST, path, body.to_string()).await
    }

    async fn patch(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.send(Method::PATCH, path, body.to_string()).await
    }

    /// A client key's answer.
    async fn create_key(&self, body: Value) -> Value {
        let (status, created) = self.post("/manage/v1/keys", body).await;
        assert_eq!(status, StatusCode::CREATED, "{created}");
        created
    }

    /// A pool key's answer.
    async fn add(&self, credential: &str) -> Value {
        let body = json!({ "upstream": "novelai", "credential": credential });
        let (status, added) = self.post("/manage/v1/pool-keys", body).await;
        assert_eq!(status, StatusCode::CREATED, "{added}");
        added
    }

    /// As the prober does when an account is well.
    async fn probed_well(&self, added: &Value) {
        let probed = Probed {
            state: PoolKeyState::Healthy,
            reason: None,
            account: Some(OPUS),
            credit: Told::default(),
            account_id: None,
            probe_streak: 0,
            next_probe_at: Some(NOW + 600_000),
            at: NOW,
        };
        let saved = self.control.save_probe(id(added), &probed).await.unwrap();
        assert_eq!(saved, SavedProbe::Saved);
    }

    /// As the prober does when an account's credential is refused.
    async fn refused(&self, added: &Value) {
        let probed = Probed {
            state: PoolKeyState::Invalid,
            reason: Some("refused"),
            account: None,
            credit: Told::default(),
            account_id: None,
            probe_streak: 1,
            next_probe_at: Some(NOW + 600_000),
            at: NOW,
        };
        let saved = self.control.save_probe(id(added), &probed).await.unwrap();
        assert_eq!(saved, SavedProbe::Saved);
    }

    /// Whether somebody who waits for probes would be woken.
    fn is_probe_due(&self) -> bool {
        self.control.probe_due().notified().now_or_never().is_some()
    }

    fn last_given(&self) -> Delta {
        self.edge.given.lock().last().unwrap().clone()
    }
}

const OPUS: Account = Account {
    tier: 3,
    active: true,
    anlas: 9_000,
    battery: None,
    battery_negative: false,
    expires_at: Some(1_800_000_000),
    checked_at: NOW - 5,
};

fn id(added: &Value) -> PoolKeyId {
    PoolKeyId(added["id"].as_i64().unwrap())
}

fn upstreams() -> Vec<UpstreamFacts> {
    let node = |name: &str, role, origin: &str| NodeFacts {
        name: name.to_owned(),
        role,
        url: format!("https://{name}.example"),
        origin: origin.to_owned(),
        http: HttpVersion::Auto,
    };
    let nodes = vec![
        node("image", Role::Image, "image.example:443"),
        node("text", Role::Text, "text.example:443"),
    ];
    let vercel = vec![node("vercel", Role::Any, "vercel.example:443")];
    let gpu = vec![node("gpu-1", Role::Any, "gpu.example:443")];
    vec![
        UpstreamFacts {
            name: "novelai".to_owned(),
            kind: Kind::Novelai,
            keyed: true,
            operators_only: false,
            credit: false,
            probed: true,
            configured_policy: Policy::RoundRobin,
            allow_plaintext: false,
            private_networks: Vec::new(),
            nodes,
        },
        UpstreamFacts {
            name: "vercel".to_owned(),
            kind: Kind::Openai,
            keyed: true,
            operators_only: false,
            credit: false,
            probed: false,
            configured_policy: Policy::CreditWeighted,
            allow_plaintext: false,
            private_networks: Vec::new(),
            nodes: vercel,
        },
        UpstreamFacts {
            name: "gpu".to_owned(),
            kind: Kind::Http,
            keyed: false,
            operators_only: false,
            credit: false,
            probed: false,
            configured_policy: Policy::RoundRobin,
            allow_plaintext: true,
            private_networks: vec!["10.1.0.0/16".parse().unwrap()],
            nodes: gpu,
        },
    ]
}
