//! Reading a request's body before anything upstream is taken: bounded, and never trusted to end.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use pingora::proxy::Session;
use pingora::{Error, ErrorType};
use potluck_filters::framing::content_length;
use potluck_filters::id::UserId;
use potluck_filters::model::Bodies;
use potluck_filters::reach::BodyUse;
use potluck_filters::rejection::Code;

use super::memory::{BodyMemory, FREE, Held};

/// What was read.
pub(super) enum Body {
    /// All of it, ready for replay.
    Whole(Bytes, Option<Held>),
    /// More than is kept: what was read so far; the rest is streamed past and cannot be retried.
    Past(Bytes, Option<Held>),
}

/// Reads up to what may be kept. `total` bounds the whole reading, whatever the pace.
pub(super) async fn read(
    session: &mut Session,
    bounds: Bodies,
    body_use: BodyUse,
    memory: &BodyMemory,
    user: Option<UserId>,
    total: Duration,
) -> Result<Body, Code> {
    if session.as_downstream_mut().is_body_empty() {
        return Ok(Body::Whole(Bytes::new(), None));
    }
    let announced = content_length(&session.req_header().headers);
    let keep = bounds.replay.min(bounds.max);
    let may_pass = match body_use {
        BodyUse::Replay => true,
        BodyUse::Whole | BodyUse::None => false,
    };
    if announced.is_some_and(|length| length > bounds.max || (length > keep && !may_pass)) {
        return Err(Code::BodyTooLarge);
    }
    if announced.is_some_and(|length| length > keep) {
        answer_expectation(session)
            .await
            .map_err(|error| code_of(&error))?;
        return Ok(Body::Past(Bytes::new(), None));
    }
    let bounds = Bounds {
        announced,
        keep,
        max: bounds.max,
        may_pass,
    };
    let reading = whole_or_past(session, bounds, (memory, user));
    // The timer is made only if the body is not at hand.
    let (bytes, whole, held) = pingora::time::tokio_timeout(total, reading)
        .await
        .map_err(|_| Code::BodyTimeout)??;
    match (whole, may_pass) {
        (true, _) => Ok(Body::Whole(bytes, held)),
        (false, true) => Ok(Body::Past(bytes, held)),
        (false, false) => Err(Code::BodyTooLarge),
    }
}

/// What is known of a body's length before it is read.
#[derive(Clone, Copy)]
struct Bounds {
    announced: Option<u64>,
    keep: u64,
    max: u64,
    may_pass: bool,
}

async fn whole_or_past(
    session: &mut Session,
    bounds: Bounds,
    (memory, user): (&BodyMemory, Option<UserId>),
) -> Result<(Bytes, bool, Option<Held>), Code> {
    let mut held = None;
    if let Some(length) = bounds.announced.filter(|length| *length > FREE) {
        held = Some(memory.hold(user, length).await?);
    }
    answer_expectation(session)
        .await
        .map_err(|error| code_of(&error))?;
    let first = next(session).await?.unwrap_or_default();
    if bounds.announced == Some(first.len() as u64) {
        // The usual case: all of it came with the head, and nothing is copied.
        return Ok((first, true, held));
    }
    let (bytes, whole) = collect(session, first, bounds, &mut held, (memory, user)).await?;
    Ok((bytes, whole, held))
}

/// Reads until the end (`true`) or until more than `keep` is there (`false`).
async fn collect(
    session: &mut Session,
    first: Bytes,
    Bounds {
        announced,
        keep,
        max,
        may_pass,
    }: Bounds,
    held: &mut Option<Held>,
    (memory, user): (&BodyMemory, Option<UserId>),
) -> Result<(Bytes, bool), Code> {
    let size = usize::try_from(announced.unwrap_or(0)).unwrap_or(0);
    let mut body = BytesMut::with_capacity(size.max(first.len()));
    body.extend_from_slice(&first);
    while let Some(chunk) = next(session).await? {
        body.extend_from_slice(&chunk);
        let length = body.len() as u64;
        if length > max {
            return Err(Code::BodyTooLarge);
        }
        if length > keep {
            // Its end may have come with this piece: then nothing is left to stream.
            let whole = may_pass && session.as_downstream_mut().is_body_done();
            return Ok((body.freeze(), whole));
        }
        if announced.is_none() && length > FREE && held.is_none() {
            // A body of unknown length reserves all it may become.
            *held = Some(memory.hold(user, keep).await?);
        }
    }
    let complete = announced.is_none_or(|length| length == body.len() as u64);
    if complete {
        Ok((body.freeze(), true))
    } else {
        Err(Code::BodyTruncated)
    }
}

async fn next(session: &mut Session) -> Result<Option<Bytes>, Code> {
    session
        .as_downstream_mut()
        .read_request_body()
        .await
        .map_err(|error| code_of(&error))
}

/// Clients that wait for permission to send get it here, once it is clear that the body is wanted.
pub(super) async fn answer_expectation(session: &mut Session) -> Result<(), Box<Error>> {
    let expects = session.req_header().headers.get(http::header::EXPECT);
    if expects.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue")) {
        session.as_downstream_mut().write_continue_response().await?;
    }
    Ok(())
}

pub(super) fn code_of(error: &Error) -> Code {
    match error.etype() {
        ErrorType::ReadTimedout => Code::BodyTimeout,
        ErrorType::InvalidHTTPHeader => Code::BadFraming,
        _ => Code::BodyTruncated,
    }
}
