//! `swap-100k`: with 100 000 client keys served under load, from the call that makes one more to the
//! first request that is served with it.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::Serialize;

use crate::connection::Connection;
use crate::load::Tally;
use crate::payload::Request;
use crate::potluck::Relay;
use crate::potluck::control::Control;
use crate::round::{Load, RATE};
use crate::spread::{Spread, rounded};
use crate::target::{Ground, Running, Target, start};

/// Client keys in the snapshot.
pub const CLIENT_KEYS: usize = 100_000;
/// Changes measured.
const CHANGES: u32 = 10;
/// Time between two changes, so that each is built and pushed alone.
const BETWEEN: Duration = Duration::from_millis(300);
/// How long the relay runs under load without changes, and with them.
const SECONDS: f64 = 6.0;
/// Longest wait for a change to be served.
const PATIENCE: Duration = Duration::from_secs(10);

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Swapped {
    /// From the call on the control socket to the first request that was served, in milliseconds.
    pub served_after_ms: Spread,
    /// How many changes were measured.
    pub changes: u32,
    /// The slowest of the requests that ran meanwhile, at 1 000 a second, in milliseconds.
    pub slowest_request_ms: f64,
    /// The same for as long without any change: what the machine itself does to the slowest.
    pub slowest_request_at_rest_ms: f64,
}

/// Starts a relay of its own, changes it under load, and ends it again.
///
/// # Errors
/// When the relay does not start, refuses a change, or answers any request wrongly.
pub async fn run(ground: &Ground, relay: &Relay) -> Result<Swapped> {
    eprintln!("starting potluck with {CLIENT_KEYS} client keys");
    let running = start(Target::Potluck, ground, relay).await?;
    let load = Load::new(&relay.client_key_file(&ground.folder)?)?;
    load.run(&running, 1.0, None).await.context("warming up")?;
    let rest = load.run(&running, SECONDS, Some(RATE)).await?;
    let mut control = Control::open(&relay.socket(&ground.folder)).await?;
    let under_load = load.run(&running, SECONDS, Some(RATE));
    let (tally, times) = tokio::try_join!(under_load, changes(&mut control, &running))?;
    Ok(Swapped {
        served_after_ms: Spread::of(times.iter().map(|time| time.as_secs_f64() * 1e3)),
        changes: CHANGES,
        slowest_request_ms: slowest(&tally),
        slowest_request_at_rest_ms: slowest(&rest),
    })
}

fn slowest(tally: &Tally) -> f64 {
    rounded(tally.longest_us / 1e3)
}

async fn changes(control: &mut Control, running: &Running) -> Result<Vec<Duration>> {
    let mut probe = Connection::open(running.address).await?;
    let mut times = Vec::new();
    for number in 1..=CHANGES {
        tokio::time::sleep(BETWEEN).await;
        let called = Instant::now();
        let key = control.create_key(&format!("bench-{number}")).await?;
        served(&mut probe, running, &key, called + PATIENCE).await?;
        let time = called.elapsed();
        eprintln!(
            "change {number}/{CHANGES}: served after {:.1} ms",
            time.as_secs_f64() * 1e3
        );
        times.push(time);
    }
    Ok(times)
}

/// Asks with the new key until it is known.
async fn served(probe: &mut Connection, running: &Running, key: &str, end: Instant) -> Result<()> {
    let mut request = Vec::new();
    Request::chat(running.address).write(key, &mut request);
    while Instant::now() < end {
        match probe.exchange(&request).await?.status {
            200 => return Ok(()),
            // Not known yet. 429: too many such failures from one address; it ends with the key known.
            401 | 429 => tokio::time::sleep(Duration::from_millis(1)).await,
            status => bail!("a request with a new client key was answered with {status}"),
        }
    }
    bail!("a new client key was not served within {PATIENCE:?}")
}
