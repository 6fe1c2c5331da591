//! Where log lines go and what they look like.

mod files;

use std::io::IsTerminal;
use std::sync::Mutex;

use anyhow::{Context as _, Result, anyhow};
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use crate::clock::unix_ms;
use crate::config::{Log, LogFormat, LogLevel};
use files::{Bounds, Files};

/// Starts logging to standard error, and to files where there is a folder for them, for the whole process. Lines of
/// libraries come through, too, from warnings on: their starting and stopping is told in our words. At the finest
/// levels their notes are added, but never what they write about requests, which has whole heads with the keys in them.
///
/// # Errors
/// When logging was started before, or the files cannot be made.
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
    let shown = lines(log.format, std::io::stderr, std::io::stderr().is_terminal());
    let kept = files(log)?.map(|files| lines(log.format, Mutex::new(files), false));
    let started = tracing_subscriber::registry()
        .with(filter)
        .with(shown)
        .with(kept)
        .try_init();
    started.map_err(|error| anyhow!("logging cannot start: {error}"))
}

fn files(log: &Log) -> Result<Option<Files>> {
    let Some(folder) = &log.folder else {
        return Ok(None);
    };
    let bounds = Bounds {
        size: log.file_size.0,
        age: log.file_age.0,
        kept: usize::from(log.files),
    };
    let files = Files::open(folder, bounds, unix_ms());
    let files = files.with_context(|| format!("the log files in {} cannot be made", folder.display()))?;
    Ok(Some(files))
}

fn lines<S, W>(format: LogFormat, writer: W, colours: bool) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(writer)
        .with_ansi(colours);
    match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().boxed(),
    }
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
