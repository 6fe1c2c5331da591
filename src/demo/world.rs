//! The demo's parts: fakes, a configuration that points at them, a relay, one client key, pool keys.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use potluck_admin::By;
use potluck_admin::api::{Caps, CreateClientKey, CreateUser, ImportPoolKeys, SecretText, User, UserRole};
use potluck_fakes::DemoWorld;
use potluck_filters::model::{Kind, Role};
use potluck_filters::secret::Secret;
use tempfile::TempDir;

use crate::config::{self, Config};
use crate::secrets::{Secrets, fresh_key, fresh_password};
use crate::serve::{Relay, Running, Stop};

/// A relay in front of fakes.
pub(super) struct DemoRelay {
    pub(super) world: DemoWorld,
    /// The demo's own client key.
    pub(super) client_key: Secret,
    /// One of another user.
    pub(super) other_client_key: Secret,
    /// With which both log in to the pages.
    pub(super) password: Secret,
    running: Running,
    folder: TempDir,
}

impl DemoRelay {
    pub(super) fn start(listen: SocketAddr, stop: Stop) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("potluck-demo-")
            .tempdir()
            .context("no temporary folder")?;
        let fakes = tokio::runtime::Runtime::new().context("the fakes' threads cannot start")?;
        let world = fakes
            .block_on(DemoWorld::start())
            .context("the fakes cannot start")?;
        // The fakes live until the process ends; their threads must not be joined from within another runtime.
        std::mem::forget(fakes);
        let config = configuration(&world, &folder, listen)?;
        let secrets = Secrets {
            encryption_key: fresh_key().context("no randomness")?,
            encryption_keys_old: None,
            origin: "the demo".to_owned(),
            admin_token: None,
        };
        let running = Relay::open(config, &secrets)?.start(stop)?;
        let password = fresh_password().context("no randomness")?;
        let [client_key, other_client_key] =
            running.runtime.block_on(furnish(&running, &world, &password))?;
        running.runtime.block_on(until_all_serve(&running, &world))?;
        Ok(Self {
            world,
            client_key,
            other_client_key,
            password,
            running,
            folder,
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.running.address
    }

    pub(super) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub(super) fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.running.runtime.block_on(future)
    }

    pub(super) fn wait(self) {
        self.running.wait();
    }
}

fn configuration(world: &DemoWorld, folder: &TempDir, listen: SocketAddr) -> Result<Config> {
    let mut config = Config {
        data: folder.path().to_owned(),
        ..Config::default()
    };
    config.listen.address = config::Address(listen);
    // Several demos may run beside one another.
    config.metrics.listen = config::Listener::Off;
    config.admin.listen = config::Listener::Off;
    let hosts = &world.novelai;
    let novelai = [
        node("image", Some(Role::Image), &hosts.image.url())?,
        node("text", Some(Role::Text), &hosts.text.url())?,
        node("api", Some(Role::Api), &hosts.api.url())?,
    ];
    let gpu = world
        .nodes
        .iter()
        .map(|fake| node(&fake.name, None, &fake.server.url()));
    let vercel = vec![node("main", None, &world.openai.server.url())?];
    config.upstreams = BTreeMap::from([
        (
            "novelai".to_owned(),
            config::Upstream::new(Kind::Novelai, novelai.into()),
        ),
        (
            "vercel".to_owned(),
            config::Upstream {
                stateful: config::Stateful::Owned,
                ..config::Upstream::new(Kind::Openai, vercel)
            },
        ),
        (
            "gpu".to_owned(),
            config::Upstream::new(Kind::Http, gpu.collect::<Result<_>>()?),
        ),
    ]);
    for route in &mut config.routes {
        if route.upstream.as_deref() == Some("novelai") {
            // So that OpenAI's SDKs get their text from NovelAI's OpenAI-like paths.
            route.plugins.push(config::PluginEntry::new("oa-repair"));
        }
    }
    config.routes.push(config::Route {
        prefix: "/api".to_owned(),
        host: None,
        upstream: Some("gpu".to_owned()),
        models: Vec::new(),
        fallback: Vec::new(),
        auth: config::Access::Key,
        strip_prefix: false,
        max_wait: None,
        plugins: Vec::new(),
    });
    Ok(config)
}

fn node(name: &str, role: Option<Role>, url: &str) -> Result<config::Node> {
    let url = config::Url(url.parse().with_context(|| format!("the fake's address {url}"))?);
    Ok(config::Node {
        name: name.to_owned(),
        role,
        url,
        http: potluck_filters::model::HttpVersion::Auto,
    })
}

/// Waits for the first probes: until a pool key was seen to work, it does not serve.
async fn until_all_serve(running: &Running, world: &DemoWorld) -> Result<()> {
    let brought = world.novelai_accounts.len() + world.openai_keys.len();
    let all = async {
        while running.edge.pool_keys().len() < brought {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(30), all).await;
    waited.context("not all pool keys were found to work")
}

/// An admin, a guest, a client key of each, and all the fakes' credentials in the pool.
async fn furnish(running: &Running, world: &DemoWorld, password: &Secret) -> Result<[Secret; 2]> {
    let control = &running.control;
    let user = |name: &str, role| CreateUser {
        name: name.to_owned(),
        role,
        password: Some(SecretText(password.clone())),
        rate_limit: None,
    };
    let admin = control
        .create_user(&By::OPERATOR, user("demo", UserRole::Admin))
        .await;
    let admin = admin.context("no demo user")?;
    let guest = control
        .create_user(&By::OPERATOR, user("guest", UserRole::User))
        .await;
    let guest = guest.context("no demo guest")?;
    let novelai = world
        .novelai_accounts
        .iter()
        .map(|account| account.token.as_str())
        .collect();
    let openai = world.openai_keys.iter().map(String::as_str).collect();
    for (upstream, secrets) in [("novelai", novelai), ("vercel", openai)] {
        let secrets: Vec<&str> = secrets;
        let import = ImportPoolKeys {
            upstream: upstream.to_owned(),
            lines: secrets
                .into_iter()
                .map(|text| SecretText(Secret::new(text)))
                .collect(),
            contributor: None,
            label: "demo".to_owned(),
            caps: Caps::default(),
            concurrency: None,
            origins: None,
        };
        control
            .import_pool_keys(&By::OPERATOR, import)
            .await
            .with_context(|| format!("no pool keys for {upstream}"))?;
    }
    Ok([
        client_key(running, &admin).await?,
        client_key(running, &guest).await?,
    ])
}

async fn client_key(running: &Running, of: &User) -> Result<Secret> {
    let new = CreateClientKey {
        name: of.name.clone(),
        user: Some(of.id),
        rate_limit: 0,
        concurrency: None,
        anlas_per_day: None,
        expires_at: None,
        models: None,
        addresses: None,
    };
    let created = running.control.create_client_key(&By::OPERATOR, new).await;
    Ok(created.context("no demo key")?.text.0)
}
