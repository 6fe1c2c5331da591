//! Fills a new data folder before the relay starts, with the store's own code and in one change: a
//! hundred thousand keys made one by one would take longer than the measurement.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use potluck_filters::id::UserId;
use potluck_filters::limit::{Limit, LimitRule};
use potluck_filters::model::{Caps, PoolKeyState};
use potluck_filters::secret::Secret;
use potluck_store::table::client_keys::NewClientKey;
use potluck_store::table::pool_keys::{Added, NewCredential, Terms};
use potluck_store::table::users::{NewUser, UserRole};
use potluck_store::{Change, KeyRing, Store, random};

use super::UPSTREAM;

/// Client keys of one user.
const KEYS_PER_USER: usize = 10;
/// Requests per minute of a client key: counted on every request, never reached.
const KEY_RATE: Limit = Limit::AtMost(100_000);
/// Requests in flight of a client key: likewise.
const KEY_CONCURRENCY: Limit = Limit::AtMost(64);
/// Requests per minute of a user: likewise.
const USER_RATE: Limit = Limit::AtMost(1_000_000);

/// What the keys are limited to, for the hash of the configuration.
pub(super) const LIMITS: [Limit; 3] = [KEY_RATE, KEY_CONCURRENCY, USER_RATE];

/// Makes users, client keys and pool keys in the data folder, and gives the key that they are sealed with.
pub(super) async fn fill(
    data: &Path,
    origin: &str,
    client_keys: &[String],
    pool_keys: &[String],
) -> Result<Secret> {
    let encryption_key = KeyRing::key_text(&random::bytes().context("random bytes")?);
    let ring = KeyRing::parse(&encryption_key, None).context("making an encryption key")?;
    let store = Store::open(&format!("sqlite:{}", data.join("potluck.db").display()), ring).await;
    let store = store.context("making the relay's database")?;
    let mut change = store.change().await.context("filling the relay's database")?;
    let filled = users(&mut change, origin, client_keys, pool_keys).await;
    filled.context("filling the relay's database")?;
    change.commit().await.context("filling the relay's database")?;
    store.close().await;
    Ok(encryption_key)
}

async fn users(
    change: &mut Change<'_>,
    origin: &str,
    client_keys: &[String],
    pool_keys: &[String],
) -> Result<()> {
    let now_ms = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?;
    let operator = user(change, "operator", UserRole::Admin, now_ms).await?;
    pool(change, operator, origin, pool_keys, now_ms).await?;
    for (number, keys) in client_keys.chunks(KEYS_PER_USER).enumerate() {
        let owner = user(change, &format!("guest-{number}"), UserRole::User, now_ms).await?;
        for key in keys {
            let new = NewClientKey {
                user: owner,
                name: "bench".to_owned(),
                rate_limit: KEY_RATE,
                concurrency: KEY_CONCURRENCY,
                anlas_per_day: Limit::Unlimited,
                expires_at: None,
                models: None,
                addresses: None,
                purpose: None,
            };
            change
                .create_client_key(&new, &Secret::new(key.as_str()), now_ms)
                .await?;
        }
    }
    Ok(())
}

async fn user(change: &mut Change<'_>, name: &str, role: UserRole, now_ms: i64) -> Result<UserId> {
    let new = NewUser {
        name: name.to_owned(),
        role,
        limit: Some(LimitRule::Manual(USER_RATE)),
        password_hash: None,
    };
    Ok(change.create_user(&new, now_ms).await?.user.id)
}

async fn pool(
    change: &mut Change<'_>,
    contributor: UserId,
    origin: &str,
    keys: &[String],
    now_ms: i64,
) -> Result<()> {
    let terms = Terms {
        upstream: UPSTREAM.to_owned(),
        contributor,
        label: String::new(),
        origins: vec![origin.into()],
        concurrency: None,
        caps: Caps::default(),
        state: PoolKeyState::Healthy,
        notice: None,
    };
    let credentials: Vec<_> = keys
        .iter()
        .map(|key| NewCredential::Token(Secret::new(key.as_str())))
        .collect();
    let added = change.add_pool_keys(&terms, &credentials, now_ms).await?;
    if !added.iter().all(|added| matches!(added, Added::Added(_))) {
        bail!("the relay's store refused a pool key");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::Folder;
    use crate::keys;

    #[tokio::test]
    async fn what_was_filled_in_is_what_an_edge_will_serve() {
        let folder = Folder::make(false).unwrap();
        let client_keys = keys::client_keys(25);
        let text = fill(folder.path(), "127.0.0.1:9", &client_keys, &keys::pool_keys(3))
            .await
            .unwrap();
        let url = format!("sqlite:{}", folder.path().join("potluck.db").display());
        let store = Store::open(&url, KeyRing::parse(&text, None).unwrap())
            .await
            .unwrap();
        let parts = store.load().await.unwrap();
        // One operator, and three guests for 25 keys of at most ten each.
        assert_eq!(
            (parts.users.len(), parts.client_keys.len(), parts.pool_keys.len()),
            (4, 25, 3)
        );
        assert!(parts.client_keys.iter().all(|key| key.rate_limit == KEY_RATE));
    }
}
