//! `/manage/v1/audit`.

mod export;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use potluck_store::table::audit::KnownHead;

use crate::access::{Admin, area};
use crate::api::{AuditEntry, AuditHead, AuditQuery, AuditVerified, ExportAudit, Page, VerifyAudit};
use crate::control::Control;
use crate::doc::Routes;
use crate::error::ControlError;
use crate::input::{Asked, Body};
use export::Export;

pub(crate) fn routes() -> Routes {
    Routes::new()
        .get(
            "/manage/v1/audit",
            "listAudit",
            "Lists entries of the audit log, the newest first.",
            list,
        )
        .get(
            "/manage/v1/audit/export",
            "exportAudit",
            "Streams entries of the audit log, the oldest first.",
            export,
        )
        .get(
            "/manage/v1/audit/head",
            "showAuditHead",
            "Shows what stands for the whole audit log now; keep it elsewhere.",
            head,
        )
        .post(
            "/manage/v1/audit/verify",
            "verifyAudit",
            "Walks the whole audit log and says where it is broken first.",
            verify,
        )
}

async fn list(
    _: Admin<area::System>,
    State(control): State<Arc<Control>>,
    Asked(query): Asked<AuditQuery>,
) -> Result<Json<Page<AuditEntry>>, ControlError> {
    control.audit(&query).await.map(Json)
}

async fn export(
    _: Admin<area::System>,
    State(control): State<Arc<Control>>,
    Asked(wanted): Asked<ExportAudit>,
) -> Result<Export, ControlError> {
    Export::begin(control, wanted).await
}

async fn head(
    _: Admin<area::System>,
    State(control): State<Arc<Control>>,
) -> Result<Json<AuditHead>, ControlError> {
    control.audit_head().await.map(|head| Json(head.into()))
}

async fn verify(
    _: Admin<area::System>,
    State(control): State<Arc<Control>>,
    Body(wanted): Body<VerifyAudit>,
) -> Result<Json<AuditVerified>, ControlError> {
    let known = match wanted.head {
        Some(head) if head.epoch != control.store().epoch() => {
            let why = "is of another database; give one that this database's log was exported with";
            return Err(ControlError::invalid("head", why));
        }
        Some(head) => {
            let mac = head.mac_bytes();
            let mac =
                mac.ok_or_else(|| ControlError::invalid("head", "needs a `mac` of 64 hexadecimal digits"))?;
            let entries = head.entries;
            Some(KnownHead { entries, mac })
        }
        None => None,
    };
    let verified = control.verify_audit(known.as_ref()).await?;
    if let Some(broken) = verified.broken {
        tracing::error!(entry = broken.entry, fault = ?broken.fault, "the audit log is not what was written");
    }
    Ok(Json(verified.into()))
}
