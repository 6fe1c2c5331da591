//! `…/history`: how pool keys, nodes and outbound proxies fared.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use potluck_filters::id::{OutboundProxyId, PoolKeyId};

use crate::access::{Admin, Member, area};
use crate::api::{Histories, HistoriesQuery, History, HistoryQuery};
use crate::control::Control;
use crate::doc::Routes;
use crate::error::ControlError;
use crate::input::{Asked, Id, NamedTwice};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .get(
            "/manage/v1/pool-keys/{id}/history",
            "showPoolKeyHistory",
            "Says how a pool key fared: strip and changes.",
            pool_key,
        )
        .get(
            "/manage/v1/pool-keys/histories",
            "listPoolKeyHistories",
            "Says how several pool keys fared: their strips.",
            pool_keys,
        )
        .get(
            "/manage/v1/me/pool-keys/{id}/history",
            "showMyPoolKeyHistory",
            "Says how a pool key of yours fared: strip and changes.",
            my_pool_key,
        )
        .get(
            "/manage/v1/upstreams/{name}/nodes/{node}/history",
            "showNodeHistory",
            "Says how a node fared: strip and changes.",
            node,
        )
        .get(
            "/manage/v1/outbound-proxies/{id}/history",
            "showOutboundProxyHistory",
            "Says how an outbound proxy fared: strips and changes.",
            outbound_proxy,
        )
}

async fn pool_key(
    _: Admin<area::Pool>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
    Asked(asked): Asked<HistoryQuery>,
) -> Result<Json<History>, ControlError> {
    control.pool_key_history(PoolKeyId(id), &asked).await.map(Json)
}

async fn pool_keys(
    _: Admin<area::Pool>,
    State(control): State<Arc<Control>>,
    Asked(asked): Asked<HistoriesQuery>,
) -> Result<Json<Histories>, ControlError> {
    control.pool_key_histories(&asked).await.map(Json)
}

async fn my_pool_key(
    me: Member<area::Pool>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
    Asked(asked): Asked<HistoryQuery>,
) -> Result<Json<History>, ControlError> {
    control
        .my_pool_key_history(me.user(), PoolKeyId(id), &asked)
        .await
        .map(Json)
}

async fn node(
    _: Admin<area::System>,
    State(control): State<Arc<Control>>,
    NamedTwice(upstream, node): NamedTwice,
    Asked(asked): Asked<HistoryQuery>,
) -> Result<Json<History>, ControlError> {
    control.node_history(&upstream, &node, &asked).await.map(Json)
}

async fn outbound_proxy(
    _: Admin<area::System>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
    Asked(asked): Asked<HistoryQuery>,
) -> Result<Json<History>, ControlError> {
    control
        .outbound_proxy_history(OutboundProxyId(id), &asked)
        .await
        .map(Json)
}
