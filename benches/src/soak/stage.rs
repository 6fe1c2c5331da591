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
use serde_json::{Value, json};

use super::client::Client;
use super::tally::Tally;
use crate::folder::Folder;
use crate::place::free_address;
use crate::potluck::control::Control;
use crate::program::{self, Program};

/// Longest wait for the relay to be ready.
const START: Duration = Duration::from_secs(60);
/// The relay's name in the run's folder.
const NAME: &str = "soak";

/// What requests need.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) client: Client,
    pub(crate) key: String,
    pub(super) tally: Tally,
}

/// All of it. The relay is declared before the folder, so that it has ended when that is removed.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) site: Arc<Site>,
    pub(super) relay: Program,
    pub(super) socket: PathBuf,
    pub(crate) world: DemoWorld,
    folder: Folder,
}

impl Stage {
    /// Starts everything and waits until the relay is ready.
    pub(crate) async fn set(potluck: Option<PathBuf>, keep: bool, demo: DemoOptions) -> Result<Self> {
        let binary = potluck.map_or_else(|| program::sibling("potluck"), Ok)?;
        let folder = Folder::make(keep)?;
        let world = DemoWorld::start_with(demo).await.context("starting the fakes")?;
        let address = free_address()?;
        let data = folder.path().join("data");
        let config = folder.write("soak.yaml", &config(&world, &data, &address.to_string()))?;
        initialise(command(&binary, "init", &config))?;
        let mut relay = Program::start(NAME, command(&binary, "serve", &config), &folder)?;
        let client = Client::new(address);
        until_ready(&client, &mut relay).await?;
        let socket = data.join("control.sock");
        let mut control = Control::open(&socket).await?;
        let key = furnish(&mut control, &world).await?;
        until_all_serve(&mut control, &world).await?;
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

/// Waits for the first probes: until a pool key was seen to work, it does not serve.
async fn until_all_serve(control: &mut Control, world: &DemoWorld) -> Result<()> {
    let end = Instant::now() + START;
    loop {
        let status = control.ask(Method::GET, "/manage/v1/status", &json!({})).await?;
        let keys = status
            .pointer("/edge/upstreams/novelai/keys")
            .and_then(Value::as_u64);
        if keys == Some(world.novelai_accounts.len() as u64) {
            return Ok(());
        }
        if Instant::now() > end {
            bail!("not all pool keys were found to work within {START:?}");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
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
    let rests =
        "cool_downs: { base_429: 200ms, base_5xx: 200ms, connect: 100ms, base_402: 200ms, max: 500ms }";
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
admin: {{ listen: off }}
metrics: {{ listen: off }}
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
