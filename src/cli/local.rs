//! The control plane in this process: the database under the data folder's lock, and the API's routes on it.
//!
//! [`open_store`] and [`facts`] are also how `serve` begins.

mod routes;

use std::sync::Arc;

use axum::Router;
use potluck_admin::api::{NodeFacts, UpstreamFacts};
use potluck_admin::store::error::StoreError;
use potluck_admin::store::seal::envelope::SealError;
use potluck_admin::store::usage::{UsageOptions, UsageStore};
use potluck_admin::store::{KeyRing, Store};
use potluck_admin::{Control, operator_router};
use potluck_filters::model::{Kind, Layout, Opened, Upstream};

use super::exit::{Exit, Failure};
pub use super::lock::DataLock;
use crate::clock::unix_ms;
use crate::config::{self, Config};
use crate::secrets::Secrets;
pub use routes::routes;

/// A control plane without an edge; what it changes is served from the next start on.
pub(super) struct Local {
    control: Arc<Control>,
    /// Declared last: given back when nothing uses the database any more.
    _lock: DataLock,
}

/// Jobs are worked off as long as this lives.
pub(super) struct Working(tokio::task::JoinHandle<()>);

impl Drop for Working {
    fn drop(&mut self) {
        // A step that is under way is not committed, and is done again by whoever goes on with the job.
        self.0.abort();
    }
}

impl Local {
    pub(super) async fn open(config: &Config, secrets: &Secrets) -> Result<Self, Failure> {
        let lock = DataLock::take(&config.data)?;
        let store = open_store(config, secrets).await?;
        let usage = open_usage(config, &store).await?;
        let layout = config.layout().map_err(config::Problems)?;
        let upstreams = facts(&layout, config);
        let control = Control::without_edge(store, upstreams, unix_ms).await;
        let control = control.map_err(|error| Failure::new(Exit::Unavailable, with_cause(&error)))?;
        let control = control
            .with_usage(usage)
            .with_routes(routes(&layout, config))
            .reached_at(config.admin.public_base_url.clone())
            .configured(config::effective(config, secrets));
        Ok(Self {
            control: Arc::new(control.with_auth(config.auth.settings())),
            _lock: lock,
        })
    }

    pub(super) fn router(&self) -> Router {
        operator_router(Arc::clone(&self.control))
    }

    pub(super) fn work_off(&self) -> Working {
        Working(tokio::spawn(potluck_admin::job::work_off(Arc::clone(
            &self.control,
        ))))
    }

    pub(super) async fn close(self) {
        self.control.close().await;
    }
}

/// Opens the database of a configuration with the key ring of the secrets. The caller holds the [`DataLock`].
///
/// # Errors
/// Weak keys, a key ring that does not fit, or an unusable database, each with the way out.
pub async fn open_store(config: &Config, secrets: &Secrets) -> Result<Store, Failure> {
    let ring =
        KeyRing::parse(&secrets.encryption_key, secrets.encryption_keys_old.as_ref()).map_err(|error| {
            Failure::new(
                Exit::Config,
                format!("ENCRYPTION_KEY (from {}) {error}", secrets.origin),
            )
        })?;
    Store::open(&config.database_url(), ring).await.map_err(|error| {
        let exit = match &error {
            StoreError::Seal(SealError::WrongRing { .. }) | StoreError::Url => Exit::Config,
            _ => Exit::Unavailable,
        };
        Failure::new(exit, with_cause(&error))
    })
}

/// Opens the books of usage that belong to a database.
///
/// # Errors
/// Whatever makes them unusable, with the way out.
pub async fn open_usage(config: &Config, store: &Store) -> Result<UsageStore, Failure> {
    let options = UsageOptions {
        kept: config.usage.kept(),
        ..UsageOptions::default()
    };
    let usage = UsageStore::open(&config.database_url(), store.epoch(), options).await;
    usage.map_err(|error| Failure::new(Exit::Unavailable, with_cause(&error)))
}

/// An error and what lies under it, for the operator's own terminal.
fn with_cause(error: &dyn std::error::Error) -> String {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(under) = cause {
        let under_message = under.to_string();
        if !message.contains(&under_message) {
            message = format!("{message}: {under_message}");
        }
        cause = under.source();
    }
    message
}

/// What the control plane knows of a layout and the configuration that it was laid out from.
#[must_use]
pub fn facts(layout: &Layout, config: &Config) -> Vec<UpstreamFacts> {
    let upstreams = layout.upstreams.iter();
    upstreams
        .map(|upstream| upstream_facts(upstream, config))
        .collect()
}

fn upstream_facts(upstream: &Upstream, config: &Config) -> UpstreamFacts {
    let written = config.upstreams.get(&*upstream.name);
    let nodes = upstream.nodes.iter().map(|node| NodeFacts {
        name: node.name.to_string(),
        role: node.role,
        url: node.base.to_string(),
        origin: node.base.origin(),
        http: node.http,
    });
    UpstreamFacts {
        name: upstream.name.to_string(),
        kind: upstream.kind,
        keyed: upstream.keyed,
        probed: config.probe.enabled && upstream.kind == Kind::Novelai && upstream.keyed,
        operators_only: upstream.opened == Opened::All,
        credit: config.probe.enabled && upstream.credit.is_some() && upstream.keyed,
        configured_policy: upstream.policy,
        allow_plaintext: written.is_some_and(|written| written.allow_plaintext),
        private_networks: upstream.private_networks.to_vec(),
        nodes: nodes.collect(),
    }
}
