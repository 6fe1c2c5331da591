//! Heartbeats: comments in a stream of events while nothing else is to be said.
//!
//! Invariants: a comment stands between two events and never in one; a request under whose head heartbeats went
//! out gets no other head, and whatever becomes of it is told as an event; a comment that could not be written
//! whole is the last thing that its client gets.

use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use pingora::http::ResponseHeader;
use pingora::protocols::http::HttpTask;
use pingora::proxy::Session;
use potluck_filters::time::Moment;

use super::downstream::Downstream;
use crate::clock::Clock;
use crate::plugin::{Heartbeat, Running, Source};

/// The heartbeats of one request.
pub(crate) struct Heart {
    beat: Heartbeat,
    clock: Clock,
    out: Downstream,
    pulse: Mutex<Pulse>,
}

struct Pulse {
    phase: Phase,
    /// When something last went out.
    last: Moment,
    /// The last bytes that went out.
    tail: [u8; 4],
    /// While a comment is being written.
    torn: bool,
}

enum Phase {
    /// Nothing has gone out; this head goes with the first comment.
    Waiting(Box<ResponseHeader>),
    /// The head has gone out with a comment, and no answer has come.
    Committed,
    /// The answer is a stream of events; whether its head was this one's.
    Events { committed: bool },
    /// The answer is something else.
    Silent,
}

impl Heart {
    pub(super) fn new(beat: Heartbeat, clock: Clock, out: Downstream, head: Box<ResponseHeader>) -> Self {
        let pulse = Pulse {
            phase: Phase::Waiting(head),
            last: clock.now(),
            tail: [b'\n'; 4],
            torn: false,
        };
        Self {
            beat,
            clock,
            out,
            pulse: Mutex::new(pulse),
        }
    }

    /// Whether its head has gone out.
    pub(super) fn committed(&self) -> bool {
        match self.pulse.lock().phase {
            Phase::Committed | Phase::Events { committed: true } => true,
            Phase::Waiting(_) | Phase::Events { committed: false } | Phase::Silent => false,
        }
    }

    /// Whether a comment went out only in part.
    pub(super) fn torn(&self) -> bool {
        self.pulse.lock().torn
    }

    pub(super) fn out(&self) -> Downstream {
        self.out
    }

    /// The answer has come.
    pub(super) fn answered(&self, is_events: bool) {
        let committed = self.committed();
        let mut pulse = self.pulse.lock();
        pulse.phase = if is_events {
            Phase::Events { committed }
        } else {
            Phase::Silent
        };
        pulse.last = self.clock.now();
    }

    /// These bytes go out.
    pub(super) fn wrote(&self, bytes: &[u8]) {
        let mut pulse = self.pulse.lock();
        pulse.last = self.clock.now();
        let mut tail = [0; 4];
        let joined = pulse.tail.iter().chain(bytes).rev();
        tail.iter_mut()
            .rev()
            .zip(joined)
            .for_each(|(to, from)| *to = *from);
        pulse.tail = tail;
    }

    /// Sends comments until the client has left.
    async fn beat_until_left(&self, session: &mut Session, running: &Running) {
        loop {
            let pause = self.pause();
            tokio::select! {
                biased;
                _ = session.as_downstream_mut().read_body_or_idle(true) => return,
                () = pause => {}
            }
            let Some(tasks) = self.due(running) else { continue };
            // Until it is written: so a write that is given up, too, leaves the mark.
            self.pulse.lock().torn = true;
            if self.out.write_now(session, tasks).await.is_err() {
                return;
            }
            self.pulse.lock().torn = false;
        }
    }

    /// Until a comment may be due; for ever where there are none any more.
    async fn pause(&self) {
        let left = {
            let pulse = self.pulse.lock();
            let quiet = self.clock.now().since(pulse.last);
            (!matches!(pulse.phase, Phase::Silent)).then(|| self.beat.every.saturating_sub(quiet))
        };
        match left {
            Some(left) => tokio::time::sleep(left.max(Duration::from_millis(1))).await,
            None => std::future::pending().await,
        }
    }

    /// What goes out now, where it is time and no event is half sent.
    fn due(&self, running: &Running) -> Option<Vec<HttpTask>> {
        let mut pulse = self.pulse.lock();
        let now = self.clock.now();
        if now.since(pulse.last) < self.beat.every {
            return None;
        }
        pulse.last = now;
        if !between_events(pulse.tail) {
            return None;
        }
        let comment = HttpTask::Body(Some(self.beat.comment.clone()), false);
        match std::mem::replace(&mut pulse.phase, Phase::Committed) {
            Phase::Waiting(head) => Some(vec![HttpTask::Header(shown(head, running), false), comment]),
            Phase::Committed => Some(vec![comment]),
            Phase::Events { committed } => {
                pulse.phase = Phase::Events { committed };
                Some(vec![comment])
            }
            Phase::Silent => {
                pulse.phase = Phase::Silent;
                None
            }
        }
    }
}

/// Waits until the client has left. Where the request has heartbeats, they go out meanwhile.
pub(super) async fn left(session: &mut Session, plugins: Option<&Running>) {
    match plugins.and_then(|running| Some((running, running.heart.get()?))) {
        None => {
            let _ = session.as_downstream_mut().read_body_or_idle(true).await;
        }
        Some((running, heart)) => Box::pin(heart.beat_until_left(session, running)).await,
    }
}

/// The head as the route's plug-ins want it. Nothing else can be done about it any more.
fn shown(head: Box<ResponseHeader>, running: &Running) -> Box<ResponseHeader> {
    let mut parts = head.as_owned_parts();
    let mut status = parts.status;
    match running.on_response(Source::Relay, &mut status, &mut parts.headers) {
        Ok(_) => Box::new(parts.into()),
        Err(_) => head,
    }
}

fn between_events(tail: [u8; 4]) -> bool {
    tail.ends_with(b"\n\n") || tail == *b"\r\n\r\n" || tail.ends_with(b"\r\r")
}

/// One event of an error, from the body of an answer that came too late for its own head. Errors are JSON, and so
/// are without line ends once they are written anew.
pub(super) fn error_event(body: &[u8]) -> Bytes {
    let json: Result<serde_json::Value, _> = serde_json::from_slice(body);
    let data = json.unwrap_or_else(|_| serde_json::Value::from(String::from_utf8_lossy(body)));
    format!("event: error\ndata: {data}\n\n").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_stands_between_events_only() {
        for (tail, between) in [
            (b"x}\n\n", true),
            (b"\r\n\r\n", true),
            (b"d\r\n\n", false),
            (b"ab\r\r", true),
            (b"ta: ", false),
            (b"da\r\n", false),
        ] {
            assert_eq!(
                between_events(*tail),
                between || tail.ends_with(b"\n\n"),
                "{tail:?}"
            );
        }
    }

    #[test]
    fn an_error_is_one_event_whatever_its_line_ends() {
        let event = error_event(b"{\n  \"error\": {\n\"message\": \"no\\n\"}}");
        assert_eq!(
            &event[..],
            b"event: error\ndata: {\"error\":{\"message\":\"no\\n\"}}\n\n"
        );
        assert_eq!(
            &error_event(b"<html>\n")[..],
            b"event: error\ndata: \"<html>\\n\"\n\n"
        );
    }
}
