//! Writing to the client, bounded in time, and flushed where nothing more is at hand.

use std::time::Duration;

use http::Version;
use http::header::CONTENT_LENGTH;
use pingora::http::ResponseHeader;
use pingora::protocols::http::HttpTask;
use pingora::proxy::Session;
use pingora::{Error, ErrorType};

use super::Settings;

/// Pingora holds back less than this under a `Content-Length`, until more comes.
const HELD_BACK: usize = 1460;
/// Says that what was written before it has been flushed.
const FLUSHED: ErrorType = ErrorType::new("Flushed");

/// How one answer is written.
#[derive(Clone, Copy)]
pub(super) struct Downstream {
    /// The longest that a write may take, however little it writes.
    write: Duration,
    /// In bytes per second; 0 sets no bound.
    least_rate: usize,
    /// HTTP/1 under a `Content-Length`: small pieces must be flushed.
    holds_back: bool,
}

impl Downstream {
    pub(super) fn new(settings: &Settings, session: &Session, head: &ResponseHeader) -> Self {
        let h1 = session.req_header().version < Version::HTTP_2;
        let holds_back = h1 && head.headers.contains_key(CONTENT_LENGTH);
        Self {
            write: settings.client_write,
            least_rate: settings.min_send_rate,
            holds_back,
        }
    }

    /// Writes these; more is about to follow, or nothing.
    pub(super) async fn write(self, session: &mut Session, tasks: Vec<HttpTask>) -> Result<(), Box<Error>> {
        if tasks.is_empty() {
            return Ok(());
        }
        let bound = self.bound(tasks.iter().map(length).sum());
        let writing = session.as_downstream_mut().response_duplex_vec(tasks);
        // The timer is made only if the client does not take all at once.
        match pingora::time::tokio_timeout(bound, writing).await {
            Ok(Err(error)) if *error.etype() == FLUSHED => Ok(()),
            Ok(written) => written.map(|_| ()),
            Err(_) => Err(Error::explain(ErrorType::WriteTimedout, "the client does not read").into_down()),
        }
    }

    /// Writes these and sees to it that the client gets them now.
    pub(super) async fn write_now(
        self,
        session: &mut Session,
        mut tasks: Vec<HttpTask>,
    ) -> Result<(), Box<Error>> {
        if self.holds_back && tasks.iter().map(length).sum::<usize>() < HELD_BACK {
            // The only task at which Pingora flushes without ending the answer.
            tasks.push(HttpTask::Failed(Error::new(FLUSHED)));
        }
        self.write(session, tasks).await
    }

    /// The longest that a write of so many bytes may take.
    pub(super) fn bound(self, bytes: usize) -> Duration {
        let seconds = bytes.checked_div(self.least_rate).unwrap_or_default();
        self.write.max(Duration::from_secs(seconds as u64))
    }
}

fn length(task: &HttpTask) -> usize {
    match task {
        HttpTask::Body(Some(bytes), _) | HttpTask::UpgradedBody(Some(bytes), _) => bytes.len(),
        HttpTask::Header(..)
        | HttpTask::Body(None, _)
        | HttpTask::UpgradedBody(None, _)
        | HttpTask::Trailer(_)
        | HttpTask::Done
        | HttpTask::Failed(_) => 0,
    }
}
