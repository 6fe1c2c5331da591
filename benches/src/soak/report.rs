//! What is said at the end, as JSON for programs and as a few lines for people.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

use super::options::SoakOptions;
use super::sample::Sample;
use super::tally::{Counts, Tally};
use crate::machine::Machine;
use crate::spread::rounded;

/// Words in a log that only a panic writes.
const PANICKED: &str = "panicked at";
/// Part of the samples that is left out of the slope: at first, pools and caches fill.
const WARMING_UP: usize = 5;

/// The report.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    minutes: u32,
    rate: u32,
    requests: u64,
    #[serde(flatten)]
    counts: Counts,
    /// Growth of the resident memory, without the first fifth of the time.
    rss_slope_kib_per_minute: f64,
    /// The relay when all requests had ended.
    left: Sample,
    /// Panics in the relay's log.
    panics: usize,
    machine: Machine,
    samples: Vec<Sample>,
}

impl Report {
    pub(super) fn new(
        options: &SoakOptions,
        tally: &Tally,
        samples: Vec<Sample>,
        left: Sample,
        log: &str,
    ) -> Self {
        let counts = tally.counts();
        let warm = samples.get(samples.len() / WARMING_UP..).unwrap_or_default();
        let points: Vec<_> = warm
            .iter()
            .map(|sample| (sample.second / 60.0, sample.rss_kib as f64))
            .collect();
        Self {
            minutes: options.minutes,
            rate: options.rate,
            requests: counts.total(),
            counts,
            rss_slope_kib_per_minute: rounded(slope(&points)),
            left,
            panics: log.matches(PANICKED).count(),
            machine: Machine::here(),
            samples,
        }
    }

    /// Whether nothing was left and nothing was malformed.
    pub(super) fn is_clean(&self) -> bool {
        (self.left.in_flight, self.left.leases) == (0, 0) && self.counts.malformed == 0 && self.panics == 0
    }

    /// # Errors
    /// When the file cannot be written.
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        }
        let json = serde_json::to_string_pretty(self).context("the report as JSON")?;
        fs::write(path, json + "\n").with_context(|| format!("writing {}", path.display()))
    }

    pub(super) fn table(&self) -> String {
        let mut text = format!("{} requests in {} minutes\n", self.requests, self.minutes);
        for (what, ends) in &self.counts.outcomes {
            let ends: Vec<_> = ends
                .iter()
                .map(|(end, count)| format!("{end}: {count}"))
                .collect();
            let _ = writeln!(text, "  {what:<16} {}", ends.join(", "));
        }
        for problem in &self.counts.problems {
            let _ = writeln!(text, "malformed: {problem}");
        }
        let first = self.samples.first().map_or(0, |sample| sample.rss_kib);
        let last = self.samples.last().map_or(0, |sample| sample.rss_kib);
        let most = self
            .samples
            .iter()
            .map(|sample| sample.files)
            .max()
            .unwrap_or_default();
        let _ = writeln!(
            text,
            "malformed {}, panics {}, held back {}\nresident {first} KiB at first, {last} KiB at last, {:+} KiB a minute; most files {most}\n\
             left at the end: {} requests, {} leases, {} files, {} KiB",
            self.counts.malformed,
            self.panics,
            self.counts.held_back,
            self.rss_slope_kib_per_minute,
            self.left.in_flight,
            self.left.leases,
            self.left.files,
            self.left.rss_kib,
        );
        text
    }
}

/// The slope of the straight line through these points with the least squared distance; 0 for less than two.
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let mean = |pick: fn(&(f64, f64)) -> f64| points.iter().map(pick).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let across: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    let along: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    if along > 0.0 { across / along } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::soak::tally::Ended;

    fn sample(second: f64, rss_kib: u64, leases: u64) -> Sample {
        Sample {
            second,
            rss_kib,
            files: 9,
            in_flight: 0,
            leases,
        }
    }

    fn report(left: u64, malformed: bool, log: &str) -> Report {
        let options = SoakOptions {
            minutes: 1,
            rate: 1,
            out: "x".into(),
            potluck: None,
            keep: false,
        };
        let tally = Tally::default();
        tally.note(
            "chat",
            if malformed {
                Err(anyhow::anyhow!("odd"))
            } else {
                Ok(Ended::Status(200))
            },
        );
        // 60 KiB a minute, after a start that does not count.
        let samples = (0..60)
            .map(|n| sample(f64::from(n), if n < 12 { 5 } else { 1000 + n as u64 }, 3))
            .collect();
        Report::new(&options, &tally, samples, sample(61.0, 1, left), log)
    }

    #[test]
    fn it_is_clean_only_without_leases_malformed_answers_and_panics() {
        assert!(report(0, false, "INFO serving").is_clean());
        assert!(!report(1, false, "").is_clean());
        assert!(!report(0, true, "").is_clean());
        assert!(!report(0, false, "thread 'x' panicked at src/x.rs:1:1").is_clean());
    }

    #[test]
    fn the_slope_is_that_of_the_warm_relay() {
        let report = report(0, false, "");
        assert!(
            (report.rss_slope_kib_per_minute - 60.0).abs() < 0.5,
            "{}",
            report.rss_slope_kib_per_minute
        );
        assert!(slope(&[]).abs() < f64::EPSILON && slope(&[(1.0, 5.0)]).abs() < f64::EPSILON);
    }

    #[test]
    fn the_table_tells_what_came_of_each_kind_and_what_was_left() {
        let table = report(2, true, "").table();
        assert!(
            table.contains("malformed: chat: odd") && table.contains("2 leases"),
            "{table}"
        );
    }
}
