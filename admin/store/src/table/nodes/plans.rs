//! What edges get to know about nodes.

use std::sync::Arc;

use potluck_filters::id::Revision;
use potluck_filters::model::{Node, NodePlan};
use potluck_filters::pool::NodeState;
use potluck_filters::snapshot::NodePlans;
use sqlx::AnyConnection;

use super::{NodeRow, all};
use crate::error::StoreError;
use crate::table::upstream_settings;

/// All that was changed at run time.
pub(crate) async fn plans(connection: &mut AnyConnection) -> Result<NodePlans, StoreError> {
    let mut plans = NodePlans::new();
    for row in all(&mut *connection).await? {
        lay(plans.entry(row.upstream.as_str().into()).or_default(), &row);
    }
    for (upstream, active) in upstream_settings::active_nodes(connection).await? {
        plans.entry(upstream.into()).or_default().active = Some(active.into());
    }
    Ok(plans)
}

fn lay(plan: &mut NodePlan, row: &NodeRow) {
    let name: Arc<str> = row.name.as_str().into();
    match (row.state, &row.place) {
        (NodeState::Removed, _) => {
            plan.removed.insert(name);
            return;
        }
        (NodeState::Draining, _) => {
            plan.drained.insert(Arc::clone(&name));
        }
        (NodeState::Active, _) => {}
    }
    plan.added.extend(row.place.as_ref().map(|place| Node {
        name,
        role: place.role,
        base: place.url.clone(),
        http: place.http,
    }));
}

/// All that was changed at run time, where some of it changed after `since`.
pub(crate) async fn changed(
    connection: &mut AnyConnection,
    since: Revision,
) -> Result<Option<NodePlans>, StoreError> {
    let row: Option<(i64,)> = sqlx::query_as(
        "select revision from nodes where revision > $1 \
         union all select revision from upstream_settings where revision > $1 limit 1",
    )
    .bind(since.0)
    .fetch_optional(&mut *connection)
    .await?;
    match row {
        Some(_) => plans(connection).await.map(Some),
        None => Ok(None),
    }
}
