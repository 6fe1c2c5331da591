//! The upstream ahead of the client (`novelai`): it is read to its end whatever the client does.
//!
//! NovelAI can not cancel, and its account stays busy until it has ended; so the lease ends with the
//! upstream, and neither a client that reads slowly nor one that leaves changes when that is. Only past
//! the bound on what is held does the upstream wait for the client.

use bytes::Bytes;
use pingora::http::ResponseHeader;
use pingora::protocols::http::HttpTask;
use pingora::proxy::Session;
use tokio::sync::{Semaphore, mpsc};

use super::attempt::Answer;
use super::downstream::Downstream;
use super::exchange::Exchange;
use super::follow::written;
use super::heart::left;
use super::metering::{self, Metering};
use super::plan::Relay;
use super::proxy::Context;
use super::relay::Relayed;
use super::{Edge, hooks};

/// What a piece weighs at least, so that many small ones are bounded too.
const LIGHTEST: usize = 256;

/// Between the reading and the writing half.
enum Piece {
    /// Some of the body, and what it weighs.
    Some(Bytes, u32),
    Broke,
}

impl Edge {
    pub(super) async fn read_ahead(
        &self,
        session: &mut Session,
        ctx: &mut Context,
        (out, head): (Downstream, Option<Box<ResponseHeader>>),
        mut answer: Box<Answer>,
        relay: &Relay,
    ) -> Relayed {
        let room = Room::new(relay.upstream.upstream.drain);
        // Unbounded in pieces, since `room` bounds their weight.
        let (sender, mut pieces) = mpsc::unbounded_channel();
        // With the reading half, since the upstream works on when the client has left.
        let mut metering = ctx.noted.metering.take();
        let reading = async {
            match pump(&mut answer.exchange, (&sender, &room), &mut metering).await {
                Ok(()) => self.end(answer).await,
                Err(()) => answer.cut(relay),
            }
            drop(sender);
        };
        let writing = async {
            let ended = pass_on(session, ctx, (out, head), (&mut pieces, &room), relay).await;
            // From here on pieces are thrown away, and the reading half does not wait for room.
            room.free.close();
            ended
        };
        let ((), relayed) = tokio::join!(reading, writing);
        ctx.noted.metering = metering;
        relayed
    }
}

/// What may be held, by weight.
struct Room {
    free: Semaphore,
    all: usize,
}

impl Room {
    fn new(bytes: u64) -> Self {
        let all = usize::try_from(bytes)
            .unwrap_or(usize::MAX)
            .clamp(LIGHTEST, Semaphore::MAX_PERMITS);
        Self {
            free: Semaphore::new(all),
            all,
        }
    }

    fn weight(&self, piece: &Bytes) -> u32 {
        u32::try_from(piece.len().clamp(LIGHTEST, self.all)).unwrap_or(u32::MAX)
    }
}

/// Reads to the end, into the channel while somebody listens.
async fn pump(
    source: &mut Exchange,
    (sender, room): (&mpsc::UnboundedSender<Piece>, &Room),
    metering: &mut Option<Box<Metering>>,
) -> Result<(), ()> {
    loop {
        match source.next().await {
            Ok(None) => return Ok(()),
            Ok(Some(piece)) => {
                let weight = room.weight(&piece);
                let copy = metering::copy(metering.as_deref(), Some(&piece));
                if let Ok(permit) = room.free.acquire_many(weight).await {
                    permit.forget();
                    let _ = sender.send(Piece::Some(piece, weight));
                }
                metering::observe(metering, copy);
                // The key is free at once, not only when the end is asked for.
                if source.is_done() {
                    return Ok(());
                }
            }
            Err(_) => {
                let _ = sender.send(Piece::Broke);
                return Err(());
            }
        }
    }
}

/// Writes what comes until the end, the upstream's break or the client's leaving.
async fn pass_on(
    session: &mut Session,
    ctx: &mut Context,
    (out, head): (Downstream, Option<Box<ResponseHeader>>),
    (pieces, room): (&mut mpsc::UnboundedReceiver<Piece>, &Room),
    relay: &Relay,
) -> Relayed {
    let mut tasks: Vec<_> = head
        .into_iter()
        .map(|head| HttpTask::Header(head, false))
        .collect();
    if pieces.is_empty()
        && !pieces.is_closed()
        && out.write_now(session, std::mem::take(&mut tasks)).await.is_err()
    {
        return Relayed::ClientGone;
    }
    loop {
        let piece = tokio::select! {
            biased;
            piece = pieces.recv() => piece,
            () = left(session, relay.plugins.as_deref()) => return Relayed::ClientGone,
        };
        if hooks::torn(relay) {
            return Relayed::ClientGone;
        }
        match piece {
            Some(Piece::Some(bytes, weight)) => {
                ctx.body_bytes += bytes.len() as u64;
                let Ok(bytes) = hooks::piece(relay, Some(bytes), false) else {
                    return Relayed::Stopped;
                };
                tasks.extend(bytes.map(|bytes| HttpTask::Body(Some(bytes), false)));
                if out.write_now(session, std::mem::take(&mut tasks)).await.is_err() {
                    return Relayed::ClientGone;
                }
                room.free.add_permits(weight as usize);
            }
            Some(Piece::Broke) => return Relayed::Cut,
            None => {
                let Ok(rest) = hooks::piece(relay, None, true) else {
                    return Relayed::Stopped;
                };
                tasks.extend(rest.map(|rest| HttpTask::Body(Some(rest), false)));
                tasks.push(HttpTask::Done);
                return written(&out.write(session, tasks).await);
            }
        }
    }
}
