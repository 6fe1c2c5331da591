//! `potluck demo`: a relay in front of fake upstreams, in a temporary folder, ready to be tried.
//!
//! Everything but the upstreams is as in `potluck serve`. Credentials are made anew each time and the
//! folder is removed at the end.

mod check;
mod client;
mod words;
mod world;

use std::net::SocketAddr;

use anyhow::{Result, bail};
use clap::Args;

use crate::serve::Stop;
use world::DemoRelay;

/// Arguments of `potluck demo`.
#[derive(Clone, Debug, Args)]
pub struct DemoArgs {
    /// Try everything once, print a table, and exit: 0 only if all of it held. Uses a free port.
    #[arg(long)]
    pub check: bool,
    /// Where the relay listens; port 0 takes a free one.
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:5002",
        conflicts_with = "check"
    )]
    pub listen: SocketAddr,
}

/// Runs the demo until it is told to stop, or checks it. `json` prints for programs.
///
/// # Errors
/// When the relay cannot be started, or something that was checked did not hold.
pub fn run(arguments: &DemoArgs, json: bool) -> Result<()> {
    if arguments.check {
        return check(json);
    }
    let demo = DemoRelay::start(arguments.listen, Stop::OnSignals)?;
    words::welcome(&demo, json);
    demo.wait();
    Ok(())
}

fn check(json: bool) -> Result<()> {
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let demo = DemoRelay::start(SocketAddr::from(([127, 0, 0, 1], 0)), Stop::When(stopped))?;
    let results = demo.block_on(check::all(&demo));
    words::table(&results, json);
    // The receiver is gone only if the server has ended already.
    let _ = stop.send(());
    demo.wait();
    let failed = results.iter().filter(|result| result.problem.is_some()).count();
    if failed > 0 {
        bail!("{failed} of {} checks did not hold", results.len());
    }
    Ok(())
}
