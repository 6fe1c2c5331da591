//! The store on real databases: every test runs on SQLite, and on Postgres too when `TEST_POSTGRES_URL` names
//! a database in which schemas may be made.

mod accounts;
mod alerts;
mod audit;
mod changes;
mod idempotency;
mod jobs;
mod leading;
mod limits;
mod logins;
mod marks;
mod migrating;
mod nodes;
mod objects;
mod opening;
mod outbound_proxies;
mod people;
mod pool_keys;
mod probes;
mod schema;
mod settings;
mod sight;
mod snapshot;
mod spending;
mod usage;

use potluck_filters::id::{PoolKeyId, UserId};
use potluck_filters::limit::Limit;
use potluck_filters::model::{Account, Caps, PoolKeyState};
use potluck_filters::secret::Secret;
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor};

use crate::random;
use crate::seal::ring::tests::ring;
use crate::store::Store;
use crate::table::client_keys::{ClientKeyRow, NewClientKey};
use crate::table::pool_keys::{Added, NewCredential, Probed, SavedProbe, Terms, Told};
use crate::table::users::{NewUser, UserRole};

/// A fresh database.
struct Database {
    url: String,
    folder: Option<tempfile::TempDir>,
}

impl Database {
    fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            url: format!("sqlite:{}/control.db", folder.path().display()),
            folder: Some(folder),
        }
    }

    async fn postgres(server: &str) -> (Self, String) {
        let schema: String = random::bytes::<8>()
            .unwrap()
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        let schema = format!("potluck_test_{schema}");
        statement(server, format!("create schema {schema}")).await;
        let mark = if server.contains('?') { '&' } else { '?' };
        (
            Self {
                url: format!("{server}{mark}options=-csearch_path%3D{schema}"),
                folder: None,
            },
            schema,
        )
    }

    async fn open(&self) -> Store {
        Store::open(&self.url, ring(1)).await.unwrap()
    }

    /// With the admin that everything belongs to.
    async fn seeded(&self) -> (Store, UserId) {
        let store = self.open().await;
        let owner = admin(&store, "owner").await;
        (store, owner)
    }
}

async fn statement(url: &str, sql: String) {
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(url).await.unwrap();
    connection.execute(AssertSqlSafe(sql)).await.unwrap();
}

/// Runs a test on each kind of database.
async fn each(test: impl AsyncFn(&Database)) {
    test(&Database::sqlite()).await;
    if let Ok(server) = std::env::var("TEST_POSTGRES_URL") {
        let (database, schema) = Database::postgres(&server).await;
        test(&database).await;
        statement(&server, format!("drop schema {schema} cascade")).await;
    }
}

async fn user(store: &Store, name: &str, role: UserRole) -> UserId {
    let new = NewUser {
        name: name.to_owned(),
        role,
        limit: None,
        password_hash: None,
    };
    let mut change = store.change().await.unwrap();
    let row = change.create_user(&new, 1).await.unwrap();
    change.commit().await.unwrap();
    row.user.id
}

async fn admin(store: &Store, name: &str) -> UserId {
    user(store, name, UserRole::Admin).await
}

fn new_key(owner: UserId) -> NewClientKey {
    NewClientKey {
        user: owner,
        name: "laptop".to_owned(),
        rate_limit: Limit::AtMost(60),
        concurrency: Limit::Unlimited,
        anlas_per_day: Limit::AtMost(40),
        expires_at: Some(99),
        models: Some(vec!["gpt-*".into()].into()),
        addresses: Some(vec!["10.0.0.0/8".parse().unwrap()].into()),
        purpose: None,
    }
}

async fn client_key(store: &Store, owner: UserId, text: &str) -> ClientKeyRow {
    let mut change = store.change().await.unwrap();
    let row = change
        .create_client_key(&new_key(owner), &Secret::new(text), 5)
        .await
        .unwrap();
    change.commit().await.unwrap();
    row
}

fn terms(contributor: UserId) -> Terms {
    Terms {
        upstream: "novelai".to_owned(),
        contributor,
        label: "mine".to_owned(),
        origins: vec!["text:443".into(), "image:443".into()],
        concurrency: None,
        caps: Caps::default(),
        state: PoolKeyState::Healthy,
        notice: None,
    }
}

async fn add(store: &Store, terms: &Terms, credentials: &[&str]) -> Vec<Added> {
    let credentials: Vec<NewCredential> = credentials
        .iter()
        .map(|&text| NewCredential::Token(Secret::new(text)))
        .collect();
    let mut change = store.change().await.unwrap();
    let added = change.add_pool_keys(terms, &credentials, 7).await.unwrap();
    change.commit().await.unwrap();
    added
}

/// Adds one credential, and says how it is called.
async fn one(store: &Store, terms: &Terms, credential: NewCredential) -> PoolKeyId {
    let mut change = store.change().await.unwrap();
    let added = change.add_pool_keys(terms, &[credential], 7).await.unwrap();
    change.commit().await.unwrap();
    let [Added::Added(id)] = added.as_slice() else {
        panic!("{added:?}")
    };
    *id
}

fn token(text: &str) -> NewCredential {
    NewCredential::Token(Secret::new(text))
}

fn login(username: &str, password: &str) -> NewCredential {
    NewCredential::Login {
        username: username.to_owned(),
        password: Secret::new(password),
    }
}

/// A key that a probe found well.
fn well(account: Option<Account>) -> Probed {
    Probed {
        state: PoolKeyState::Healthy,
        reason: None,
        account,
        credit: Told::default(),
        account_id: None,
        probe_streak: 0,
        next_probe_at: Some(100),
        at: 1,
    }
}

async fn probed(store: &Store, id: PoolKeyId, probed: &Probed) -> SavedProbe {
    let mut change = store.change().await.unwrap();
    let saved = change.save_probe(id, probed).await.unwrap();
    change.commit().await.unwrap();
    saved
}

const OPUS: Account = Account {
    tier: 3,
    active: true,
    anlas: 10_000,
    battery: Some(80),
    battery_negative: false,
    expires_at: Some(2_000_000_000),
    checked_at: 1_000,
};
