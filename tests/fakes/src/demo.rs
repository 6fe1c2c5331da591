//! A small world to try a relay against: one fake of each kind, two nodes, and a handful of credentials.
//!
//! Invariant: credentials are random at each start, so that none of them is ever well known.

mod novelai;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use rand::distr::{Alphanumeric, SampleString};
use serde_json::{Value, json};

use crate::node::{NodeFake, NodeOptions};
use crate::novelai::Settings;
use crate::openai::{OpenAiFake, OpenAiOptions};
use crate::pace::Pace;
use crate::record::Records;
pub use novelai::{DemoAccount, NovelAiHosts};

/// Requests that each fake of a long-running world remembers.
const REMEMBERED: usize = 1000;
/// What each OpenAI key has at the start, in micro-dollars.
const BALANCE: u64 = 95_500_000;

/// Where the fakes listen and how many credentials there are.
#[derive(Clone, Debug)]
pub struct DemoOptions {
    /// Addresses of NovelAI's image, text and api hosts; port 0 takes a free one, here and below.
    pub novelai: [SocketAddr; 3],
    /// Address of the OpenAI-compatible API.
    pub openai: SocketAddr,
    /// Address of each node.
    pub nodes: Vec<SocketAddr>,
    /// Credentials of each kind.
    pub credentials: usize,
    /// Speed of all fakes but NovelAI.
    pub pace: Pace,
    /// NovelAI's speed and more.
    pub settings: Settings,
    /// Requests that each fake remembers; older ones are forgotten.
    pub remembered: usize,
}

impl Default for DemoOptions {
    fn default() -> Self {
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        DemoOptions {
            novelai: [free; 3],
            openai: free,
            nodes: vec![free; 2],
            credentials: 3,
            pace: Pace::default(),
            settings: Settings::default(),
            remembered: REMEMBERED,
        }
    }
}

/// The running world. Dropping it stops all of it.
pub struct DemoWorld {
    /// NovelAI, on three origins as the real one.
    pub novelai: NovelAiHosts,
    /// Its accounts: active Opus.
    pub novelai_accounts: Vec<DemoAccount>,
    /// An OpenAI-compatible API.
    pub openai: OpenAiFake,
    /// Keys that it knows.
    pub openai_keys: Vec<String>,
    /// Plain HTTP nodes, `gpu-1` and on.
    pub nodes: Vec<NodeFake>,
}

impl std::fmt::Debug for DemoWorld {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let urls: Vec<String> = self.nodes.iter().map(|node| node.server.url()).collect();
        out.debug_struct("DemoWorld")
            .field("novelai", &self.novelai.image.url())
            .field("openai", &self.openai.server.url())
            .field("nodes", &urls)
            .finish_non_exhaustive()
    }
}

impl DemoWorld {
    /// Starts on free loopback ports.
    pub async fn start() -> io::Result<DemoWorld> {
        DemoWorld::start_with(DemoOptions::default()).await
    }

    /// Starts with given settings.
    pub async fn start_with(options: DemoOptions) -> io::Result<DemoWorld> {
        let DemoOptions {
            novelai,
            openai,
            nodes,
            credentials,
            pace,
            settings,
            remembered,
        } = options;
        let records = || Records::keeping(remembered);
        let novelai = NovelAiHosts::start_on(novelai, settings, records()).await?;
        let novelai_accounts = (1..=credentials)
            .map(|number| DemoAccount::open(&novelai.fake, number))
            .collect();
        let (openai, openai_keys) = start_openai(openai, credentials, &pace, records()).await?;
        let nodes = start_nodes(&nodes, &pace, records).await?;
        Ok(DemoWorld {
            novelai,
            novelai_accounts,
            openai,
            openai_keys,
            nodes,
        })
    }

    /// Addresses and credentials, one object for each fake.
    pub fn describe(&self) -> Vec<Value> {
        let account = |account: &DemoAccount| json!({"email": account.email, "password": account.password, "token": account.token});
        let novelai = json!({
            "fake": "novelai", "image_url": self.novelai.image.url(), "text_url": self.novelai.text.url(),
            "api_url": self.novelai.api.url(),
            "accounts": self.novelai_accounts.iter().map(account).collect::<Vec<_>>(),
        });
        let openai = json!({
            "fake": "openai", "url": self.openai.server.url(), "base_url": self.openai.base_url(),
            "keys": self.openai_keys,
        });
        let node = |node: &NodeFake| json!({"fake": "node", "name": node.name, "url": node.server.url()});
        [novelai, openai]
            .into_iter()
            .chain(self.nodes.iter().map(node))
            .collect()
    }
}

async fn start_openai(
    addr: SocketAddr,
    keys: usize,
    pace: &Pace,
    records: Records,
) -> io::Result<(OpenAiFake, Vec<String>)> {
    let options = OpenAiOptions {
        addr,
        pace: pace.clone(),
        records,
        ..OpenAiOptions::default()
    };
    let openai = OpenAiFake::start_with(options).await?;
    let keys: Vec<String> = (0..keys).map(|_| credential("vck_", 56)).collect();
    for key in &keys {
        openai.keys.add(key, BALANCE);
    }
    Ok((openai, keys))
}

async fn start_nodes(
    addrs: &[SocketAddr],
    pace: &Pace,
    records: impl Fn() -> Records,
) -> io::Result<Vec<NodeFake>> {
    let mut nodes = Vec::new();
    for (index, addr) in addrs.iter().enumerate() {
        let options = NodeOptions {
            addr: *addr,
            pace: pace.clone(),
            records: records(),
            ..NodeOptions::named(&format!("gpu-{}", index + 1))
        };
        nodes.push(NodeFake::start_with(options).await?);
    }
    Ok(nodes)
}

/// A random credential in its upstream's form.
fn credential(prefix: &str, length: usize) -> String {
    format!("{prefix}{}", Alphanumeric.sample_string(&mut rand::rng(), length))
}

#[cfg(test)]
mod tests;
