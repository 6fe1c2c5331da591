//! How long processors worked for the books: this process's, and those of the Postgres server with that port. Other
//! work on the machine makes the clock run on, but not this.

use std::fs;
use std::time::Duration;

/// Of a clock tick, on every Linux that we know.
const TICK: Duration = Duration::from_millis(10);

/// What `/proc/<pid>/stat` says.
struct Stat {
    parent: u64,
    own: u32,
    children: u32,
}

fn stat(pid: &str) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before the last bracket may have spaces.
    let fields: Vec<u64> = text
        .rsplit_once(')')?
        .1
        .split_whitespace()
        .map(|field| field.parse().unwrap_or(0))
        .collect();
    let ticks = |at: usize| fields.get(at).and_then(|ticks| u32::try_from(*ticks).ok());
    Some(Stat {
        parent: *fields.get(1)?,
        own: ticks(11)? + ticks(12)?,
        children: ticks(13)? + ticks(14)?,
    })
}

/// The server's first process.
fn server(port: &str) -> Option<String> {
    let wanted = format!("port={port}");
    let has = |pid: &String| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let mut words = line.split(|byte| *byte == 0);
        words.next().is_some_and(|program| program.ends_with(b"postgres"))
            && words.any(|word| word == wanted.as_bytes())
    };
    pids().into_iter().find(has)
}

fn pids() -> Vec<String> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| name.parse::<u64>().is_ok()).collect()
}

/// Until now, of this process and the server with that port.
pub(crate) fn worked(port: Option<&str>) -> Duration {
    let mut ticks = stat("self").map_or(0, |own| own.own);
    if let Some(first) = port.and_then(server) {
        let stats = pids().into_iter().filter_map(|pid| Some((stat(&pid)?, pid)));
        for (stat, pid) in stats {
            if pid == first {
                ticks += stat.own + stat.children;
            } else if stat.parent.to_string() == first {
                ticks += stat.own;
            }
        }
    }
    TICK * ticks
}

/// The port of a server's address.
pub(crate) fn port(url: &str) -> Option<&str> {
    let behind = url.strip_prefix("postgres://")?.rsplit_once('@')?.1;
    behind.split('/').next()?.rsplit_once(':').map(|(_, port)| port)
}
