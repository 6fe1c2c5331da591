//! The log as a stream: never more than one page of it is in memory.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use schemars::SchemaGenerator;
use serde_json::{Value, json};

use crate::api::{AuditEntry, AuditFormat, AuditQuery, ExportAudit};
use crate::control::Control;
use crate::doc::{Answer, Operation};
use crate::error::ControlError;
use crate::route::csv::cell;

/// Entries that are read at once.
const AT_ONCE: u32 = 500;

const NAMES: &str = "id,at,actor_kind,actor_id,actor_name,address,act,object_kind,object_id,object_name,before,after,request_id\r\n";

/// An export that has begun.
pub(super) struct Export {
    format: AuditFormat,
    body: Body,
}

/// Where an export has got to.
struct Place {
    control: Arc<Control>,
    query: AuditQuery,
    format: AuditFormat,
    after: i64,
    /// Read, and not yet written.
    ready: Option<Vec<AuditEntry>>,
}

impl Export {
    /// Reads the first page, so that what fails at once is an error and no broken stream.
    pub(super) async fn begin(control: Arc<Control>, wanted: ExportAudit) -> Result<Self, ControlError> {
        let format = wanted.format;
        let query = AuditQuery::from(wanted);
        let first = control.audit_after(&query, 0, AT_ONCE).await?;
        let names = match format {
            AuditFormat::Ndjson => String::new(),
            AuditFormat::Csv => NAMES.to_owned(),
        };
        let place = Place {
            control,
            query,
            format,
            after: 0,
            ready: Some(first),
        };
        let head = stream::once(std::future::ready(Ok(names)));
        let rest = stream::try_unfold(place, Place::next);
        let body = Body::from_stream(futures_util::StreamExt::chain(head, rest));
        Ok(Self { format, body })
    }
}

impl Place {
    async fn next(mut self) -> Result<Option<(String, Self)>, ControlError> {
        let entries = match self.ready.take() {
            Some(entries) => entries,
            None => self.control.audit_after(&self.query, self.after, AT_ONCE).await?,
        };
        let Some(last) = entries.last() else {
            return Ok(None);
        };
        self.after = last.id;
        let text = entries.iter().map(|entry| line(entry, self.format)).collect();
        Ok(Some((text, self)))
    }
}

fn line(entry: &AuditEntry, format: AuditFormat) -> String {
    match format {
        AuditFormat::Ndjson => serde_json::to_string(entry).unwrap_or_default() + "\n",
        AuditFormat::Csv => csv(entry),
    }
}

fn csv(entry: &AuditEntry) -> String {
    let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
    let json = |value: &Option<Value>| value.as_ref().map(Value::to_string).unwrap_or_default();
    let cells = [
        entry.id.to_string(),
        entry.at.to_string(),
        cell(entry.actor_kind.as_str()),
        number(entry.actor_id),
        cell(&entry.actor_name),
        cell(entry.address.as_deref().unwrap_or_default()),
        cell(&entry.act),
        cell(&entry.object_kind),
        number(entry.object_id),
        cell(&entry.object_name),
        cell(&json(&entry.before)),
        cell(&json(&entry.after)),
        cell(entry.request_id.as_deref().unwrap_or_default()),
    ];
    cells.join(",") + "\r\n"
}

impl IntoResponse for Export {
    fn into_response(self) -> Response {
        let (kind, name) = match self.format {
            AuditFormat::Ndjson => ("application/x-ndjson", "attachment; filename=\"audit.ndjson\""),
            AuditFormat::Csv => ("text/csv; charset=utf-8", "attachment; filename=\"audit.csv\""),
        };
        let head = [
            (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
            (header::CONTENT_DISPOSITION, HeaderValue::from_static(name)),
        ];
        (head, self.body).into_response()
    }
}

impl Answer for Export {
    fn describe(operation: &mut Operation, _: &mut SchemaGenerator) {
        let text = json!({"schema": {"type": "string"}});
        let answer = json!({
            "description": "The entries, line by line",
            "content": {"application/x-ndjson": text, "text/csv": text},
        });
        operation.answers.push((200, answer));
    }
}
