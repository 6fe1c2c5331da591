//! Requests as a stream: never more than one page of them is in memory, and none is read while nobody takes.

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};
use potluck_filters::usage::UsageEvent;
use potluck_store::usage::ask::Entry;
use schemars::SchemaGenerator;
use serde::Serialize;
use serde_json::{Value, json};

use crate::api::RequestsFormat;
use crate::doc::{Answer, Operation};
use crate::error::ControlError;
use crate::route::csv;

/// The columns, as they are called in JSON too. A figure has its amount and, behind it, where that is from.
const COLUMNS: [&str; 27] = [
    "request_id",
    "ended_at",
    "user",
    "client_key",
    "pool_key",
    "upstream",
    "node",
    "model",
    "endpoint",
    "status",
    "ended",
    "class",
    "code",
    "limit_source",
    "attempts",
    "queued_us",
    "first_byte_us",
    "total_us",
    "own_us",
    "asked_bytes",
    "answered_bytes",
    "prompt_tokens",
    "cached_tokens",
    "completion_tokens",
    "images",
    "anlas",
    "cost_micros",
];

/// An export that has begun.
pub(super) struct Export {
    format: RequestsFormat,
    body: Body,
}

impl Export {
    /// Reads the first page, so that what fails at once is an error and no broken stream.
    pub(super) async fn begin<T>(
        pages: impl Stream<Item = Result<Vec<Entry>, ControlError>> + Send + 'static,
        format: RequestsFormat,
    ) -> Result<Self, ControlError>
    where
        T: for<'e> From<&'e UsageEvent> + Serialize,
    {
        let mut pages = Box::pin(pages);
        let first: Vec<_> = pages.try_next().await?.into_iter().map(Ok).collect();
        let names = match format {
            RequestsFormat::Ndjson => String::new(),
            RequestsFormat::Csv => names(),
        };
        let lines = move |page: Vec<Entry>| -> String {
            page.iter()
                .map(|entry| line(&T::from(&entry.event), format))
                .collect()
        };
        let pages = stream::iter(first).chain(pages).map_ok(lines);
        let head = stream::once(std::future::ready(Ok(names)));
        Ok(Self {
            format,
            body: Body::from_stream(head.chain(pages)),
        })
    }
}

fn is_figure(column: &str) -> bool {
    matches!(
        column,
        "prompt_tokens" | "cached_tokens" | "completion_tokens" | "images" | "anlas" | "cost_micros"
    )
}

fn names() -> String {
    let names: Vec<String> = COLUMNS
        .iter()
        .map(|column| match is_figure(column) {
            true => format!("{column},{column}_source"),
            false => (*column).to_owned(),
        })
        .collect();
    names.join(",") + "\r\n"
}

fn line(request: &impl Serialize, format: RequestsFormat) -> String {
    match format {
        RequestsFormat::Ndjson => serde_json::to_string(request).unwrap_or_default() + "\n",
        RequestsFormat::Csv => {
            let request = serde_json::to_value(request).unwrap_or_default();
            let cells: Vec<String> = COLUMNS.iter().map(|column| cells(&request, column)).collect();
            cells.join(",") + "\r\n"
        }
    }
}

fn cells(request: &Value, column: &str) -> String {
    let value = &request[column];
    if is_figure(column) {
        return format!("{},{}", cell(&value["amount"]), cell(&value["source"]));
    }
    cell(value)
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => csv::cell(text),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

impl IntoResponse for Export {
    fn into_response(self) -> Response {
        let (kind, name) = match self.format {
            RequestsFormat::Ndjson => ("application/x-ndjson", "attachment; filename=\"requests.ndjson\""),
            RequestsFormat::Csv => ("text/csv; charset=utf-8", "attachment; filename=\"requests.csv\""),
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
            "description": "The requests, line by line",
            "content": {"application/x-ndjson": text, "text/csv": text},
        });
        operation.answers.push((200, answer));
    }
}
