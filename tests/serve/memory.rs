//! What an idle relay holds, printed for whoever reads the test's output (`--nocapture`).

use crate::installation::{Installation, world};
use crate::relay::Relay;

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_relay_says_how_much_memory_it_holds() {
    let world = world().await;
    let installation = Installation::furnished(&world).await;
    let relay = Relay::start(&installation).await;
    let resident = relay.resident_kib();
    assert!(resident > 0);
    println!(
        "idle resident memory of `potluck serve`: {} MB",
        resident * 1024 / 1_000_000
    );
}
