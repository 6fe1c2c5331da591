//! Starting, running and stopping a relay: the data plane on Pingora's threads, the control plane on its
//! own, both in one process.
//!
//! 1. [`Relay::open`]: lock the data folder, open the database, build the snapshot, make the edge.
//! 2. [`Relay::start`]: bind the public listener, the control socket and the API's own listener, and serve.
//! 3. [`Running::wait`]: until a signal says stop and what is in flight has ended.
//!
//! Invariant: nothing is bound before everything that can be wrong has been checked.

mod admin;
mod before;
mod binding;
mod books;
mod control;
mod housekeeping;
pub mod logging;
mod metrics;
mod mount;
pub mod public;
mod shutdown;
mod traces;
mod usage;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use http::HeaderValue;
use pingora::server::{RunArgs, Server};
use potluck_admin::Control;
use potluck_admin::job::{self, JobSettings, Jobs};
use potluck_admin::sight::{self, Sight, SightSettings};
use potluck_admin::store::table::starts::Start;
use potluck_filters::framing::HeadLimits;
use potluck_filters::model::Layout;
use potluck_filters::snapshot::Snapshot;

use crate::cli::local::{self, DataLock};
use crate::clock::{chance, epoch, unix_ms};
use crate::config::{self, Config, Listener};
use crate::edge::{Edge, Opener, Settings};
use crate::secrets::Secrets;
use admin::Door;
use binding::{Ports, free, socket_can_be_made, socket_fits, until_bound};
use books::Books;
use control::EdgeLink;
pub use shutdown::Stop;
use traces::Traces;
use usage::Keeping;

/// How long names of nodes may take before the relay starts without them; they are looked up again.
const FIRST_LOOKUP: Duration = Duration::from_secs(2);

/// A relay that is ready to be started.
#[derive(Debug)]
pub struct Relay {
    config: Config,
    layout: Arc<Layout>,
    edge: Arc<Edge>,
    control: Arc<Control>,
    runtime: tokio::runtime::Runtime,
    door: Option<Door>,
    lock: DataLock,
}

/// A relay that serves.
#[derive(Debug)]
pub struct Running {
    /// Where clients reach it.
    pub address: SocketAddr,
    /// Where programs with the operator's token reach its API, if they may.
    pub admin: Option<SocketAddr>,
    /// Where a monitoring system reaches it.
    pub metrics: Option<SocketAddr>,
    /// The control plane's calls.
    pub control: Arc<Control>,
    /// The data plane.
    pub edge: Arc<Edge>,
    /// The control plane's threads.
    pub runtime: tokio::runtime::Runtime,
    done: mpsc::Receiver<()>,
    server: JoinHandle<()>,
    books: Books,
    /// Nobody keeps books of usage where the database has none.
    usage: Option<Keeping>,
    jobs: Jobs,
    sight: Sight,
    traces: Option<Traces>,
    socket: PathBuf,
    _lock: DataLock,
}

/// Runs a relay until it is told to stop.
///
/// # Errors
/// Whatever keeps it from starting, with the way out.
pub fn run(config: Config, secrets: &Secrets) -> Result<()> {
    logging::start(&config.log)?;
    let running = Relay::open(config, secrets)?.start(Stop::OnSignals)?;
    tracing::info!(address = %running.address, "serving");
    running.wait();
    Ok(())
}

impl Relay {
    /// Opens database and snapshot. Nothing is bound yet.
    ///
    /// # Errors
    /// A data folder in use, an unusable database, a wrong key ring, an occupied port.
    pub fn open(config: Config, secrets: &Secrets) -> Result<Self> {
        socket_fits(&config)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("control")
            .enable_all()
            .build()
            .context("the control plane's threads cannot start")?;
        let layout = Arc::new(
            config
                .layout()
                .map_err(|problems| anyhow!("{}", listed(&problems)))?,
        );
        // First of all who has the data folder: a second relay mostly finds the port occupied, too.
        let lock = DataLock::take(&config.data)?;
        free(config.listen.address.0, "listen.address")?;
        let door = Door::of(&config, secrets)?;
        if let Some(door) = &door {
            free(door.address, "admin.listen")?;
        }
        if let Listener::At(address) = config.metrics.listen {
            free(address, "metrics.listen")?;
        }
        socket_can_be_made(&config.socket_path())?;
        let store = runtime.block_on(local::open_store(&config, secrets))?;
        let usage = runtime.block_on(local::open_usage(&config, &store))?;
        let parts = runtime.block_on(store.load())?;
        let revision = parts.revision;
        let snapshot = Snapshot::build(parts.into_draft(Arc::clone(&layout)));
        let snapshot =
            snapshot.map_err(|problems| anyhow!("the database is not sound: {}", listed(&problems)))?;
        let edge = Arc::new(Edge::new(settings(&config)?, snapshot));
        let link = Arc::new(EdgeLink(Arc::clone(&edge)));
        let control = Control::new(
            store,
            local::facts(&layout, &config),
            Arc::clone(&link) as _,
            link,
            unix_ms,
        )
        .with_auth(config.auth.settings())
        .with_usage(usage)
        .with_routes(local::routes(&layout, &config))
        .reached_at(config.admin.public_base_url.clone())
        .configured(config::effective(&config, secrets));
        runtime.block_on(control.begin_at(revision));
        runtime.block_on(control.settle_pending())?;
        runtime.block_on(before::tell(&edge, &control, &usage::folder(&config)))?;
        control.allow_calls(config.admin.requests_per_minute);
        let control = Arc::new(control);
        if let Some(mount) = admin::mounted(&config, secrets, &control, &runtime)? {
            edge.mount(mount);
        }
        Ok(Self {
            config,
            layout,
            edge,
            control,
            runtime,
            door,
            lock,
        })
    }

    /// Binds and serves, in threads of its own.
    ///
    /// # Errors
    /// When a listener cannot be bound.
    pub fn start(self, stop: Stop) -> Result<Running> {
        let Self {
            config,
            layout,
            edge,
            control,
            runtime,
            door,
            lock,
        } = self;
        let _ = runtime.block_on(async { tokio::time::timeout(FIRST_LOOKUP, edge.resolve()).await });
        let epoch = epoch();
        let usage = usage::begin(&config, epoch, &edge, &control, &runtime)?;
        let mut ports = Ports::default();
        let address = ports.fixed(config.listen.address.0)?;
        let socket = config.socket_path();

        let mut server = pingora(&config, &edge);
        let (conf, h2) = (Arc::clone(&server.configuration), config.listen.http2);
        server.add_service(public::service(&conf, Arc::clone(&edge), address, h2));
        server.add_service(control::service(
            &socket,
            Arc::clone(&control),
            runtime.handle().clone(),
        ));
        let admin = door
            .map(|door| door.open(&mut ports, &mut server, &control, &runtime))
            .transpose()?;
        let metrics = metrics::open(&config, &mut ports, &mut server, &edge, &runtime)?;
        server.add_service(housekeeping::service(Arc::clone(&edge)));

        let (finished, done) = mpsc::channel();
        let shutdown_signal = Box::new(stop.watch(Arc::clone(&edge), finished.clone()));
        let server = in_a_thread(move || {
            server.run(RunArgs { shutdown_signal });
            let _ = finished.send(());
        })?;
        until_bound(address, &server)?;
        admin.map_or(Ok(()), |address| admin::until_open(address, &server))?;
        metrics.map_or(Ok(()), |address| metrics::until_open(address, &server))?;
        drop(ports);
        let (books, jobs, sight, traces) = {
            let _control = runtime.enter();
            beside(&config, epoch, layout, &edge, &control)
        };
        Ok(Running {
            address,
            admin,
            metrics,
            control,
            edge,
            runtime,
            done,
            server,
            books,
            usage,
            jobs,
            sight,
            traces,
            socket,
            _lock: lock,
        })
    }
}

fn pingora(config: &Config, edge: &Edge) -> Server {
    let conf = public::server_conf(config.thread_count(), edge.keepalive_pool());
    let mut server = Server::new_with_opt_and_conf(None, conf);
    server.bootstrap();
    server
}

fn in_a_thread(serve: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    let thread = std::thread::Builder::new().name("server".into()).spawn(serve);
    thread.context("the server's thread cannot start")
}

/// What runs beside the edge, on the current runtime.
fn beside(
    config: &Config,
    epoch: i64,
    layout: Arc<Layout>,
    edge: &Arc<Edge>,
    control: &Arc<Control>,
) -> (Books, Jobs, Sight, Option<Traces>) {
    let books = Books::open(Arc::clone(edge), Arc::clone(control));
    let seen = SightSettings {
        keep: config.history.keep.0,
        ..SightSettings::default()
    };
    let start = Start {
        edge: config.edge_name().to_owned(),
        epoch,
        at: edge.began_unix_ms(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let sight = sight::spawn(Arc::clone(control), seen, start, unix_ms, chance);
    let traces = Traces::open(config, edge);
    (books, jobs(config, layout, edge, control), sight, traces)
}

/// Probes and logins; what the edge sees of pool keys is told to them.
fn jobs(config: &Config, layout: Arc<Layout>, edge: &Edge, control: &Arc<Control>) -> Jobs {
    let probe = (&config.probe).into();
    let settings = JobSettings {
        layout,
        probe,
        tunnels: Arc::new(Opener),
    };
    let jobs = job::spawn(Arc::clone(control), settings, unix_ms, chance);
    let observer = jobs.observer();
    edge.on_observation(move |seen| observer.observe(seen));
    jobs
}

impl Running {
    /// Waits until the relay has been told to stop and what was in flight has ended.
    pub fn wait(self) {
        // An error means that the server's thread is gone, which is the end, too.
        let _ = self.done.recv();
        tracing::info!(in_flight = self.edge.in_flight(), "stopped");
        self.runtime.block_on(async {
            self.jobs.stop().await;
            self.sight.stop().await;
            self.books.close().await;
            if let Some(usage) = self.usage {
                usage.close().await;
            }
            if let Some(traces) = self.traces {
                traces.close().await;
            }
            self.control.close().await;
        });
        self.runtime.shutdown_background();
        // A socket that nobody listens on would only puzzle; the next start removes it in any case.
        let _ = std::fs::remove_file(&self.socket);
        drop(self.server);
    }
}

fn settings(config: &Config) -> Result<Settings> {
    let limits = &config.limits;
    let name = config.edge_name();
    let body_memory = limits.body_memory.0;
    let _: HeaderValue = name
        .parse()
        .with_context(|| format!("edge.name {name:?} cannot stand in a header"))?;
    Ok(Settings {
        // Once a process: what is static is cloned without a count that all threads share.
        name: HeaderValue::from_static(name.to_owned().leak()),
        head: HeadLimits {
            bytes: usize::try_from(limits.header_bytes.0).unwrap_or(usize::MAX),
            count: usize::from(limits.header_count),
        },
        body_memory,
        body_memory_per_user: body_memory / u64::from(limits.body_shares.max(1)),
        body_wait: limits.body_wait.0,
        failures_per_minute: config.auth.failures_per_minute,
        anonymous_per_minute: config.auth.anonymous_per_minute,
        keep_alive: limits.keep_alive.0,
        client_read: limits.read_timeout.0,
        client_write: limits.write_timeout.0,
        min_send_rate: usize::try_from(limits.min_send_rate.0).unwrap_or(usize::MAX),
        access_log: config.log.access,
        keepalive_pool: 1024,
        server_timing: config.edge.server_timing,
        models_refresh: config.edge.models_refresh.0,
    })
}

fn listed<P: std::fmt::Display>(problems: &[P]) -> String {
    problems
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("; ")
}
