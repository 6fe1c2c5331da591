//! Opening the database, and reading everything that an edge serves from.
//!
//! Invariant: what one call returns belongs to one revision, also while changes are being made.

use std::sync::Arc;

use potluck_filters::egress::Egress;
use potluck_filters::id::Revision;
use potluck_filters::limit::LimitPolicy;
use potluck_filters::model::{ClientKey, FormerText, Layout, PoolKey, User};
use potluck_filters::snapshot::{Delta, Draft, NodePlans, Policies};
use sqlx::{AnyConnection, AnyPool};

use crate::change::Change;
use crate::dialect::{self, Dialect};
use crate::error::StoreError;
use crate::location::Location;
use crate::seal::chain::Chain;
use crate::seal::envelope::wrong_ring;
use crate::seal::fingerprint::Fingerprints;
use crate::seal::ring::KeyRing;
use crate::table::{
    alerts, client_keys, limits, meta, nodes, outbound_proxies, pool_keys, signing_keys, totp,
    upstream_settings, users,
};

/// An open control database with the key ring that fits it.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) pool: AnyPool,
    pub(crate) ring: Arc<KeyRing>,
    pub(crate) fingerprints: Fingerprints,
    pub(crate) chain: Chain,
    dialect: Dialect,
    epoch: Arc<str>,
}

/// Everything of the database that an edge serves from. The layout comes from the configuration.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// The change that all of this belongs to.
    pub revision: Revision,
    /// All users.
    pub users: Vec<User>,
    /// All client keys, whatever their state.
    pub client_keys: Vec<ClientKey>,
    /// Texts that client keys had before they were rotated.
    pub former_texts: Vec<FormerText>,
    /// The pool keys that may serve.
    pub pool_keys: Vec<PoolKey>,
    /// Policies that were switched at run time.
    pub policies: Policies,
    /// What was changed at run time about nodes.
    pub nodes: NodePlans,
    /// Outbound proxies, opened, and which upstreams leave through them.
    pub egress: Egress,
    /// How users' limits come about.
    pub limits: LimitPolicy,
}

impl Parts {
    /// Together with the layout, what a snapshot is built from.
    #[must_use]
    pub fn into_draft(self, layout: Arc<Layout>) -> Draft {
        let Self {
            revision,
            users,
            client_keys,
            former_texts,
            pool_keys,
            policies,
            nodes,
            egress,
            limits,
        } = self;
        Draft {
            revision,
            layout,
            users,
            client_keys,
            former_texts,
            pool_keys,
            policies,
            nodes,
            egress,
            limits,
        }
    }
}

impl Store {
    /// Opens the database at `url`, brings its tables up to date, and checks that `ring` can open it.
    ///
    /// # Errors
    /// Whatever makes the database unusable, each with the way out.
    pub async fn open(url: &str, ring: KeyRing) -> Result<Self, StoreError> {
        let (pool, dialect) = dialect::connect(&Location::parse(url)?).await?;
        let meta = meta::open(&pool, &ring).await?;
        let (ring, epoch) = (Arc::new(ring), meta.epoch.into());
        let store = Self {
            pool,
            ring,
            fingerprints: meta.fingerprints,
            chain: meta.chain,
            dialect,
            epoch,
        };
        store.verify_ring().await?;
        Ok(store)
    }

    /// Whether every credential was sealed with a key of the ring.
    async fn verify_ring(&self) -> Result<(), StoreError> {
        let have: Vec<String> = self.ring.ids().iter().map(ToString::to_string).collect();
        let mut ids = pool_keys::sealing_keys(&self.pool).await?;
        ids.extend(outbound_proxies::sealing_keys(&self.pool).await?);
        ids.extend(signing_keys::sealing_keys(&self.pool).await?);
        ids.extend(totp::sealing_keys(&self.pool).await?);
        ids.extend(alerts::sealing_keys(&self.pool).await?);
        match ids.iter().find(|id| !have.contains(id)) {
            Some(missing) => Err(wrong_ring(&self.ring, missing).into()),
            None => Ok(()),
        }
    }

    /// Which database this is.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Tells this database from a restored or new one.
    #[must_use]
    pub fn epoch(&self) -> &str {
        &self.epoch
    }

    /// What a page has to send back so that it is known to be one of this session's own: of no use without it.
    #[must_use]
    pub fn page_token(&self, session: i64) -> [u8; 32] {
        self.fingerprints.session(session)
    }

    /// The form in which a request's hash is kept, from which nothing of the request can be guessed.
    #[must_use]
    pub fn request_print(&self, hash: &[u8; 32]) -> [u8; 32] {
        self.fingerprints.request(hash)
    }

    /// Waits for the last statement and closes all connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// The revision of the last change.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn revision(&self) -> Result<Revision, StoreError> {
        meta::revision(&mut *self.pool.acquire().await?).await
    }

    /// Everything an edge serves from.
    ///
    /// # Errors
    /// When the database fails, or holds what this program cannot read or open.
    pub async fn load(&self) -> Result<Parts, StoreError> {
        let mut tx = self.dialect.read(&self.pool).await?;
        let parts = Parts {
            revision: meta::revision(&mut tx).await?,
            users: users::changed(&mut tx, Revision(0)).await?,
            client_keys: client_keys::changed(&mut tx, Revision(0)).await?,
            former_texts: client_keys::former_texts(&mut tx, Revision(0)).await?,
            limits: limits::policy(&mut tx).await?,
            pool_keys: pool_keys::serving(&mut tx, &self.ring).await?,
            policies: upstream_settings::policies(&mut tx).await?,
            nodes: nodes::plans(&mut tx).await?,
            egress: outbound_proxies::egress(&mut tx, &self.ring).await?,
        };
        tx.commit().await?;
        Ok(parts)
    }

    /// What changed after `since`. Pool keys that may no longer serve are named as gone.
    ///
    /// # Errors
    /// When the database fails, or holds what this program cannot read or open.
    pub async fn changes_since(&self, since: Revision) -> Result<Delta, StoreError> {
        let mut tx = self.dialect.read(&self.pool).await?;
        let delta = delta(&mut tx, &self.ring, since).await?;
        tx.commit().await?;
        Ok(delta)
    }

    /// Begins a change: takes the next revision and holds off other changes until it ends.
    ///
    /// # Errors
    /// When the database fails or stays locked by another process.
    pub async fn change(&self) -> Result<Change<'_>, StoreError> {
        let mut tx = self.pool.begin().await?;
        let revision = meta::next_revision(&mut tx).await?;
        Ok(Change {
            store: self,
            tx,
            revision,
        })
    }

    /// Overwrites what withdrawn pool keys have left behind in files of the database.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_deleted(&self) -> Result<(), StoreError> {
        self.dialect.forget_deleted(&self.pool).await
    }
}

/// What changed after `since`, as seen by the transaction of `connection`.
pub(crate) async fn delta(
    connection: &mut AnyConnection,
    ring: &KeyRing,
    since: Revision,
) -> Result<Delta, StoreError> {
    Ok(Delta {
        from: since,
        to: meta::revision(connection).await?,
        layout: None,
        users: users::changed(connection, since).await?,
        client_keys: client_keys::changed(connection, since).await?,
        former_texts: client_keys::former_texts(connection, since).await?,
        limits: limits::changed(connection, since).await?,
        pool_keys: pool_keys::changed(connection, ring, since).await?,
        policies: upstream_settings::changed(connection, since).await?,
        nodes: nodes::changed(connection, since).await?,
        egress: outbound_proxies::changed(connection, ring, since).await?,
    })
}
