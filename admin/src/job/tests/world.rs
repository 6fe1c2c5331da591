//! What every test of the jobs begins with.

pub(super) mod edge;
pub(super) mod tunnels;
pub(super) mod upstream;

use std::future::Future;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use potluck_fakes::novelai::{Account, Holder, NovelAi};
use potluck_fakes::{FakeServer, Faults, Records, TestCa};
use potluck_filters::id::PoolKeyId;
use potluck_filters::life::{Observation, Seen};
use potluck_filters::model::{Caps, Layout, PoolKey, PoolKeyState, Upstream};
use potluck_filters::probe;
use potluck_filters::secret::Secret;
use potluck_store::table::pool_keys::{Added, NewCredential, PoolKeyRow, Terms};
use potluck_store::table::users::{NewUser, UserRole};
use potluck_store::{KeyRing, Store};

use crate::caller::By;
use crate::control::Control;
use crate::job::{JobSettings, Jobs, spawn};
use edge::Edge;
use tunnels::Scripted;
use upstream::upstream;

pub(super) const MINUTE: i64 = 60_000;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const SUBSCRIPTION: &str = "/user/subscription";
pub(super) const LOGIN: &str = "/user/login";
/// When every test begins.
const START: i64 = 1_790_000_000_000;
/// Longer than anything here can take, so that a test that waits in vain ends.
const PATIENCE: Duration = Duration::from_secs(60);

static CLOCKS: [AtomicI64; 40] = [const { AtomicI64::new(START) }; 40];

/// The clock of test `N`: the jobs take a plain function.
fn clock<const N: usize>() -> i64 {
    CLOCKS[N].load(Ordering::SeqCst)
}

pub(super) struct World {
    pub(super) fake: NovelAi,
    pub(super) server: FakeServer,
    pub(super) control: Arc<Control>,
    edge: Arc<Edge>,
    pub(super) jobs: Jobs,
    job: JobSettings,
    pub(super) tunnels: Arc<Scripted>,
    clock: fn() -> i64,
    store: Store,
    now: &'static AtomicI64,
    origin: String,
    folder: tempfile::TempDir,
}

/// How the fake is reached.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tls {
    Off,
    /// The upstream names the authority that signed the fake's certificate.
    Trusted,
    /// It names another one.
    Stranger,
}

pub(super) fn settings() -> probe::Settings {
    probe::Settings {
        enabled: true,
        interval: Duration::from_secs(600),
        spread: 20,
        per_minute: NonZeroU32::MAX,
        timeout: PATIENCE,
    }
}

async fn store(folder: &tempfile::TempDir) -> Store {
    let url = format!("sqlite:{}/control.db", folder.path().display());
    let ring = KeyRing::parse(&Secret::new("3q2-7wABAgMEBfX29_gJCgsMDQ4PEJGSk5SVlpeYmZo"), None).unwrap();
    Store::open(&url, ring).await.unwrap()
}

impl World {
    /// Jobs with no keys, on the clock of test `N`.
    pub(super) async fn new<const N: usize>() -> Self {
        Self::with::<N>(settings(), Tls::Off).await
    }

    pub(super) async fn with<const N: usize>(settings: probe::Settings, tls: Tls) -> Self {
        Self::beside::<N>(settings, tls, Vec::new()).await
    }

    /// The same with other upstreams beside NovelAI.
    pub(super) async fn beside<const N: usize>(
        settings: probe::Settings,
        tls: Tls,
        others: Vec<Upstream>,
    ) -> Self {
        let fake = NovelAi::default();
        let (faults, records) = (Faults::new(), Records::new());
        let mut server = match tls {
            Tls::Off => FakeServer::start(fake.router(), faults, records).await,
            Tls::Trusted | Tls::Stranger => FakeServer::start_tls(fake.router(), faults, records).await,
        }
        .unwrap();
        if tls == Tls::Stranger {
            server.ca_pem = Some(TestCa::generate().unwrap().pem().to_owned());
        }
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder).await;
        let admin = NewUser {
            name: "owner".to_owned(),
            role: UserRole::Admin,
            limit: None,
            password_hash: None,
        };
        let mut change = store.change().await.unwrap();
        change.create_user(&admin, START).await.unwrap();
        let revision = change.commit().await.unwrap();
        let edge = Arc::new(Edge::default());
        let control = Control::new(store.clone(), Vec::new(), edge.clone(), edge.clone(), clock::<N>);
        control.begin_at(revision).await;
        let control = Arc::new(control);
        let tunnels = Arc::new(Scripted::default());
        let layout = Layout {
            routes: Vec::new(),
            upstreams: std::iter::once(upstream(&server)).chain(others).collect(),
        };
        let job = JobSettings {
            layout: Arc::new(layout),
            probe: settings,
            tunnels: tunnels.clone(),
        };
        let jobs = spawn(Arc::clone(&control), job.clone(), clock::<N>, || 0.5);
        let origin = format!(
            "{}:{}",
            if tls == Tls::Off { "127.0.0.1" } else { "localhost" },
            server.addr.port()
        );
        Self {
            fake,
            server,
            control,
            edge,
            jobs,
            job,
            tunnels,
            clock: clock::<N>,
            store,
            now: &CLOCKS[N],
            origin,
            folder,
        }
    }

    /// Other jobs in place of these, as after a restart.
    pub(super) async fn restarted(self) -> Self {
        self.jobs.stop().await;
        let jobs = spawn(Arc::clone(&self.control), self.job.clone(), self.clock, || 0.5);
        Self { jobs, ..self }
    }

    /// The data folder.
    pub(super) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub(super) fn now(&self) -> i64 {
        self.now.load(Ordering::SeqCst)
    }

    /// Time passes, and the jobs look at the clock.
    pub(super) fn advance(&self, ms: i64) {
        self.now.fetch_add(ms, Ordering::SeqCst);
        self.control.probe_due().notify_one();
    }

    /// An account with its token in the pool as a pending key.
    pub(super) async fn guest(&self, name: &str) -> (Holder, PoolKeyId) {
        self.bring(Account::opus(
            &format!("{name}@example.com"),
            &format!("pst-{name}"),
        ))
        .await
    }

    /// The same without a subscription, whose end would move with the fake's clock.
    pub(super) async fn still_guest(&self, name: &str) -> (Holder, PoolKeyId) {
        let account = Account::opus(&format!("{name}@example.com"), &format!("pst-{name}"));
        self.bring(Account {
            active: false,
            ..account
        })
        .await
    }

    async fn bring(&self, account: Account) -> (Holder, PoolKeyId) {
        let token = Secret::new(account.token.clone().unwrap());
        let holder = self.fake.add(account);
        (holder, self.add(NewCredential::Token(token)).await)
    }

    pub(super) async fn add(&self, credential: NewCredential) -> PoolKeyId {
        self.add_bound(credential, &self.origin).await
    }

    pub(super) async fn add_login(&self, username: &str, password: &str) -> PoolKeyId {
        let password = Secret::new(password);
        let username = username.to_owned();
        self.add(NewCredential::Login { username, password }).await
    }

    pub(super) async fn add_bound(&self, credential: NewCredential, origin: &str) -> PoolKeyId {
        self.add_to("novelai", credential, origin, PoolKeyState::Pending)
            .await
    }

    pub(super) async fn add_to(
        &self,
        upstream: &str,
        credential: NewCredential,
        origin: &str,
        state: PoolKeyState,
    ) -> PoolKeyId {
        let mut turn = self.control.turn(&By::job("test")).await.unwrap();
        let terms = Terms {
            upstream: upstream.to_owned(),
            contributor: turn.change().first_admin().await.unwrap().unwrap(),
            label: String::new(),
            origins: vec![origin.into()],
            concurrency: None,
            caps: Caps::default(),
            state,
            notice: None,
        };
        let added = turn
            .change()
            .add_pool_keys(&terms, &[credential], START)
            .await
            .unwrap();
        turn.end_job().await.unwrap();
        self.control.probe_due().notify_one();
        match added[..] {
            [Added::Added(id)] => id,
            ref other => panic!("{other:?}"),
        }
    }

    /// What people do to a key, without its probe.
    pub(super) async fn set_state(&self, id: PoolKeyId, state: PoolKeyState) {
        let mut turn = self.control.turn(&By::job("test")).await.unwrap();
        let mut row = turn.change().pool_key(id).await.unwrap().unwrap();
        row.state = state;
        turn.change().save_pool_key(&row).await.unwrap();
        turn.end_job().await.unwrap();
    }

    pub(super) async fn withdraw(&self, id: PoolKeyId) {
        let mut turn = self.control.turn(&By::job("test")).await.unwrap();
        turn.change().withdraw_pool_key(id, self.now()).await.unwrap();
        turn.end_job().await.unwrap();
    }

    pub(super) fn report(&self, key: PoolKeyId, seen: Seen) {
        self.jobs.observe(Observation { key, seen });
    }

    pub(super) async fn row(&self, id: PoolKeyId) -> PoolKeyRow {
        self.store.pool_key(id).await.unwrap().unwrap()
    }

    /// Waits until the key's row is as wanted.
    pub(super) async fn until(&self, id: PoolKeyId, wanted: impl Fn(&PoolKeyRow) -> bool) -> PoolKeyRow {
        patiently(async {
            loop {
                let row = self.row(id).await;
                if wanted(&row) {
                    // Whoever wrote it has the turn until the edge serves it.
                    drop(self.control.published.lock().await);
                    return row;
                }
                tokio::task::yield_now().await;
            }
        })
        .await
    }

    /// Goes from one probe of the key to the next until it is in that state.
    pub(super) async fn in_time(&self, id: PoolKeyId, state: PoolKeyState) -> PoolKeyRow {
        self.until(id, |row| {
            let until_due = row.next_probe_at.map_or(0, |at| at - self.now());
            if row.state != state && until_due > 0 {
                self.advance(until_due);
            }
            row.state == state
        })
        .await
    }

    /// Waits until the key is in that state.
    pub(super) async fn until_state(&self, id: PoolKeyId, state: PoolKeyState) -> PoolKeyRow {
        self.until(id, |row| row.state == state).await
    }

    /// Waits until so many requests of that path have been answered.
    pub(super) async fn until_asked(&self, path: &str, times: usize) {
        patiently(self.server.records.wait_until(|records| {
            let asked = records
                .iter()
                .filter(|record| record.path() == path && record.ended.is_some());
            asked.count() >= times
        }))
        .await;
    }

    /// Waits until so many requests of that path have come, answered or not.
    pub(super) async fn until_arrived(&self, path: &str, times: usize) {
        patiently(
            self.server
                .records
                .wait_until(|records| records.iter().filter(|record| record.path() == path).count() >= times),
        )
        .await;
    }

    /// Waits until the jobs have read all reports.
    pub(super) async fn until_reported(&self) {
        patiently(async {
            while self.jobs.observer.0.capacity() < self.jobs.observer.0.max_capacity() {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    pub(super) fn asked(&self, path: &str) -> usize {
        let records = self.server.records.all();
        records.iter().filter(|record| record.path() == path).count()
    }

    /// The pool key as edges have it now; `None` where it does not serve.
    pub(super) fn served(&self, id: PoolKeyId) -> Option<PoolKey> {
        self.edge.served(id)
    }

    pub(super) fn pushed(&self) -> usize {
        self.edge.pushed()
    }
}

async fn patiently<T>(wait: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, wait)
        .await
        .expect("waited in vain")
}
