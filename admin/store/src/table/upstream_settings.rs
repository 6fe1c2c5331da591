//! What was switched at run time about upstreams: how their pool keys are chosen, and which node comes first.
//!
//! Invariant: a row stays when a switch is taken back, so that edges hear of that too.

use std::collections::BTreeMap;

use potluck_filters::id::Revision;
use potluck_filters::pool::Policy;
use potluck_filters::snapshot::Policies;
use sqlx::AnyConnection;

use crate::change::Change;
use crate::error::StoreError;
use crate::store::Store;

fn text(policy: Policy) -> &'static str {
    match policy {
        Policy::RoundRobin => "round-robin",
        Policy::ActiveFirst => "active-first",
        Policy::LeastLatency => "least-latency",
        Policy::LeastBusy => "least-busy",
        Policy::CreditWeighted => "credit-weighted",
    }
}

fn parse(text_of: &str) -> Option<Policy> {
    [
        Policy::RoundRobin,
        Policy::ActiveFirst,
        Policy::LeastLatency,
        Policy::LeastBusy,
        Policy::CreditWeighted,
    ]
    .into_iter()
    .find(|policy| text(*policy) == text_of)
}

/// All policies that were switched.
pub(crate) async fn policies(connection: &mut AnyConnection) -> Result<Policies, StoreError> {
    let rows: Vec<(String, String)> =
        sqlx::query_as("select upstream, policy from upstream_settings where policy is not null")
            .fetch_all(connection)
            .await?;
    let read = |(upstream, policy): (String, String)| {
        let policy = parse(&policy).ok_or_else(|| StoreError::Setting(upstream.clone()))?;
        Ok((upstream.into(), policy))
    };
    rows.into_iter().map(read).collect()
}

/// All policies that were switched, where one of them changed after `since`.
pub(crate) async fn changed(
    connection: &mut AnyConnection,
    since: Revision,
) -> Result<Option<Policies>, StoreError> {
    let row: Option<(i64,)> =
        sqlx::query_as("select revision from upstream_settings where revision > $1 limit 1")
            .bind(since.0)
            .fetch_optional(&mut *connection)
            .await?;
    match row {
        Some(_) => policies(connection).await.map(Some),
        None => Ok(None),
    }
}

/// The nodes that were designated, by upstream.
pub(crate) async fn active_nodes(
    connection: &mut AnyConnection,
) -> Result<BTreeMap<String, String>, StoreError> {
    let rows: Vec<(String, String)> =
        sqlx::query_as("select upstream, active_node from upstream_settings where active_node is not null")
            .fetch_all(connection)
            .await?;
    Ok(rows.into_iter().collect())
}

impl Store {
    /// The nodes that `active-first` prefers, by upstream, where that was switched.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn active_nodes(&self) -> Result<BTreeMap<String, String>, StoreError> {
        active_nodes(&mut *self.pool.acquire().await?).await
    }

    /// The policies that were switched at run time, by upstream.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn policies(&self) -> Result<Policies, StoreError> {
        policies(&mut *self.pool.acquire().await?).await
    }
}

impl Change<'_> {
    /// Switches how an upstream's pool keys are chosen; `None` takes that back.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_policy(&mut self, upstream: &str, policy: Option<Policy>) -> Result<(), StoreError> {
        sqlx::query(
            "insert into upstream_settings (upstream, policy, revision) values ($1, $2, $3) \
             on conflict (upstream) do update set policy = excluded.policy, revision = excluded.revision",
        )
        .bind(upstream.to_owned())
        .bind(policy.map(text))
        .bind(self.revision.0)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// The node that was designated, as this change sees it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn active_node(&mut self, upstream: &str) -> Result<Option<String>, StoreError> {
        Ok(active_nodes(&mut self.tx).await?.remove(upstream))
    }

    /// Switches which node of an upstream `active-first` prefers; `None`: the first one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_active_node(&mut self, upstream: &str, node: Option<&str>) -> Result<(), StoreError> {
        sqlx::query(
            "insert into upstream_settings (upstream, active_node, revision) values ($1, $2, $3) \
             on conflict (upstream) do update set active_node = excluded.active_node, revision = excluded.revision",
        )
        .bind(upstream.to_owned())
        .bind(node.map(str::to_owned))
        .bind(self.revision.0)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }
}
