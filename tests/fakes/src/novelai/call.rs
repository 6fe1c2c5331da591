//! A request with a body: read whole, within the limit, before anything is judged.
//!
//! Invariant: a refused request's body has been read, so its connection can be used again.

use axum::{
    body,
    extract::{FromRequest, Request},
    http::HeaderMap,
};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{
    Holder, NovelAi,
    bearer::Bearer,
    errors::{self, Refused},
};

/// The body alone, for those who need no token.
pub(crate) struct Whole(pub(crate) Bytes);

/// A body from somebody with a good token.
pub(crate) struct Call {
    pub(crate) holder: Holder,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl FromRequest<NovelAi> for Whole {
    type Rejection = Refused;

    async fn from_request(request: Request, fake: &NovelAi) -> Result<Whole, Refused> {
        let limit = fake.settings().max_body;
        let body = body::to_bytes(request.into_body(), limit)
            .await
            .map_err(|_| errors::body_too_large())?;
        Ok(Whole(body))
    }
}

impl FromRequest<NovelAi> for Call {
    type Rejection = Refused;

    async fn from_request(request: Request, fake: &NovelAi) -> Result<Call, Refused> {
        let headers = request.headers().clone();
        let Whole(body) = Whole::from_request(request, fake).await?;
        let holder = Bearer::of(fake, &headers)?.holder;
        Ok(Call {
            holder,
            headers,
            body,
        })
    }
}

/// Reads a JSON object; of equal keys the last counts, as in the service itself.
pub(crate) fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    let object: Map<String, Value> = serde_json::from_slice(body).map_err(undecodable)?;
    serde_json::from_value(Value::Object(object)).map_err(undecodable)
}

/// A body that is not what it should be.
pub(crate) fn undecodable(why: impl std::fmt::Display) -> Refused {
    errors::decoding(&why.to_string()).into()
}
