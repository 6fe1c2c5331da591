//! `potluck-fakes`: starts every fake and prints where it is and what it accepts, one JSON object a line.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use potluck_fakes::Pace;
use potluck_fakes::demo::{DemoOptions, DemoWorld};

/// Fakes of the upstreams that Potluck relays to, to try it by hand.
///
/// Prints one JSON object for each fake: its address and the credentials that it accepts, which are new at each
/// start. Ends at Ctrl-C.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Example:\n  potluck-fakes --openai-port 9100 --interval-ms 50"
)]
struct Arguments {
    /// Address to listen at.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    listen: IpAddr,
    /// Ports of NovelAI's image, text and api hosts.
    #[arg(long, num_args = 3, value_names = ["IMAGE", "TEXT", "API"], default_values_t = [0, 0, 0])]
    novelai_ports: Vec<u16>,
    /// Port of the OpenAI-compatible API; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    openai_port: u16,
    /// Port of a node; give it once for each node. Without it two nodes take free ports.
    #[arg(long)]
    node_port: Vec<u16>,
    /// Credentials of each kind.
    #[arg(long, default_value_t = 3)]
    credentials: usize,
    /// Milliseconds before an answer.
    #[arg(long, default_value_t = 50)]
    work_ms: u64,
    /// Milliseconds before each event of a stream.
    #[arg(long, default_value_t = 30)]
    interval_ms: u64,
}

impl Arguments {
    fn options(&self) -> DemoOptions {
        let at = |port| SocketAddr::new(self.listen, port);
        let novelai = |index| at(self.novelai_ports.get(index).copied().unwrap_or(0));
        let nodes = if self.node_port.is_empty() {
            &[0, 0][..]
        } else {
            &self.node_port
        };
        DemoOptions {
            novelai: [novelai(0), novelai(1), novelai(2)],
            openai: at(self.openai_port),
            nodes: nodes.iter().copied().map(at).collect(),
            credentials: self.credentials,
            pace: Pace::new(
                Duration::from_millis(self.work_ms),
                Duration::from_millis(self.interval_ms),
            ),
            ..DemoOptions::default()
        }
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Arguments::parse().options();
    let world = DemoWorld::start_with(options)
        .await
        .context("cannot listen: choose other ports, or 0 for free ones")?;
    for line in world.describe() {
        writeln!(std::io::stdout().lock(), "{line}")?;
    }
    tokio::signal::ctrl_c().await?;
    Ok(())
}
