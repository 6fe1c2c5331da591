//! Upstream and client in step (`openai` and `http`): the upstream is read only as fast as the client
//! reads, and is let go when the client leaves.

use bytes::Bytes;
use pingora::Error;
use pingora::http::ResponseHeader;
use pingora::protocols::http::HttpTask;
use pingora::proxy::Session;

use super::attempt::Answer;
use super::downstream::Downstream;
use super::heart::left;
use super::metering;
use super::plan::Relay;
use super::proxy::Context;
use super::relay::Relayed;
use super::{Edge, asking, hooks};

/// What came of waiting for the next piece.
enum Came {
    Piece(Option<Bytes>),
    Broke,
    ClientGone,
}

impl Edge {
    /// Passes the answer on, piece by piece.
    pub(super) async fn follow(
        &self,
        session: &mut Session,
        ctx: &mut Context,
        (out, head): (Downstream, Option<Box<ResponseHeader>>),
        mut answer: Box<Answer>,
        relay: &Relay,
    ) -> Relayed {
        let mut tasks = Vec::with_capacity(3);
        tasks.extend(head.map(|head| HttpTask::Header(head, false)));
        // A body that arrived with its head leaves with it; else the client sees the head now.
        let head_alone =
            !answer.exchange.at_hand() && !answer.exchange.is_done() && !answer.exchange.is_broken();
        if head_alone && out.write_now(session, std::mem::take(&mut tasks)).await.is_err() {
            return Relayed::ClientGone;
        }
        loop {
            let piece = match next(session, &mut answer, relay).await {
                Came::Piece(piece) => piece,
                Came::ClientGone => return Relayed::ClientGone,
                Came::Broke => {
                    answer.cut(relay);
                    return Relayed::Cut;
                }
            };
            ctx.body_bytes += piece.as_ref().map_or(0, Bytes::len) as u64;
            if let (Some(watch), Some(piece)) = (&mut ctx.watch, &piece) {
                // Before the client has the piece, so that it may ask for the object at once.
                self.objects.look(watch, piece);
            }
            let copy = metering::copy(ctx.noted.metering.as_deref(), piece.as_ref());
            let end = piece.is_none() || answer.exchange.is_done();
            let piece = asking::shown(&mut ctx.hiding, piece, end);
            let Ok(piece) = hooks::piece(relay, piece, end) else {
                return Relayed::Stopped;
            };
            tasks.extend(piece.map(|piece| HttpTask::Body(Some(piece), false)));
            if end {
                // The connection and the key are free before the client has read the last piece.
                tasks.push(finale(&mut answer).await);
                self.end(answer).await;
                let ended = written(&out.write(session, tasks).await);
                metering::observe(&mut ctx.noted.metering, copy);
                return ended;
            }
            let written = out.write_now(session, std::mem::take(&mut tasks)).await;
            metering::observe(&mut ctx.noted.metering, copy);
            if written.is_err() {
                return Relayed::ClientGone;
            }
        }
    }
}

async fn next(session: &mut Session, answer: &mut Answer, relay: &Relay) -> Came {
    let came = tokio::select! {
        biased;
        piece = answer.exchange.next() => piece.map_or(Came::Broke, Came::Piece),
        () = left(session, relay.plugins.as_deref()) => Came::ClientGone,
    };
    if hooks::torn(relay) {
        Came::ClientGone
    } else {
        came
    }
}

/// Trailers, or the mere end.
async fn finale(answer: &mut Answer) -> HttpTask {
    answer
        .exchange
        .trailers()
        .await
        .map_or(HttpTask::Done, |trailers| HttpTask::Trailer(Some(trailers)))
}

pub(super) fn written(result: &Result<(), Box<Error>>) -> Relayed {
    if result.is_ok() {
        Relayed::Whole
    } else {
        Relayed::ClientGone
    }
}
