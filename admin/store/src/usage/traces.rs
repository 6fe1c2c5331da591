//! How requests that did not end well came to their ends.

use potluck_filters::trace::Trace;
use potluck_filters::usage::{StatusClass, UsageEvent};

use super::UsageStore;
use crate::dialect::usage::{Cell, Question, Writing};
use crate::error::StoreError;

/// Rows of one statement.
const ROWS: usize = 32;

/// What is kept of a request's course: nothing where all went well, since edges tell that for a while.
pub(crate) fn kept(event: &UsageEvent) -> Option<&Trace> {
    match event.class() {
        StatusClass::Ok => None,
        StatusClass::Left
        | StatusClass::Limited
        | StatusClass::Refused
        | StatusClass::UpstreamRefused
        | StatusClass::UpstreamFailed
        | StatusClass::Unserved => event.trace.as_deref(),
    }
}

/// Writes traces beside their requests.
pub(crate) async fn put(writing: &mut Writing, traces: &[(i64, &Trace)]) -> Result<(), StoreError> {
    for traces in traces.chunks(ROWS) {
        let mut question = Question::new("");
        let mut rows = Vec::new();
        for (id, trace) in traces {
            let text = serde_json::to_string(trace).map_err(|_| unreadable(*id))?;
            let cells = [Cell::Int(*id), Cell::Text(text)];
            rows.push(format!("({})", cells.map(|cell| question.value(cell)).join(", ")));
        }
        let text = format!("insert into usage_traces (id, trace) values {}", rows.join(", "));
        writing.run(Question { text, ..question }).await?;
    }
    Ok(())
}

fn unreadable(id: i64) -> StoreError {
    StoreError::Row {
        table: "usage_traces",
        id,
        column: "trace",
    }
}

impl UsageStore {
    /// The trace of a request by its place; `None` where none was kept, or it was of a program that told more.
    pub(crate) async fn trace(&self, id: i64) -> Result<Option<Trace>, StoreError> {
        let question = Question::new("select trace from usage_traces where id = $1").with(Cell::Int(id));
        let rows = self.books.ask(question).await?;
        let Some([Cell::Text(text)]) = rows.first().map(Vec::as_slice) else {
            return Ok(None);
        };
        Ok(serde_json::from_str(text).ok())
    }
}
