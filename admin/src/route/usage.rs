//! `…/usage`: what was used, over time and by what.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use potluck_filters::id::{ClientKeyId, PoolKeyId, UserId};

use crate::access::{Admin, Member, area};
use crate::api::{
    DaysQuery, MyUsageByQuery, MyUsageQuery, PoolKeyUsage, RecentUsage, Usage, UsageBy, UsageByQuery,
    UsageOf, UsageOfQuery, UsageQuery,
};
use crate::control::Control;
use crate::doc::Routes;
use crate::error::ControlError;
use crate::input::{Asked, Id};

pub(crate) fn routes() -> Routes {
    of_members(Routes::new())
        .get(
            "/manage/v1/usage",
            "showUsage",
            "Says what was used: in all, before, and step by step.",
            usage,
        )
        .get(
            "/manage/v1/usage/recent",
            "showRecentUsage",
            "Says what happened in the last 15 minutes, in steps of 10 seconds.",
            recent,
        )
        .get(
            "/manage/v1/usage/by",
            "showUsageBy",
            "Says what was used by model, user, pool key and so on, the largest first.",
            usage_by,
        )
        .get(
            "/manage/v1/users/{id}/usage",
            "showUserUsage",
            "Says what a user used, with their newest requests.",
            of_user,
        )
        .get(
            "/manage/v1/keys/{id}/usage",
            "showKeyUsage",
            "Says what a client key used, with its newest requests.",
            of_key,
        )
        .get(
            "/manage/v1/pool-keys/{id}/usage",
            "showPoolKeyUsage",
            "Says what a pool key served, day by day.",
            of_pool_key,
        )
}

fn of_members(routes: Routes) -> Routes {
    routes
        .get(
            "/manage/v1/me/usage",
            "showMyUsage",
            "Says what you used: in all, before, and step by step.",
            my_usage,
        )
        .get(
            "/manage/v1/me/usage/recent",
            "showMyRecentUsage",
            "Says what happened to your requests in the last 15 minutes, in steps of 10 seconds.",
            my_recent,
        )
        .get(
            "/manage/v1/me/usage/by",
            "showMyUsageBy",
            "Says what you used by model, client key and so on, the largest first.",
            my_usage_by,
        )
        .get(
            "/manage/v1/me/keys/{id}/usage",
            "showMyKeyUsage",
            "Says what a client key of yours used, with its newest requests.",
            of_my_key,
        )
        .get(
            "/manage/v1/me/pool-keys/{id}/usage",
            "showMyPoolKeyUsage",
            "Says what a pool key of yours served, day by day, and for how many people.",
            of_my_pool_key,
        )
}

async fn my_usage(
    me: Member<area::Keys>,
    State(control): State<Arc<Control>>,
    Asked(asked): Asked<MyUsageQuery>,
) -> Result<Json<Usage>, ControlError> {
    control.my_usage(me.user(), &asked).await.map(Json)
}

async fn my_recent(
    me: Member<area::Keys>,
    State(control): State<Arc<Control>>,
) -> Result<Json<RecentUsage>, ControlError> {
    Ok(Json(control.my_recent_usage(me.user())))
}

async fn my_usage_by(
    me: Member<area::Keys>,
    State(control): State<Arc<Control>>,
    Asked(asked): Asked<MyUsageByQuery>,
) -> Result<Json<UsageBy>, ControlError> {
    control.my_usage_by(me.user(), &asked).await.map(Json)
}

async fn of_my_key(
    me: Member<area::Keys>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
    Asked(asked): Asked<UsageOfQuery>,
) -> Result<Json<UsageOf>, ControlError> {
    control
        .usage_of_my_key(me.user(), ClientKeyId(id), &asked)
        .await
        .map(Json)
}

async fn of_my_pool_key(
    me: Member<area::Pool>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
    Asked(asked): Asked<DaysQuery>,
) -> Result<Json<PoolKeyUsage>, ControlError> {
    control
        .my_pool_key_usage(me.user(), PoolKeyId(id), &asked)
        .await
        .map(Json)
}

async fn recent(
    _: Admin<area::System>,
    State(control): State<Arc<Control>>,
) -> Result<Json<RecentUsage>, ControlError> {
    Ok(Json(control.recent_usage()))
}

async fn usage(
    _: Admin<area::System>,
    State(control): State<Arc<Control>>,
    Asked(asked): Asked<UsageQuery>,
) -> Result<Json<Usage>, ControlError> {
    control.usage_of_all(&asked).await.map(Json)
}

async fn usage_by(
    _: Admin<area::System>,
    State(control): State<Arc<Control>>,
    Asked(asked): Asked<UsageByQuery>,
) -> Result<Json<UsageBy>, ControlError> {
    control.usage_by(&asked).await.map(Json)
}

async fn of_user(
    _: Admin<area::Users>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
    Asked(asked): Asked<UsageOfQuery>,
) -> Result<Json<UsageOf>, ControlError> {
    control.usage_of_user(UserId(id), &asked).await.map(Json)
}

async fn of_key(
    _: Admin<area::Keys>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
    Asked(asked): Asked<UsageOfQuery>,
) -> Result<Json<UsageOf>, ControlError> {
    control.usage_of_key(ClientKeyId(id), &asked).await.map(Json)
}

async fn of_pool_key(
    _: Admin<area::Pool>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
    Asked(asked): Asked<DaysQuery>,
) -> Result<Json<PoolKeyUsage>, ControlError> {
    control.pool_key_usage(PoolKeyId(id), &asked).await.map(Json)
}
