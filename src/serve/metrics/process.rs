//! The process itself: what it is, since when it runs, and what it takes of the machine.

use crate::metrics::Page;

/// Bytes of a page of memory, on the machines that this runs on.
const PAGE_OF_MEMORY: u64 = 4096;

/// Since when it runs, in milliseconds since the Unix epoch.
pub(super) fn tell(page: &mut Page, since_unix_ms: i64) {
    page.info(
        "build",
        "What runs",
        vec![("version", env!("CARGO_PKG_VERSION").to_owned())],
    );
    page.gauge(
        "start_time_seconds",
        "When it began, in seconds since the Unix epoch",
        since_unix_ms as f64 / 1000.0,
    );
    if let Some(bytes) = resident_bytes() {
        page.gauge("resident_memory_bytes", "Memory that it holds", bytes as f64);
    }
    if let Some(files) = open_files() {
        page.gauge(
            "open_files",
            "Files and connections that it has open",
            files as f64,
        );
    }
}

fn resident_bytes() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * PAGE_OF_MEMORY)
}

fn open_files() -> Option<usize> {
    // One of them is the look itself.
    Some(std::fs::read_dir("/proc/self/fd").ok()?.count().saturating_sub(1))
}
