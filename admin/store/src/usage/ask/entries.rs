//! Requests one by one: a page at a time, the newest first, or all of them as they are read.

use std::sync::Arc;

use futures_util::Stream;
use futures_util::stream;
use potluck_filters::rejection::Code;
use potluck_filters::usage::{RequestNumber, UsageEvent};

use crate::dialect::usage::{Cell, Question};
use crate::error::StoreError;
use crate::usage::UsageStore;
use crate::usage::level::Span;
use crate::usage::names::Kind;
use crate::usage::row::{COLUMNS, Row, first_id, halves};

use super::filter::Filter;

/// Requests of one page.
const MOST: u32 = 1000;

/// A request in the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place: later requests have higher ones.
    pub id: i64,
    /// The request.
    pub event: UsageEvent,
}

/// Which requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryFilter {
    /// That ended in this range.
    pub span: Span,
    /// And fit this.
    pub of: Filter,
    /// And that the relay refused for this reason.
    pub code: Option<Code>,
}

/// A page of requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The newest first.
    pub entries: Vec<Entry>,
    /// Below which id the next page begins.
    pub next: Option<i64>,
}

impl UsageStore {
    /// A page of requests, at most 1000, below an id or from the newest on.
    ///
    /// # Errors
    /// When the database fails, or takes too long: then a shorter range helps.
    pub async fn entries(
        &self,
        filter: &EntryFilter,
        below: Option<i64>,
        limit: u32,
    ) -> Result<Page, StoreError> {
        let limit = limit.clamp(1, MOST);
        let conditions = self.conditions(&filter.of).await?;
        let mut question = Question::new("");
        let to = first_id(filter.span.to);
        let from = question.value(Cell::Int(first_id(filter.span.from)));
        let to = question.value(Cell::Int(below.map_or(to, |below| below.min(to))));
        let mut wanted = conditions.text(&mut question);
        if let Some(code) = filter.code {
            let number = self.names.number(Kind::Code, code.as_str()).unwrap_or(-1);
            wanted += &format!(" and code = {}", question.value(Cell::Int(number)));
        }
        let text = format!(
            "select {} from usage_events where id >= {from} and id < {to}{wanted} order by id desc limit {}",
            COLUMNS.join(", "),
            limit + 1
        );
        let mut entries = self.read(Question { text, ..question }).await?;
        let more = entries.len() > limit as usize;
        entries.truncate(limit as usize);
        let next = entries.last().filter(|_| more).map(|last| last.id);
        Ok(Page { entries, next })
    }

    /// One request, with its trace where it did not end well. Lists have no traces.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn entry(&self, request: RequestNumber) -> Result<Option<Entry>, StoreError> {
        let (high, low) = halves(request);
        let text = format!(
            "select {} from usage_events where request_low = $1 and request_high = $2",
            COLUMNS.join(", ")
        );
        let question = Question::new(text).with(Cell::Int(low)).with(Cell::Int(high));
        // Not ordered there: Postgres would look for the newest by reading all from the newest on.
        let found = self.read(question).await?;
        let Some(mut entry) = found.into_iter().max_by_key(|entry| entry.id) else {
            return Ok(None);
        };
        entry.event.trace = self.trace(entry.id).await?.map(Arc::new);
        Ok(Some(entry))
    }

    /// All requests that fit, the newest first, page by page as they are taken: memory does not grow with them, and
    /// nothing is held while nobody takes.
    pub fn export(
        &self,
        filter: EntryFilter,
    ) -> impl Stream<Item = Result<Vec<Entry>, StoreError>> + Send + use<> {
        let (store, start) = (self.clone(), Some(None));
        stream::try_unfold((store, filter, start), |(store, filter, below)| async move {
            let Some(below) = below else {
                return Ok(None);
            };
            let page = store.entries(&filter, below, MOST).await?;
            let below = page.next.map(Some);
            Ok((!page.entries.is_empty()).then_some((page.entries, (store, filter, below))))
        })
    }

    async fn read(&self, question: Question) -> Result<Vec<Entry>, StoreError> {
        let rows: Vec<Row> = self
            .books
            .ask(question)
            .await?
            .iter()
            .map(|row| Row::new(row))
            .collect();
        if !self.names.has_all(rows.iter().flat_map(Row::names)) {
            self.names.load(&self.books).await?;
        }
        let entry = |row: Row| row.read(&self.names).map(|(id, event)| Entry { id, event });
        rows.into_iter().map(entry).collect()
    }
}
