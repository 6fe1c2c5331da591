//! `queue-64`: 64 images at once on four accounts that make one at a time, each in 200 ms. With nobody idle
//! while anybody waits, all are there after sixteen times that.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures_util::future::try_join_all;
use potluck_fakes::demo::DemoOptions;
use potluck_fakes::novelai::Settings;
use serde::Serialize;

use crate::soak::act::image_request;
use crate::soak::client::whole;
use crate::soak::stage::{Site, Stage};
use crate::spread::Spread;

/// Images asked for at once.
const IMAGES: u32 = 64;
/// Accounts, each of which makes one at a time.
const ACCOUNTS: u32 = 4;
/// How long an account makes an image.
const IMAGE: Duration = Duration::from_millis(200);
/// Times that all of it is done.
const ROUNDS: usize = 5;

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Queued {
    /// From the first request to the last answer, in milliseconds.
    pub all_after_ms: Spread,
    /// The same if no account were ever idle and nothing else took time, in milliseconds.
    pub ideal_ms: f64,
    /// How often an account was asked while it was busy; must be 0.
    pub overruns: u64,
}

/// Starts fakes and a relay, asks for all images at once a few times, and ends them again.
///
/// # Errors
/// When the relay does not start or an image is not made.
pub async fn run(potluck: Option<PathBuf>, keep: bool) -> Result<Queued> {
    eprintln!("starting potluck in front of {ACCOUNTS} accounts");
    let settings = Settings {
        image_duration: IMAGE,
        ..Settings::default()
    };
    let demo = DemoOptions {
        credentials: ACCOUNTS as usize,
        settings,
        ..DemoOptions::default()
    };
    let stage = Stage::set(potluck, keep, demo).await?;
    let mut times = Vec::new();
    for round in 1..=ROUNDS {
        let began = Instant::now();
        try_join_all((0..IMAGES).map(|_| image(&stage.site))).await?;
        times.push(began.elapsed().as_secs_f64() * 1e3);
        eprintln!(
            "round {round}/{ROUNDS}: {IMAGES} images after {:.0} ms",
            began.elapsed().as_secs_f64() * 1e3
        );
    }
    let accounts = stage.world.novelai_accounts.iter();
    let overruns = accounts
        .map(|account| account.holder.lock_refusals() as u64)
        .sum();
    Ok(Queued {
        all_after_ms: Spread::of(times),
        ideal_ms: (IMAGE * (IMAGES / ACCOUNTS)).as_secs_f64() * 1e3,
        overruns,
    })
}

async fn image(site: &Site) -> Result<()> {
    let answer = site
        .client
        .post("/v1/novelai/ai/generate-image", &site.key, &image_request(false))
        .await?;
    let (head, _) = whole(answer).await.context("an image")?;
    ensure!(head.status == 200, "an image was answered with {}", head.status);
    Ok(())
}
