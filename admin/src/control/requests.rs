//! Requests that have ended: lists of them, one with how it came to its end, and all of them as they are read.
//!
//! Invariant: what a member is told of a trace has no id of a pool key, no node and no outbound proxy.

mod masked;

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::{Stream, StreamExt as _, TryStreamExt as _};
use potluck_filters::id::{PoolKeyId, UserId};
use potluck_filters::rejection::{Code, LimitSource};
use potluck_filters::trace::{Trace, What};
use potluck_filters::usage::{RequestNumber, UsageEvent};
use potluck_store::usage::ask::{Entry, EntryFilter, Filter};

use super::Control;
use super::usage::span;
use crate::api::{
    AskedTime, ExportMyRequests, ExportRequests, MyRequest, MyRequestsQuery, NamedKey, Request,
    RequestDetails, RequestPage, RequestsQuery, TraceFrom,
};
use crate::audit::{Act, Note, Object, ObjectKind};
use crate::caller::By;
use crate::error::ControlError;

const NOUN: &str = "request";

/// One request as it was found.
struct Found {
    event: Option<UsageEvent>,
    trace: Option<(Arc<Trace>, TraceFrom)>,
}

/// A reason of the relay's own.
pub(super) fn known_code(text: &str) -> Result<Code, ControlError> {
    let code = Code::ALL.iter().copied().find(|code| code.as_str() == text);
    code.ok_or_else(|| ControlError::invalid("code", "must be a code of docs/errors.md"))
}

impl Control {
    /// A page of a user's requests, the newest first.
    ///
    /// # Errors
    /// When the range, the code or the page is none, or the books cannot be read.
    pub(crate) async fn my_requests(
        &self,
        user: UserId,
        asked: &MyRequestsQuery,
    ) -> Result<RequestPage<MyRequest>, ControlError> {
        let filter = self.entry_filter(asked.time(), asked.filter(user), asked.code.as_deref())?;
        self.page(&filter, asked.after.as_deref(), asked.limit()).await
    }

    /// A page of requests, the newest first.
    ///
    /// # Errors
    /// When the range, the code or the page is none, or the books cannot be read.
    pub(crate) async fn requests(&self, asked: &RequestsQuery) -> Result<RequestPage<Request>, ControlError> {
        let filter = self.entry_filter(asked.time(), asked.filter(), asked.code.as_deref())?;
        self.page(&filter, asked.after.as_deref(), asked.limit()).await
    }

    async fn page<T: for<'e> From<&'e UsageEvent>>(
        &self,
        filter: &EntryFilter,
        after: Option<&str>,
        limit: u32,
    ) -> Result<RequestPage<T>, ControlError> {
        let wrong = |_| ControlError::invalid("after", "must be the `next` of a page before");
        let below = after.map(str::parse::<i64>).transpose().map_err(wrong)?;
        let page = self.books()?.entries(filter, below, limit).await?;
        Ok(RequestPage {
            items: page.entries.iter().map(|entry| T::from(&entry.event)).collect(),
            next: page.next.map(|next| next.to_string()),
        })
    }

    fn entry_filter(
        &self,
        time: AskedTime<'_>,
        of: Filter,
        code: Option<&str>,
    ) -> Result<EntryFilter, ControlError> {
        Ok(EntryFilter {
            span: span(time, self.now_ms())?,
            of,
            code: code.map(known_code).transpose()?,
        })
    }

    /// One of a user's requests, and how it came to its end.
    ///
    /// # Errors
    /// When they sent none with this id, or none that is still kept.
    pub(crate) async fn my_request(
        &self,
        user: UserId,
        id: &str,
    ) -> Result<RequestDetails<MyRequest>, ControlError> {
        let found = self.found(id).await?;
        // Whose it was is in the books alone.
        let event = found.event.filter(|event| event.user == Some(user));
        let event = event.ok_or(ControlError::NotFound(NOUN))?;
        let (trace, from) = found.trace.unzip();
        let masked = trace.as_deref().map(masked::masked);
        let (trace, names) = masked.unzip();
        Ok(RequestDetails {
            limit_source: limit_source(trace.as_ref(), Some(&event)),
            client_key_name: self.name_of_client_key(event.client_key).await?,
            user_name: self.name_of_user(event.user).await?,
            request: Some((&event).into()),
            trace,
            trace_from: from,
            pool_keys: names.unwrap_or_default(),
        })
    }

    /// One request, and how it came to its end.
    ///
    /// # Errors
    /// When there is none with this id, or none that is still kept.
    pub(crate) async fn request(&self, id: &str) -> Result<RequestDetails<Request>, ControlError> {
        let Found { event, trace } = self.found(id).await?;
        let (trace, from) = trace.unzip();
        let trace = trace.map(Arc::unwrap_or_clone);
        let (client_key, user) = event.as_ref().map(|event| (event.client_key, event.user)).unzip();
        Ok(RequestDetails {
            limit_source: limit_source(trace.as_ref(), event.as_ref()),
            pool_keys: self.names_in(trace.as_ref()).await?,
            client_key_name: self.name_of_client_key(client_key.flatten()).await?,
            user_name: self.name_of_user(user.flatten()).await?,
            request: event.as_ref().map(Into::into),
            trace,
            trace_from: from,
        })
    }

    async fn found(&self, id: &str) -> Result<Found, ControlError> {
        let number = RequestNumber::parse(id).ok_or(ControlError::NotFound(NOUN))?;
        let mut event = self.books()?.entry(number).await?.map(|entry| entry.event);
        let stored = event.as_mut().and_then(|event| event.trace.take());
        let of_edge = self.live.trace(number).map(|trace| (trace, TraceFrom::Edge));
        let trace = of_edge.or_else(|| stored.map(|trace| (trace, TraceFrom::Books)));
        if event.is_none() && trace.is_none() {
            return Err(ControlError::NotFound(NOUN));
        }
        Ok(Found { event, trace })
    }

    async fn names_in(&self, trace: Option<&Trace>) -> Result<Vec<NamedKey>, ControlError> {
        let mut ids = BTreeSet::new();
        if let Some(trace) = trace {
            masked::each_key(trace, |id| {
                ids.insert(id);
            });
        }
        let mut names = Vec::new();
        for id in ids {
            let name = self.name_of_pool_key(PoolKeyId(id)).await?;
            names.extend(name.map(|name| NamedKey { pool_key: id, name }));
        }
        Ok(names)
    }

    /// All of a user's requests that fit, a page at a time.
    ///
    /// # Errors
    /// When the range or the code is none.
    pub(crate) fn export_my_requests(
        &self,
        user: UserId,
        asked: &ExportMyRequests,
    ) -> Result<impl Stream<Item = Result<Vec<Entry>, ControlError>> + Send + 'static, ControlError> {
        self.entries(self.entry_filter(asked.time(), asked.filter(user), asked.code.as_deref())?)
    }

    /// All requests that fit, a page at a time. Who takes them is noted.
    ///
    /// # Errors
    /// When the range or the code is none, or nothing can be noted.
    pub(crate) async fn export_requests(
        &self,
        by: &By,
        asked: &ExportRequests,
    ) -> Result<impl Stream<Item = Result<Vec<Entry>, ControlError>> + Send + 'static, ControlError> {
        let entries =
            self.entries(self.entry_filter(asked.time(), asked.filter(), asked.code.as_deref())?)?;
        let note = Note::new(Act::UsageExported, Object::named(ObjectKind::Usage, "requests")).is(asked);
        self.turn(by).await?.end(note).await?;
        Ok(entries)
    }

    fn entries(
        &self,
        filter: EntryFilter,
    ) -> Result<impl Stream<Item = Result<Vec<Entry>, ControlError>> + Send + 'static, ControlError> {
        let entries = self.books()?.clone().export(filter);
        Ok(entries.map_err(ControlError::from).boxed())
    }
}

/// Whose limit it met: the trace knows it, else the line in the books.
fn limit_source(trace: Option<&Trace>, event: Option<&UsageEvent>) -> Option<LimitSource> {
    let told = trace.and_then(|trace| {
        trace.steps.iter().rev().find_map(|step| match &step.what {
            What::Refused { limit_source, .. } => *limit_source,
            What::Upstream { .. }
            | What::NoneFree { .. }
            | What::Waited { .. }
            | What::Attempt(_)
            | What::ClientLeft => None,
        })
    });
    told.or_else(|| MyRequest::from(event?).limit_source)
}
