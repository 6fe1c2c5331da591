//! One listener's stream, as a browser's `EventSource` reads it.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use potluck_filters::id::{Revision, UserId};
use schemars::SchemaGenerator;
use serde_json::json;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::MissedTickBehavior;

use super::series::Series;
use super::{Event, Missed, Place, Topics};
use crate::caller::By;
use crate::control::Control;
use crate::doc::{Answer, Operation};

/// Who listens to what.
#[derive(Clone, Debug)]
pub(crate) struct Listener {
    pub(crate) by: By,
    /// Set for a member, who hears of what is theirs.
    pub(crate) user: Option<UserId>,
    pub(crate) topics: Topics,
    /// Up to where they heard everything before.
    pub(crate) last: Option<Revision>,
}

impl Listener {
    fn wants(&self, event: &Event) -> bool {
        self.topics.has(event.kind) && self.user.is_none_or(|user| event.owners.contains(&user))
    }

    /// An admin gets what is known; a member only that something of theirs changed.
    fn told(&self, event: &Event) -> String {
        let revision = (!event.follows).then_some(event.revision);
        match (&event.fields, self.user) {
            (Some(fields), None) => {
                let id = event.ids.first();
                let data = json!({"kind": event.kind, "id": id, "name": event.name, "fields": fields,
                    "rev": event.revision});
                said("patch", revision, &data)
            }
            (Some(_) | None, _) => {
                let mine = self.user.is_some() && event.owners.len() > 1;
                // Of several people's things nobody is told which are whose.
                let ids = if mine { &[] } else { event.ids.as_slice() };
                said("stale", revision, &json!({"kind": event.kind, "ids": ids}))
            }
        }
    }
}

fn said(event: &str, revision: Option<Revision>, data: &serde_json::Value) -> String {
    let id = revision
        .map(|revision| format!("id: {revision}\n"))
        .unwrap_or_default();
    format!("event: {event}\n{id}data: {data}\n\n")
}

/// An answer that goes on until its listener leaves, or may no longer listen.
pub(crate) struct EventStream(Body);

struct State {
    control: Arc<Control>,
    listener: Listener,
    heard: broadcast::Receiver<Arc<Event>>,
    beat: tokio::time::Interval,
    series: Option<Series>,
    ready: VecDeque<String>,
    /// Events up to here were replayed.
    replayed: Revision,
    _place: Place,
}

impl EventStream {
    pub(crate) fn new(control: Arc<Control>, listener: Listener, place: Place) -> Self {
        let (missed, heard) = control.events.listen(listener.last);
        let mut beat = tokio::time::interval(control.heartbeat());
        // The first one is due at once, and nobody needs it.
        beat.reset();
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut ready = VecDeque::from([control.hello()]);
        let replayed = match &missed {
            Missed::Events(events) => {
                let wanted = events.iter().filter(|event| listener.wants(event));
                ready.extend(wanted.map(|event| listener.told(event)));
                events.last().map(|event| event.revision)
            }
            Missed::Unknown => {
                ready.push_back(everything_is_stale());
                None
            }
        };
        let series = listener
            .topics
            .series
            .then(|| Series::new(control.series_every()));
        let state = State {
            control,
            listener,
            heard,
            beat,
            series,
            ready,
            replayed: replayed.unwrap_or_default(),
            _place: place,
        };
        Self(Body::from_stream(stream::unfold(state, State::next)))
    }
}

fn everything_is_stale() -> String {
    said("stale", None, &json!({"kind": "all"}))
}

impl State {
    async fn next(mut self) -> Option<(Result<String, std::convert::Infallible>, Self)> {
        loop {
            if let Some(text) = self.ready.pop_front() {
                return Some((Ok(text), self));
            }
            tokio::select! {
                biased;
                heard = self.heard.recv() => match heard {
                    Ok(event) => self.hear(&event),
                    Err(RecvError::Lagged(_)) => self.ready.push_back(everything_is_stale()),
                    Err(RecvError::Closed) => return None,
                },
                () = Series::due(&mut self.series) => self.hear_series(),
                _ = self.beat.tick() => {
                    if !self.control.still_knows(&self.listener.by).await {
                        return None;
                    }
                    self.ready.push_back(":\n\n".to_owned());
                }
            }
        }
    }

    fn hear_series(&mut self) {
        let series = self.series.as_mut();
        let news = series.and_then(|series| series.news(&self.control, self.listener.user));
        if let Some(news) = news {
            self.ready.push_back(said("series", None, &json!(news)));
        }
    }

    fn hear(&mut self, event: &Event) {
        if event.revision > self.replayed && self.listener.wants(event) {
            self.ready.push_back(self.listener.told(event));
        }
    }
}

impl IntoResponse for EventStream {
    fn into_response(self) -> Response {
        let head = [
            (
                header::CONTENT_TYPE,
                HeaderValue::from_static("text/event-stream"),
            ),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        // Some proxies hold answers back until they end; this one does not.
        let unbuffered = [("x-accel-buffering", HeaderValue::from_static("no"))];
        (head, unbuffered, self.0).into_response()
    }
}

impl Answer for EventStream {
    fn describe(operation: &mut Operation, _: &mut SchemaGenerator) {
        let answer = json!({
            "description": "Events, for as long as the caller listens and may",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        });
        operation.answers.push((200, answer));
    }
}
