//! Who sends a request: the account behind its bearer token.
//!
//! Invariant: a good token at a path that it may not use is told apart from a bad one.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};

use super::{
    Holder, NovelAi,
    errors::{self, Refused},
    tokens::Kind,
};

/// Anybody with a good token, persistent or of a session.
pub(crate) struct Bearer {
    pub(crate) holder: Holder,
    pub(crate) kind: Kind,
}

/// Somebody who has logged in.
pub(crate) struct Session(pub(crate) Holder);

impl Bearer {
    pub(crate) fn of(fake: &NovelAi, headers: &HeaderMap) -> Result<Bearer, Refused> {
        let (holder, kind) = token(headers)
            .and_then(|token| fake.shared.tokens.lock().find(token))
            .ok_or_else(errors::unauthorized)?;
        Ok(Bearer { holder, kind })
    }
}

/// The text after `Bearer`.
pub(crate) fn token(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .strip_prefix("Bearer ")
        .map(str::trim)
}

impl FromRequestParts<NovelAi> for Bearer {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, fake: &NovelAi) -> Result<Bearer, Refused> {
        Bearer::of(fake, &parts.headers)
    }
}

impl FromRequestParts<NovelAi> for Session {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, fake: &NovelAi) -> Result<Session, Refused> {
        let bearer = Bearer::of(fake, &parts.headers)?;
        match bearer.kind {
            Kind::Persistent => Err(errors::persistent_token_refused().into()),
            Kind::Session { .. } => Ok(Session(bearer.holder)),
        }
    }
}
