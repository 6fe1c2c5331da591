//! What the figures were measured on.

use std::fs;

use serde::Serialize;

/// The machine, as far as it bears on the figures.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// CPUs that this process may use.
    pub cpus: usize,
    /// The first CPU's name.
    pub cpu: String,
    /// The kernel's release.
    pub kernel: String,
    /// How the parts of the measurement share it.
    pub note: &'static str,
}

impl Machine {
    /// This one.
    #[must_use]
    pub fn here() -> Self {
        let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let cpu = info
            .lines()
            .find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        Self {
            cpus: std::thread::available_parallelism().map_or(1, usize::from),
            cpu: cpu.map_or("unknown", |(_, name)| name).to_owned(),
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease")
                .unwrap_or_default()
                .trim()
                .to_owned(),
            note: "load, upstream and proxy share these CPUs, alike for every proxy",
        }
    }
}
