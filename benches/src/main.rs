//! `potluck-bench`: reads the options, measures, prints and writes the report. Whatever ends it, an
//! interrupt too, drops what it started.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Parser;
use potluck_bench::ending;
use potluck_bench::options::{Command, Options, Scenario};
use potluck_bench::potluck::Relay;
use potluck_bench::report::Report;
use potluck_bench::scenario::{post, queue, swap};
use potluck_bench::soak;
use potluck_bench::target::Ground;
use tokio::signal::unix::{SignalKind, signal};

fn main() -> ExitCode {
    ending::of("potluck-bench", run())
}

fn run() -> Result<ExitCode> {
    let options = Options::parse();
    if cfg!(debug_assertions) {
        eprintln!("a debug build: its figures mean nothing");
    }
    if let Some(Command::Soak(soak)) = &options.command {
        return soak::run(soak);
    }
    options.check()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("a runtime")?;
    let report = runtime.block_on(interruptible(&options))?;
    report.write(&options.out)?;
    let shown = if options.json {
        report.json()? + "\n"
    } else {
        report.table()
    };
    std::io::stdout()
        .write_all(shown.as_bytes())
        .context("printing the report")?;
    eprintln!("report: {}", options.out.display());
    let failed = options.gate && !report.within_budget();
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

async fn interruptible(options: &Options) -> Result<Report> {
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for SIGINT")?;
    tokio::select! {
        report = measured(options) => report,
        _ = terminate.recv() => bail!("terminated"),
        _ = interrupt.recv() => bail!("interrupted"),
    }
}

async fn measured(options: &Options) -> Result<Report> {
    let ground = Ground::prepare(options.keep).await?;
    let mut measured = Vec::new();
    if options.wants(Scenario::Post1k) {
        let relay = Relay::new(options, "post-1k", post::CLIENT_KEYS, post::POOL_KEYS)?;
        measured = post::run(options, &ground, &relay).await?;
    }
    let mut swapped = None;
    if options.wants(Scenario::Swap100k) {
        let relay = Relay::new(options, "swap-100k", swap::CLIENT_KEYS, post::POOL_KEYS)?;
        swapped = Some(swap::run(&ground, &relay).await?);
    }
    let mut queued = None;
    if options.wants(Scenario::Queue64) {
        queued = Some(queue::run(options.potluck.clone(), options.keep).await?);
    }
    Ok(Report::new(options, &measured, swapped, queued))
}
