//! The CPU time of a process group, read from `/proc`: what a proxy and all its workers used.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

/// `utime` and `stime` are in units of `USER_HZ`, which is 100 on every Linux that users can see
/// (proc(5)): a round of seconds is known to within a few hundredths of a second.
const TICK: Duration = Duration::from_millis(10);

/// How the relay calls the threads of its control plane: its own, and those of SQLite.
const CONTROL: [&str; 2] = ["control", "sqlx-sqlite"];

/// User and system time of a process group.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Cpu {
    /// All of it.
    pub whole: Duration,
    /// Of it that of the control plane's threads, which write the books; zero for other programs.
    pub control: Duration,
}

impl Cpu {
    /// What was used since then.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        Self {
            whole: self.whole.saturating_sub(before.whole),
            control: self.control.saturating_sub(before.control),
        }
    }

    /// What requests wait for: all but the control plane.
    #[must_use]
    pub fn serving(self) -> Duration {
        self.whole.saturating_sub(self.control)
    }
}

/// Time so far of all living processes of group `group`.
///
/// # Errors
/// When `/proc` cannot be read.
pub fn of_group(group: u32) -> Result<Cpu> {
    let mut cpu = Cpu::default();
    for entry in fs::read_dir("/proc").context("reading /proc")? {
        let process = entry.context("reading /proc")?.path();
        // Not a process, or one that ended meanwhile.
        let Some(stat) = stat_in(&process).filter(|stat| stat.group == group) else {
            continue;
        };
        cpu.whole += TICK.saturating_mul(stat.ticks);
        cpu.control += TICK.saturating_mul(control(&process));
    }
    Ok(cpu)
}

/// Ticks of the control plane's threads in one process.
fn control(process: &Path) -> u32 {
    let threads = fs::read_dir(process.join("task")).into_iter().flatten().flatten();
    let stats = threads.filter_map(|thread| stat_in(&thread.path()));
    let stats = stats.filter(|stat| CONTROL.iter().any(|name| stat.name.starts_with(name)));
    stats.map(|stat| stat.ticks).sum()
}

fn stat_in(folder: &Path) -> Option<Stat> {
    Stat::read(&fs::read_to_string(folder.join("stat")).ok()?)
}

struct Stat {
    name: String,
    group: u32,
    ticks: u32,
}

impl Stat {
    /// Fields as in proc(5), counted behind the command's name, which may hold blanks and brackets.
    fn read(stat: &str) -> Option<Self> {
        let (front, rest) = stat.rsplit_once(") ")?;
        let (_, name) = front.split_once(" (")?;
        let mut fields = rest.split_ascii_whitespace();
        let group = fields.nth(2)?.parse().ok()?;
        let user: u32 = fields.nth(8)?.parse().ok()?;
        let system: u32 = fields.next()?.parse().ok()?;
        Some(Self {
            name: name.to_owned(),
            group,
            ticks: user + system,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_the_group_and_both_times_are_found_behind_any_name() {
        let stat = Stat::read("42 (a) b (c) S 1 77 77 0 -1 4194304 9 0 0 0 123 45 6 7 20 0 3").unwrap();
        assert_eq!((&*stat.name, stat.group, stat.ticks), ("a) b (c", 77, 168));
        assert!(Stat::read("nonsense").is_none());
    }

    #[test]
    fn the_control_planes_threads_are_counted_apart() {
        let here = Path::new("/proc/self");
        // Until it has used a tick, however slow the machine is.
        let work = || loop {
            let ticks = control(here);
            if ticks > 0 {
                return ticks;
            }
        };
        let other = std::thread::Builder::new().name("other".into());
        let idle = other.spawn(move || control(here)).unwrap().join().unwrap();
        let busy = std::thread::Builder::new().name("control".into());
        let busy = busy.spawn(work).unwrap().join().unwrap();
        assert!(idle == 0 && busy > 0, "{idle} {busy}");
    }
}
