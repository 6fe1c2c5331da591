//! The fakes, the relay in front of them, and one client key.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use hyper::Method;
use potluck_fakes::DemoWorld;
use potluck_fakes::demo::DemoOptions;
use serde_json::json;

use super::client::Client;
use super::options::SoakOptions;
use super::tally::Tally;
use crate::folder::Folder;
use crate::place::free_address;
use crate::potluck::control::Control;
use crate::program::{self, Program};

/// Credentials of each kind: enough that one image after the other on each keeps up with the load.
const CREDENTIALS: usize = 8;
/// Longest wait for the relay to be ready.
const START: Duration = Duration::from_secs(60);
/// The relay's name in the run's folder.
const NAME: &str = "soak";

/// What requests need.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) client: Client,
    pub(super) key: String,
    pub(super) tally: Tally,
}

/// All of it. The relay is declared before the folder, so that it has ended when that is removed.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) site: Arc<Site>,
    pub(super) relay: Program,
    pub(super) socket: PathBuf,
    pub(super) world: DemoWorld,
    folder: Folder,
}

impl Stage {
    /// Starts everything and waits until the relay is ready.
    pub(super) async fn set(options: &SoakOptions) -> Result<Self> {
        let binary = options
            .potluck
            .clone()
            .map_or_else(|| program::sibling("potluck"), Ok)?;
        let folder = Folder::make(options.keep)?;
        let demo = DemoOptions {
            credentials: CREDENTIALS,
            ..DemoOptions::default()
        };
        let world = DemoWorld::start_with(demo).await.context("starting the fakes")?;
        let address = free_address()?;
        let data = folder.path().join("data");
        let config = folder.write("soak.yaml", &config(&world, &data, &address.to_string()))?;
        initialise(command(&binary, "init", &config))?;
        let mut relay = Program::start(NAME, command(&binary, "serve", &config), &folder)?;
        let client = Client::new(address);
        until_ready(&client, &mut relay).await?;
        let socket = data.join("control.sock");
        let key = furnish(&mut Control::open(&socket).await?, &world).await?;
        let site = Arc::new(Site {
            client,
            key,
            tally: Tally::default(),
        });
        Ok(Self {
            site,
            relay,
            socket,
            world,
            folder,
        })
    }

    /// What the relay has logged.
    pub(super) fn log(&self) -> Result<String> {
        let path = self.folder.path().join(format!("{NAME}.log"));
        fs::read_to_string(path).context("reading the relay's log")
    }
}

fn command(binary: &Path, word: &str, config: &Path) -> Command {
    let mut command = Command::new(binary);
    // Nothing of the environment may change what is soaked.
    command
        .arg(word)
        .arg("--config")
        .arg(config)
        .env_clear()
        .env("RUST_BACKTRACE", "1");
    command
}

fn initialise(mut command: Command) -> Result<()> {
    let output = command.output().context("running `potluck init`")?;
    if !output.status.success() {
        bail!(
            "`potluck init` failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(())
}

async fn until_ready(client: &Client, relay: &mut Program) -> Result<()> {
    let end = Instant::now() + START;
    while !client.ready().await {
        relay.must_run()?;
        if Instant::now() > end {
            bail!("not ready within {START:?}; it said:\n{}", relay.said());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// Brings all credentials and makes the client key.
async fn furnish(control: &mut Control, world: &DemoWorld) -> Result<String> {
    let tokens: Vec<_> = world
        .novelai_accounts
        .iter()
        .map(|account| &account.token)
        .collect();
    for (upstream, lines) in [("novelai", json!(tokens)), ("vercel", json!(world.openai_keys))] {
        let import = json!({"upstream": upstream, "lines": lines, "label": "soak"});
        control
            .ask(Method::POST, "/manage/v1/pool-keys/import", &import)
            .await?;
    }
    control.create_key("soak").await
}

/// Rests after failures are short, so that faults do not empty the pool for good.
fn config(world: &DemoWorld, data: &Path, listen: &str) -> String {
    let rests = "cool_downs: { rate_limited: 200ms, server_error: 200ms, connect: 100ms, payment: 200ms, max: 500ms }";
    let nodes: String = world
        .nodes
        .iter()
        .map(|node| {
            format!(
                "      - {{ name: {}, url: '{}' }}\n",
                node.name,
                node.server.url()
            )
        })
        .collect();
    format!(
        "data: '{data}'
listen: {{ address: '{listen}' }}
log: {{ access: false }}
upstreams:
  novelai:
    kind: novelai
    {rests}
    nodes:
      - {{ name: image, role: image, url: '{image}' }}
      - {{ name: text, role: text, url: '{text}' }}
      - {{ name: api, role: api, url: '{api}' }}
  vercel:
    kind: openai
    {rests}
    nodes:
      - {{ name: main, url: '{openai}' }}
  gpu:
    kind: http
    {rests}
    nodes:
{nodes}routes:
  - {{ prefix: /v1/novelai, upstream: novelai, strip_prefix: true }}
  - {{ prefix: /v1, upstream: vercel }}
  - {{ prefix: /api, upstream: gpu }}
",
        data = data.display(),
        image = world.novelai.image.url(),
        text = world.novelai.text.url(),
        api = world.novelai.api.url(),
        openai = world.openai.server.url(),
    )
}
