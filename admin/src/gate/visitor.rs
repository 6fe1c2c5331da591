//! What a handler that logs people in has to know of a call over the network, beside who asks.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use schemars::SchemaGenerator;

use crate::auth::{Cookies, Held};
use crate::caller::Unknown;
use crate::doc::{Input, Operation};
use crate::gate::Peer;

/// Whether a call came over TLS: a request extension, set by the gate.
#[derive(Clone, Copy, Debug)]
pub(super) struct OverTls(pub(super) bool);

/// Where a call comes from and what its browser holds.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    /// The caller's address; `None` over the control socket.
    pub(crate) address: Option<IpAddr>,
    /// The program, in its own words.
    pub(crate) agent: Option<String>,
    /// What its cookies hold.
    pub(crate) held: Held,
    /// How cookies are written to it.
    pub(crate) cookies: Cookies,
    /// Why its credential does not count, where it has one that does not.
    pub(crate) unknown: Option<Unknown>,
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let secure = parts
            .extensions
            .get::<OverTls>()
            .is_some_and(|OverTls(told)| *told);
        Ok(Self {
            address: parts.extensions.get::<Peer>().map(|Peer(address)| *address),
            agent: agent(&parts.headers),
            held: Held::of(&parts.headers, secure),
            cookies: Cookies { secure },
            unknown: parts.extensions.get::<Unknown>().copied(),
        })
    }
}

fn agent(headers: &HeaderMap) -> Option<String> {
    let agent = headers.get(header::USER_AGENT)?.to_str().ok()?;
    Some(agent.to_owned())
}

impl Input for Visitor {
    fn describe(_: &mut Operation, _: &mut SchemaGenerator) {}
}
