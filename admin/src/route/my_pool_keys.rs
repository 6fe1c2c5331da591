//! `/manage/v1/me/pool-keys`, and the notice that contributors accept.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use potluck_filters::id::PoolKeyId;

use crate::access::{Anyone, Member, area};
use crate::api::{
    AddMyPoolKey, ContributionNotice, DaysQuery, EditMyPoolKey, ImportJob, ImportMyPoolKeys, MyPoolKey,
    MyUpstreams, NoticeQuery, Page, PageQuery, Served,
};
use crate::control::{Control, notice};
use crate::doc::Routes;
use crate::error::ControlError;
use crate::input::{Asked, Body, Id, IfMatch};
use crate::output::{Accepted, Created, Tagged};

pub(crate) fn routes() -> Routes {
    before_bringing().merge(of_keys())
}

fn before_bringing() -> Routes {
    Routes::new()
        .get(
            "/manage/v1/contribution-notice",
            "showContributionNotice",
            "Says what whoever brings a pool key risks.",
            show_notice,
        )
        .get(
            "/manage/v1/me/upstreams",
            "listMyUpstreams",
            "Lists the upstreams that you may bring pool keys for.",
            upstreams,
        )
}

fn of_keys() -> Routes {
    Routes::new()
        .get(
            "/manage/v1/me/pool-keys",
            "listMyPoolKeys",
            "Lists the pool keys that you brought.",
            list,
        )
        .post(
            "/manage/v1/me/pool-keys",
            "addMyPoolKey",
            "Brings a pool key. It serves when it was found to work.",
            add,
        )
        .post(
            "/manage/v1/me/pool-keys/import",
            "importMyPoolKeys",
            "Brings many pool keys. The job says what becomes of each line.",
            import,
        )
        .get(
            "/manage/v1/me/pool-keys/{id}",
            "showMyPoolKey",
            "Shows a pool key that you brought.",
            show,
        )
        .patch(
            "/manage/v1/me/pool-keys/{id}",
            "editMyPoolKey",
            "Edits, pauses or resumes a pool key that you brought.",
            edit,
        )
        .post(
            "/manage/v1/me/pool-keys/{id}/withdraw",
            "withdrawMyPoolKey",
            "Takes a pool key of yours out for ever and deletes its ciphertext.",
            withdraw,
        )
        .post(
            "/manage/v1/me/pool-keys/{id}/check",
            "checkMyPoolKey",
            "Has a pool key of yours looked at anew.",
            check,
        )
        .get(
            "/manage/v1/me/pool-keys/{id}/days",
            "listMyPoolKeyDays",
            "Says what a pool key of yours served, day by day.",
            days,
        )
}

async fn show_notice(
    _: Anyone,
    Asked(asked): Asked<NoticeQuery>,
) -> Result<Json<ContributionNotice>, ControlError> {
    Ok(Json(notice(asked.language)))
}

async fn upstreams(
    _: Member<area::Pool>,
    State(control): State<Arc<Control>>,
) -> Result<Json<MyUpstreams>, ControlError> {
    Ok(Json(control.my_upstreams()))
}

async fn list(
    me: Member<area::Pool>,
    State(control): State<Arc<Control>>,
    Asked(page): Asked<PageQuery>,
) -> Result<Json<Page<MyPoolKey>>, ControlError> {
    control.my_pool_keys(me.user(), page).await.map(Json)
}

async fn add(
    me: Member<area::Pool>,
    State(control): State<Arc<Control>>,
    Body(new): Body<AddMyPoolKey>,
) -> Result<Created<MyPoolKey>, ControlError> {
    control.add_my_pool_key(&me, me.user(), new).await.map(Created)
}

async fn import(
    me: Member<area::Pool>,
    State(control): State<Arc<Control>>,
    Body(import): Body<ImportMyPoolKeys>,
) -> Result<Accepted<ImportJob>, ControlError> {
    control
        .import_my_pool_keys(&me, me.user(), import)
        .await
        .map(Accepted)
}

async fn show(
    me: Member<area::Pool>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
) -> Result<Tagged<MyPoolKey>, ControlError> {
    control.my_pool_key(me.user(), PoolKeyId(id)).await.map(Tagged)
}

async fn edit(
    me: Member<area::Pool>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
    expected: IfMatch,
    Body(edit): Body<EditMyPoolKey>,
) -> Result<Tagged<MyPoolKey>, ControlError> {
    control
        .edit_my_pool_key(&me, me.user(), PoolKeyId(id), expected, edit)
        .await
        .map(Tagged)
}

async fn withdraw(
    me: Member<area::Pool>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
) -> Result<Json<MyPoolKey>, ControlError> {
    control
        .withdraw_my_pool_key(&me, me.user(), PoolKeyId(id))
        .await
        .map(Json)
}

async fn check(
    me: Member<area::Pool>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
) -> Result<Json<MyPoolKey>, ControlError> {
    control
        .check_my_pool_key(&me, me.user(), PoolKeyId(id))
        .await
        .map(Json)
}

async fn days(
    me: Member<area::Pool>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
    Asked(asked): Asked<DaysQuery>,
) -> Result<Json<Served>, ControlError> {
    control
        .my_pool_key_days(me.user(), PoolKeyId(id), &asked)
        .await
        .map(Json)
}
