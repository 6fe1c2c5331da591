//! Where log lines go and what they look like.

use std::io::IsTerminal;

use anyhow::{Result, anyhow};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{Log, LogFormat, LogLevel};

/// Starts logging to standard error, for the whole process. Lines of libraries come through, too, from
/// warnings on: their starting and stopping is told in our words. At the finest levels their notes are
/// added, but never what they write about requests, which has whole heads with the keys in them.
///
/// # Errors
/// When logging was started before.
pub fn start(log: &Log) -> Result<()> {
    let level = level(log.level);
    let libraries = if level > LevelFilter::INFO {
        LevelFilter::INFO
    } else {
        level.min(LevelFilter::WARN)
    };
    let filter = Targets::new()
        .with_default(libraries)
        .with_targets(["potluck", "potluck_admin", "potluck_store", "access"].map(|ours| (ours, level)));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = lines.with_ansi(std::io::stderr().is_terminal());
    let registry = tracing_subscriber::registry().with(filter);
    let started = match log.format {
        LogFormat::Text => registry.with(lines).try_init(),
        LogFormat::Json => registry.with(lines.json()).try_init(),
    };
    started.map_err(|error| anyhow!("logging cannot start: {error}"))
}

fn level(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
}
