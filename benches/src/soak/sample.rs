//! What the relay holds: memory and files from `/proc`, requests and leases as it says itself.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use hyper::Method;
use serde::Serialize;
use serde_json::Value;

use super::stage::Stage;
use crate::potluck::control::Control;

/// Time between two samples.
const BETWEEN: Duration = Duration::from_secs(1);

/// The relay at one moment.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Sample {
    /// Since the load began.
    pub(super) second: f64,
    pub(super) rss_kib: u64,
    pub(super) files: usize,
    pub(super) in_flight: u64,
    pub(super) leases: u64,
}

/// Where to look.
#[derive(Debug)]
pub(super) struct Probe {
    control: Control,
    process: PathBuf,
}

/// The samples so far, and the probe for the last ones.
#[derive(Debug)]
pub(super) struct Samples {
    pub(super) taken: Vec<Sample>,
    /// What kept the probe from looking, if anything did.
    failed: Option<anyhow::Error>,
    probe: Probe,
    began: Instant,
}

impl Probe {
    /// With a control connection of its own, so that changes do not hold it up.
    pub(super) async fn open(stage: &Stage) -> Result<Self> {
        let control = Control::open(&stage.socket).await?;
        let process = PathBuf::from(format!("/proc/{}", stage.relay.id()));
        Ok(Self { control, process })
    }

    async fn look(&mut self, began: Instant) -> Result<Sample> {
        let status = self
            .control
            .ask(Method::GET, "/manage/v1/status", &Value::Null)
            .await?;
        let edge = status.get("edge").context("a status without an edge")?;
        let text = fs::read_to_string(self.process.join("status")).context("reading /proc")?;
        Ok(Sample {
            second: crate::spread::rounded(began.elapsed().as_secs_f64()),
            rss_kib: resident_kib(&text).context("no VmRSS in /proc")?,
            files: fs::read_dir(self.process.join("fd"))
                .context("reading /proc")?
                .count(),
            in_flight: count(edge).context("no count of requests")?,
            leases: leases(edge).context("no count of leases")?,
        })
    }
}

/// Looks each second until the time is up.
pub(super) async fn run(mut probe: Probe, began: Instant, until: Instant) -> Samples {
    let (mut taken, mut failed) = (Vec::new(), None);
    while Instant::now() < until {
        match probe.look(began).await {
            Ok(sample) => taken.push(sample),
            Err(error) => {
                failed = Some(error);
                break;
            }
        }
        tokio::time::sleep(BETWEEN).await;
    }
    Samples {
        taken,
        failed,
        probe,
        began,
    }
}

impl Samples {
    /// Waits until the relay holds nothing more, at most so long, and gives the last sample.
    ///
    /// # Errors
    /// When the relay could not be asked, now or before.
    pub(super) async fn until_idle(&mut self, patience: Duration) -> Result<Sample> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let end = Instant::now() + patience;
        loop {
            let sample = self.probe.look(self.began).await?;
            if (sample.in_flight, sample.leases) == (0, 0) || Instant::now() >= end {
                return Ok(sample);
            }
            tokio::time::sleep(BETWEEN / 10).await;
        }
    }
}

fn resident_kib(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}

fn count(report: &Value) -> Option<u64> {
    report.get("in_flight")?.as_u64()
}

fn leases(edge: &Value) -> Option<u64> {
    edge.get("upstreams")?.as_object()?.values().map(count).sum()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn memory_requests_and_leases_are_found_where_they_are_told() {
        assert_eq!(
            resident_kib("Name:\tpotluck\nVmRSS:\t   45678 kB\nThreads:\t9"),
            Some(45_678)
        );
        assert_eq!(resident_kib("Name:\tpotluck"), None);
        let edge = json!({"in_flight": 4, "upstreams": {"a": {"in_flight": 1}, "b": {"in_flight": 2}}});
        assert_eq!((count(&edge), leases(&edge)), (Some(4), Some(3)));
        assert_eq!(leases(&json!({"upstreams": {"a": {}}})), None);
    }
}
