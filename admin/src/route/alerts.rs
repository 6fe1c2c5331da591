//! `/manage/v1/alerts`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::access::{Admin, area};
use crate::api::{
    AddAlertTarget, AddedAlertTarget, AlertDelivery, AlertTarget, AlertTested, EditAlertTarget, Page,
    PageBackQuery,
};
use crate::control::Control;
use crate::doc::Routes;
use crate::error::ControlError;
use crate::input::{Asked, Body, Id, IfMatch};
use crate::output::{Created, Tagged};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .get(
            "/manage/v1/alerts",
            "listAlertTargets",
            "Lists who is told of findings.",
            list,
        )
        .post(
            "/manage/v1/alerts",
            "addAlertTarget",
            "Adds a webhook that is told of findings. The answer has its secret, this once.",
            add,
        )
        .get(
            "/manage/v1/alerts/{id}",
            "showAlertTarget",
            "Shows a webhook that is told of findings.",
            show,
        )
        .patch(
            "/manage/v1/alerts/{id}",
            "editAlertTarget",
            "Edits a webhook that is told of findings.",
            edit,
        )
        .delete(
            "/manage/v1/alerts/{id}",
            "removeAlertTarget",
            "Removes a webhook, with all that it was told.",
            remove,
        )
        .post(
            "/manage/v1/alerts/{id}/test",
            "testAlertTarget",
            "Sends a webhook a message now, and says what came of it.",
            test,
        )
        .get(
            "/manage/v1/alerts/{id}/deliveries",
            "listAlertDeliveries",
            "Lists what a webhook was told, the newest first.",
            deliveries,
        )
}

async fn list(
    _: Admin<area::System>,
    State(control): State<Arc<Control>>,
) -> Result<Json<Page<AlertTarget>>, ControlError> {
    control.alert_targets().await.map(Json)
}

async fn add(
    by: Admin<area::System>,
    State(control): State<Arc<Control>>,
    Body(new): Body<AddAlertTarget>,
) -> Result<Created<AddedAlertTarget>, ControlError> {
    control.add_alert_target(&by, new).await.map(Created)
}

async fn show(
    _: Admin<area::System>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
) -> Result<Tagged<AlertTarget>, ControlError> {
    control.alert_target(id).await.map(Tagged)
}

async fn edit(
    by: Admin<area::System>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
    expected: IfMatch,
    Body(edit): Body<EditAlertTarget>,
) -> Result<Tagged<AlertTarget>, ControlError> {
    control
        .edit_alert_target(&by, id, expected, edit)
        .await
        .map(Tagged)
}

async fn remove(
    by: Admin<area::System>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
) -> Result<Json<AlertTarget>, ControlError> {
    control.remove_alert_target(&by, id).await.map(Json)
}

async fn test(
    _: Admin<area::System>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
) -> Result<Json<AlertTested>, ControlError> {
    control.test_alert_target(id).await.map(Json)
}

async fn deliveries(
    _: Admin<area::System>,
    State(control): State<Arc<Control>>,
    Id(id): Id,
    Asked(page): Asked<PageBackQuery>,
) -> Result<Json<Page<AlertDelivery>>, ControlError> {
    control.alert_deliveries(id, page).await.map(Json)
}
