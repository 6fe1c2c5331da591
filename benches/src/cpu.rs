//! The CPU time of a process group, read from `/proc`: what a proxy and all its workers used.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

/// `utime` and `stime` are in units of `USER_HZ`, which is 100 on every Linux that users can see
/// (proc(5)): a round of seconds is known to within a few hundredths of a second.
const TICK: Duration = Duration::from_millis(10);

/// User and system time so far of all living processes of group `group`.
///
/// # Errors
/// When `/proc` cannot be read.
pub fn of_group(group: u32) -> Result<Duration> {
    let mut ticks = 0;
    for entry in fs::read_dir("/proc").context("reading /proc")? {
        let path = entry.context("reading /proc")?.path().join("stat");
        // Not a process, or one that ended meanwhile.
        let Ok(stat) = fs::read_to_string(path) else {
            continue;
        };
        ticks += Stat::read(&stat)
            .filter(|stat| stat.group == group)
            .map_or(0, |stat| stat.ticks);
    }
    Ok(TICK.saturating_mul(ticks))
}

struct Stat {
    group: u32,
    ticks: u32,
}

impl Stat {
    /// Fields as in proc(5), counted behind the command's name, which may hold blanks and brackets.
    fn read(stat: &str) -> Option<Self> {
        let (_, rest) = stat.rsplit_once(") ")?;
        let mut fields = rest.split_ascii_whitespace();
        let group = fields.nth(2)?.parse().ok()?;
        let user: u32 = fields.nth(8)?.parse().ok()?;
        let system: u32 = fields.next()?.parse().ok()?;
        Some(Self {
            group,
            ticks: user + system,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_group_and_both_times_are_found_behind_any_name() {
        let stat = Stat::read("42 (a) b (c) S 1 77 77 0 -1 4194304 9 0 0 0 123 45 6 7 20 0 3").unwrap();
        assert_eq!((stat.group, stat.ticks), (77, 168));
        assert!(Stat::read("nonsense").is_none());
    }
}
