//! One round of one target: as fast as answers come, then at 1 000 requests a second.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Serialize;
use tokio::process::Command;

use crate::cpu::Cpu;
use crate::load::Tally;
use crate::options::Options;
use crate::program;
use crate::spread::rounded;
use crate::target::Running;

/// Requests per second of the paced part.
pub const RATE: u32 = 1000;

/// What one round gave.
#[derive(Clone, Debug, Serialize)]
pub struct Round {
    /// CPU time of the proxy's processes per request of the closed part, in microseconds, without that of a
    /// control plane; none for the direct connection.
    pub cpu_us_per_request: Option<f64>,
    /// What the relay's control plane used per request meanwhile, most of it to write the books.
    pub control_us_per_request: Option<f64>,
    /// As fast as answers came.
    pub closed: Tally,
    /// At [`RATE`].
    pub paced: Tally,
}

/// The load program and the client keys it draws from.
#[derive(Clone, Debug)]
pub struct Load {
    program: PathBuf,
    keys: PathBuf,
}

impl Load {
    /// Of the client keys in this file.
    ///
    /// # Errors
    /// When the load program was not built.
    pub fn new(keys: &Path) -> Result<Self> {
        Ok(Self {
            program: program::sibling("bench-load")?,
            keys: keys.to_owned(),
        })
    }

    /// Sends requests for so many seconds, at `rate` per second or as fast as answers come.
    ///
    /// # Errors
    /// When any answer was wrong.
    pub async fn run(&self, running: &Running, seconds: f64, rate: Option<u32>) -> Result<Tally> {
        let mut command = Command::new(&self.program);
        command
            .arg("--address")
            .arg(running.address.to_string())
            .arg("--keys")
            .arg(&self.keys);
        command.arg("--seconds").arg(seconds.to_string());
        if let Some(rate) = rate {
            command.arg("--rate").arg(rate.to_string());
        }
        command.stdin(Stdio::null()).kill_on_drop(true);
        let bound = Duration::from_secs_f64(seconds + 30.0);
        let output = tokio::time::timeout(bound, command.output()).await;
        let output = output
            .with_context(|| format!("no end of the load within {bound:?}"))?
            .context("the load")?;
        if !output.status.success() {
            bail!(
                "the load on {} failed: {}",
                running.target.name(),
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        serde_json::from_slice(&output.stdout).context("reading the load's tally")
    }
}

/// Measures one round.
///
/// # Errors
/// When any answer was wrong or the proxy ended.
pub async fn measure(running: &mut Running, load: &Load, options: &Options) -> Result<Round> {
    let before = cpu(running)?;
    let closed = load.run(running, options.seconds, None).await?;
    let used = cpu(running)?
        .zip(before)
        .map(|(after, before)| after.since(before));
    quiet(running).await?;
    let paced = load.run(running, options.paced_seconds, Some(RATE)).await?;
    quiet(running).await?;
    if let Some(program) = &mut running.program {
        program.must_run()?;
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of requests, far below 2^52")]
    let per_request = |cpu: Duration| rounded(cpu.as_secs_f64() * 1e6 / closed.requests as f64);
    Ok(Round {
        cpu_us_per_request: used.map(|used| per_request(used.serving())),
        control_us_per_request: used.map(|used| per_request(used.control)),
        closed,
        paced,
    })
}

/// What it uses at most while it is at rest, of one processor over [`LOOK`].
const REST: Duration = Duration::from_millis(10);
/// Between two looks at whether it is at rest.
const LOOK: Duration = Duration::from_millis(250);
/// Looks until it must be.
const LOOKS: u32 = 240;

/// Waits until the target is at rest: the relay writes its books for a while after a round, and neither its own next
/// part nor the next target's is to be measured beside that.
async fn quiet(running: &Running) -> Result<()> {
    let Some(mut before) = cpu(running)? else {
        return Ok(());
    };
    for _ in 0..LOOKS {
        tokio::time::sleep(LOOK).await;
        let now = cpu(running)?.unwrap_or_default();
        if now.since(before).whole <= REST {
            return Ok(());
        }
        before = now;
    }
    bail!("{} does not come to rest after a round", running.target.name())
}

fn cpu(running: &Running) -> Result<Option<Cpu>> {
    running.program.as_ref().map(program::Program::cpu).transpose()
}
