//! Faults at the fakes, a few each second, by chance.

use std::time::{Duration, Instant};

use potluck_fakes::{DemoWorld, Fault};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Time between two faults.
const BETWEEN: Duration = Duration::from_millis(250);
/// Bytes of a stream before it is cut.
const CUT_AFTER: usize = 2000;

/// Scripts faults until the time is up.
pub(super) async fn run(world: &DemoWorld, until: Instant) {
    let mut rng = StdRng::seed_from_u64(1);
    while Instant::now() < until {
        let times = rng.random_range(1..4);
        match rng.random_range(0..2) {
            0 => openai(world, &mut rng, times),
            _ => novelai(world, &mut rng, times),
        }
        if let Some(node) = world.nodes.get(rng.random_range(0..8)) {
            node.server.faults.push("/api/echo", Fault::Reset, 1);
        }
        tokio::time::sleep(BETWEEN).await;
    }
}

fn openai(world: &DemoWorld, rng: &mut StdRng, times: usize) {
    let fault = match rng.random_range(0..5) {
        0 => Fault::openai(429, "rate_limit_error", "rate_limit_exceeded", "slow down"),
        1 => Fault::openai(500, "server_error", "server_error", "it broke"),
        2 => Fault::openai(401, "invalid_request_error", "invalid_api_key", "who is this"),
        3 => Fault::cloudflare_html(503),
        _ => Fault::Reset,
    };
    let chosen = rng.random_range(0..world.openai_keys.len().max(1));
    if let Some(key) = world.openai_keys.get(chosen) {
        world.openai.server.faults.push(key, fault, times);
    }
}

fn novelai(world: &DemoWorld, rng: &mut StdRng, times: usize) {
    let fault = match rng.random_range(0..6) {
        0 => Fault::busy(),
        1 => Fault::text(500, "Internal Server Error"),
        2 => Fault::unauthorized(),
        3 => {
            let cut = Fault::ResetMidBody { after: CUT_AFTER };
            return world.novelai.faults().push("/ai/generate-image-stream", cut, 1);
        }
        4 => Fault::cloudflare_html(429),
        _ => Fault::Reset,
    };
    let chosen = rng.random_range(0..world.novelai_accounts.len().max(1));
    if let Some(account) = world.novelai_accounts.get(chosen) {
        world.novelai.faults().push(&account.token, fault, times);
    }
}
