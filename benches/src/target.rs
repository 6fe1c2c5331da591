//! What is measured: the direct connection and each proxy in front of the same upstream.

use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::connection::Connection;
use crate::folder::Folder;
use crate::payload::Request;
use crate::place::{Place, free_address};
use crate::potluck::Relay;
use crate::program::{self, Program};
use crate::{bare, haproxy, nginx};

/// Longest wait for a program to answer its first request.
const START: Duration = Duration::from_secs(60);

/// One of the measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Target {
    /// No proxy: the floor that latencies are held against.
    Direct,
    /// nginx with two workers.
    Nginx,
    /// haproxy with two threads.
    Haproxy,
    /// Pingora that does nothing.
    PingoraBare,
    /// The relay.
    Potluck,
    /// The relay with plug-ins on its route: what they cost beside the one without.
    PotluckPlugins,
}

impl Target {
    /// Its name in options, report and table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Nginx => "nginx",
            Self::Haproxy => "haproxy",
            Self::PingoraBare => "pingora-bare",
            Self::Potluck => "potluck",
            Self::PotluckPlugins => "potluck-plugins",
        }
    }
}

/// A target that answers.
#[derive(Debug)]
pub struct Running {
    /// Which one.
    pub target: Target,
    /// Where it listens.
    pub address: SocketAddr,
    /// Its program; none for the direct connection.
    pub program: Option<Program>,
    /// Version and configuration, without what differs from run to run.
    pub identity: String,
}

/// What all targets share.
#[derive(Debug)]
pub struct Ground {
    /// The run's folder.
    pub folder: Folder,
    /// Where the upstream answers.
    pub upstream: SocketAddr,
    /// The upstream's program.
    pub program: Program,
}

impl Ground {
    /// Makes the folder and starts the upstream.
    ///
    /// # Errors
    /// When the upstream was not built or does not answer.
    pub async fn prepare(keep: bool) -> Result<Self> {
        let folder = Folder::make(keep)?;
        let upstream = free_address()?;
        let mut command = Command::new(program::sibling("bench-upstream")?);
        command.arg("--listen").arg(upstream.to_string());
        let mut program = Program::start("upstream", command, &folder)?;
        answers(&mut program, upstream, "any").await?;
        Ok(Self {
            folder,
            upstream,
            program,
        })
    }
}

/// Starts a target and waits until it answers a request with the first client key.
///
/// # Errors
/// When its program is missing, ends, or does not answer in time.
pub async fn start(target: Target, ground: &Ground, relay: &Relay) -> Result<Running> {
    if target == Target::Direct {
        let (address, identity) = (ground.upstream, String::new());
        return Ok(Running {
            target,
            address,
            program: None,
            identity,
        });
    }
    let address = free_address()?;
    let place = Place::new(address, ground.upstream, ground.folder.path());
    let (command, identity) = prepared(target, &place, &ground.folder, relay).await?;
    let mut program = Program::start(target.name(), command, &ground.folder)?;
    answers(&mut program, address, relay.first_key()?).await?;
    Ok(Running {
        target,
        address,
        program: Some(program),
        identity,
    })
}

async fn prepared(
    target: Target,
    place: &Place,
    folder: &Folder,
    relay: &Relay,
) -> Result<(Command, String)> {
    let anonymous = Place::anonymous();
    Ok(match target {
        Target::Direct => bail!("the direct connection has no program"),
        Target::Nginx => (
            nginx::command(place, folder)?,
            format!("{}\n{}", nginx::version()?, nginx::config(&anonymous)),
        ),
        Target::Haproxy => (
            haproxy::command(place, folder)?,
            format!("{}\n{}", haproxy::version()?, haproxy::config(&anonymous)),
        ),
        Target::PingoraBare => (
            bare::command(place)?,
            format!("{}\n{:?}", bare::version(), bare::arguments(&anonymous)),
        ),
        Target::Potluck => (relay.command(place, folder).await?, relay.identity()?),
        Target::PotluckPlugins => {
            let relay = relay.plugged();
            (relay.command(place, folder).await?, relay.identity()?)
        }
    })
}

/// Waits for the first 200.
async fn answers(program: &mut Program, address: SocketAddr, key: &str) -> Result<()> {
    let end = Instant::now() + START;
    let mut request = Vec::new();
    Request::chat(address).write(key, &mut request);
    loop {
        program.must_run()?;
        let last = match attempt(address, &request).await {
            Ok(200) => return Ok(()),
            Ok(status) => format!("its last answer had status {status}"),
            Err(error) => format!("{error:#}"),
        };
        if Instant::now() > end {
            bail!(
                "no answer from {address} in {START:?} ({last}); it said:\n{}",
                program.said()
            );
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn attempt(address: SocketAddr, request: &[u8]) -> Result<u16> {
    let exchange = async { Connection::open(address).await?.exchange(request).await };
    let head = tokio::time::timeout(Duration::from_secs(5), exchange)
        .await
        .context("no answer in 5 s")??;
    Ok(head.status)
}
