//! `potluck-bench soak`: the relay under a mixed load for minutes, in front of fakes that fail now and then, with
//! clients that leave and changes every second. What counts is what is left at the end: nothing.
//!
//! 1. [`stage`] starts the fakes in this process and the relay as a child, with everything in its pool.
//! 2. For the given time, [`traffic`] sends requests at a bounded rate ([`act`]: one of each kind), [`trouble`]
//!    scripts faults, [`changes`] makes, uses and deletes keys, and [`sample`] looks at the relay each second.
//! 3. When all requests have ended, the relay must hold no request and no lease; [`report`] says so.

pub(crate) mod act;
mod broken;
mod changes;
pub(crate) mod client;
mod options;
mod report;
mod sample;
mod socket;
pub(crate) mod stage;
mod tally;
mod traffic;
mod trouble;

use std::io::Write as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use potluck_fakes::demo::DemoOptions;
use tokio::signal::unix::{SignalKind, signal};

pub use options::SoakOptions;
use report::Report;
use sample::Probe;
use stage::Stage;

/// Credentials of each kind.
const CREDENTIALS: usize = 8;
/// How long the relay may take to let go of the last request and lease.
const LETTING_GO: Duration = Duration::from_secs(30);

/// Soaks the relay and reports; fails where something was left or an answer was malformed.
///
/// # Errors
/// When the relay cannot be started or ends early, or the report cannot be written.
pub fn run(options: &SoakOptions) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("a runtime")?;
    let report = runtime.block_on(interruptible(options))?;
    report.write(&options.out)?;
    std::io::stdout()
        .write_all(report.table().as_bytes())
        .context("printing the report")?;
    eprintln!("report: {}", options.out.display());
    Ok(if report.is_clean() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn interruptible(options: &SoakOptions) -> Result<Report> {
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for SIGINT")?;
    tokio::select! {
        report = soaked(options) => report,
        _ = terminate.recv() => bail!("terminated"),
        _ = interrupt.recv() => bail!("interrupted"),
    }
}

/// Enough credentials that one image after the other on each keeps up with the load.
fn demo() -> DemoOptions {
    DemoOptions {
        credentials: CREDENTIALS,
        ..DemoOptions::default()
    }
}

async fn soaked(options: &SoakOptions) -> Result<Report> {
    let mut stage = Stage::set(options.potluck.clone(), options.keep, demo()).await?;
    let began = Instant::now();
    let until = began + Duration::from_secs(60 * u64::from(options.minutes));
    let probe = Probe::open(&stage).await?;
    let (mut samples, (), changed, ()) = tokio::join!(
        sample::run(probe, began, until),
        trouble::run(&stage.world, until),
        changes::run(&stage, until),
        traffic::run(&stage.site, options.rate, until),
    );
    changed?;
    stage.world.openai.server.faults.clear_all();
    stage.world.novelai.faults().clear_all();
    let left = samples.until_idle(LETTING_GO).await?;
    stage.relay.must_run()?;
    let log = stage.log()?;
    Ok(Report::new(options, &stage.site.tally, samples.taken, left, &log))
}
