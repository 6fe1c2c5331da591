//! What may be reached, and who answers it.
//!
//! Decided on the path percent-decoded once ([`decode_path`]); what is allowed is forwarded as it was
//! sent. novelai and openai have lists of what is allowed, and everything else is refused; an http
//! upstream is reached as a whole, by every path that has one meaning only.
//!
//! Invariant: no path that two servers could read differently gets past [`decode_path`].

mod http;
mod novelai;
mod openai;
mod owned;
mod path;

use std::borrow::Cow;

use ::http::Method;

use crate::model::{Kind, Opened, Role};
use crate::objects::ObjectKind;
use crate::rejection::Code;
use crate::usage::Endpoint;

pub use path::{PathError, SLASH_IN_SEGMENT, decode_path};

/// Where a request may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach<'a> {
    /// To the upstream.
    Forward {
        /// What it asks for, for the books.
        endpoint: Endpoint,
        /// The role of the nodes that serve it.
        role: Role,
        /// Path (with its query, where `raw` had it) as it goes to the upstream, before the node's
        /// own prefix.
        path: Cow<'a, str>,
        /// What to do with the body.
        body: BodyUse,
    },
    /// To the upstream, with what it does to the objects of whoever asks.
    Owned {
        /// As for [`Reach::Forward`].
        endpoint: Endpoint,
        /// What it does to them.
        act: Act,
        /// As for [`Reach::Forward`].
        path: Cow<'a, str>,
        /// As for [`Reach::Forward`].
        body: BodyUse,
    },
    /// Nowhere: the relay lists the objects of whoever asks.
    List(ObjectKind),
    /// To the upstream, or answered by the relay where the answer depends on who asks.
    Models {
        /// One model; all, if `None`.
        id: Option<Box<str>>,
        /// As for [`Reach::Forward`].
        path: Cow<'a, str>,
    },
    /// Nowhere: the relay answers for the pool as a whole, to holders of a client key.
    Answer(Synthetic),
    /// Nowhere: a browser's preflight, which carries no key and is answered without one.
    Preflight,
    /// Nowhere.
    Refuse(Code),
    /// Nowhere: the path is known, but only for these methods (as `Allow` lists them).
    WrongMethod(&'static str),
}

impl Reach<'_> {
    /// What the request asks for, for the books.
    #[must_use]
    pub fn endpoint(&self) -> Endpoint {
        match self {
            Self::Forward { endpoint, .. } | Self::Owned { endpoint, .. } => *endpoint,
            Self::List(_) => Endpoint::Files,
            Self::Models { .. } => Endpoint::Models,
            Self::Answer(_) => Endpoint::Account,
            Self::Preflight | Self::Refuse(_) | Self::WrongMethod(_) => Endpoint::Other,
        }
    }
}

/// What to do with a request's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BodyUse {
    /// Read whole before a lease is taken: its price or model decides.
    Whole,
    /// Keep for replay up to the bound, and stream past it. A client key with a list of models makes
    /// it `Whole`.
    Replay,
    /// None is expected; what comes is not forwarded.
    None,
}

/// What a request does to the objects that an upstream keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Makes one; its body may name others.
    Create(ObjectKind),
    /// Names one in its path.
    Use {
        /// What it is.
        kind: ObjectKind,
        /// Its id, decoded.
        id: Box<str>,
        /// Whether the answer is the object itself.
        shows: bool,
    },
    /// Deletes one.
    Delete {
        /// What it is.
        kind: ObjectKind,
        /// Its id, decoded.
        id: Box<str>,
    },
    /// Makes none, but its body may name some.
    Refer,
}

/// An account answer that the relay gives itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Synthetic {
    /// `/user/subscription`
    Subscription,
    /// `/user/information`
    Information,
    /// `/user/data`
    Data,
    /// `/user/priority`
    Priority,
}

/// Decides where a request goes. `opened` is what the upstream is open for, `path` is what [`decode_path`] made of `raw`; both without the
/// route's prefix where the route takes it off, `raw` with its query or without.
#[must_use]
pub fn reach<'a>(kind: Kind, opened: Opened, method: &Method, path: &str, raw: &'a str) -> Reach<'a> {
    match kind {
        Kind::Novelai => novelai::reach(method, path, raw),
        Kind::Openai => openai::reach(opened, method, path, raw),
        Kind::Http => http::reach(method, raw),
    }
}

/// The methods of a listed path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Methods {
    /// `GET`, and so `HEAD`.
    Get,
    /// `POST`.
    Post,
}

impl Methods {
    fn allow(self, method: &Method) -> bool {
        match self {
            Self::Get => *method == Method::GET || *method == Method::HEAD,
            Self::Post => *method == Method::POST,
        }
    }

    /// For the `Allow` header.
    fn listed(self) -> &'static str {
        match self {
            Self::Get => "GET, HEAD",
            Self::Post => "POST",
        }
    }
}

#[cfg(test)]
mod tests;
