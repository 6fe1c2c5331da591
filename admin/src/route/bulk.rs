//! Acts on many at once: `/manage/v1/{pool-keys,keys,users}/bulk`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use schemars::SchemaGenerator;

use crate::access::{Admin, area};
use crate::api::{BulkClientKeys, BulkPoolKeys, BulkPreview, BulkUsers, Job};
use crate::control::{Bulk, Control};
use crate::doc::{Answer, Operation, Routes};
use crate::error::ControlError;
use crate::input::Body;
use crate::output::Accepted;

pub(crate) fn routes() -> Routes {
    Routes::new()
        .post(
            "/manage/v1/pool-keys/bulk",
            "bulkPoolKeys",
            "Does something to many pool keys, as a job; with `dry_run` says what it would do.",
            pool_keys,
        )
        .post(
            "/manage/v1/keys/bulk",
            "bulkKeys",
            "Does something to many client keys, as a job; with `dry_run` says what it would do.",
            client_keys,
        )
        .post(
            "/manage/v1/users/bulk",
            "bulkUsers",
            "Does something to many users, as a job; with `dry_run` says what it would do.",
            users,
        )
}

async fn pool_keys(
    by: Admin<area::Pool>,
    State(control): State<Arc<Control>>,
    Body(asked): Body<BulkPoolKeys>,
) -> Result<Bulk, ControlError> {
    control.bulk_pool_keys(&by, asked).await
}

async fn client_keys(
    by: Admin<area::Keys>,
    State(control): State<Arc<Control>>,
    Body(asked): Body<BulkClientKeys>,
) -> Result<Bulk, ControlError> {
    control.bulk_client_keys(&by, asked).await
}

async fn users(
    by: Admin<area::Users>,
    State(control): State<Arc<Control>>,
    Body(asked): Body<BulkUsers>,
) -> Result<Bulk, ControlError> {
    control.bulk_users(&by, asked).await
}

impl IntoResponse for Bulk {
    fn into_response(self) -> Response {
        match self {
            Self::Preview(preview) => Json(preview).into_response(),
            Self::Begun(job) => Accepted(job).into_response(),
        }
    }
}

impl Answer for Bulk {
    fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        Json::<BulkPreview>::describe(operation, schemas);
        Accepted::<Job>::describe(operation, schemas);
    }
}
