//! What of an OpenAI-compatible API may be reached: by default the endpoints that keep nothing under the key.
//!
//! Files, batches, stored responses, fine-tuning and the like would let members see each other's objects;
//! where an upstream is opened for them, each member sees only that member's own. Organisation, account
//! and credit endpoints belong to the contributor alone, however open the upstream is.

use std::borrow::Cow;

use ::http::Method;

use super::owned;
use super::{Act, BodyUse, Methods, Reach, SLASH_IN_SEGMENT};
use crate::model::{Opened, Role};
use crate::rejection::Code;
use crate::usage::Endpoint;

/// Without the `/v1` in front, which may stand in the path or in the node's base URL.
const POSTED: [(&str, Endpoint); 11] = [
    ("/chat/completions", Endpoint::Chat),
    ("/completions", Endpoint::Completions),
    ("/responses", Endpoint::Responses),
    ("/embeddings", Endpoint::Embeddings),
    ("/images/generations", Endpoint::Images),
    ("/images/edits", Endpoint::Images),
    ("/images/variations", Endpoint::Images),
    ("/audio/speech", Endpoint::Audio),
    ("/audio/transcriptions", Endpoint::Audio),
    ("/audio/translations", Endpoint::Audio),
    ("/moderations", Endpoint::Moderations),
];

/// Forms whose one large part is a recording; no field of theirs names an object.
const RECORDINGS: [&str; 2] = ["/audio/transcriptions", "/audio/translations"];

/// Segments of what is never reached, wherever they stand: it speaks of the key's owner, or spends for them
/// otherwise.
const NEVER: [&str; 20] = [
    "account",
    "accounts",
    "admin",
    "api-keys",
    "api_keys",
    "auth",
    "billing",
    "credits",
    "dashboard",
    "key",
    "keys",
    "login",
    "me",
    "organization",
    "organizations",
    "projects",
    "team",
    "teams",
    "usage",
    "user",
];

const ANY: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";

pub(super) fn reach<'a>(opened: Opened, method: &Method, path: &str, raw: &'a str) -> Reach<'a> {
    let path = path.strip_prefix("/v1").unwrap_or(path);
    if let Some(id) = model_id(path) {
        return models(method, id, raw);
    }
    match opened {
        Opened::Stateless => stateless(method, path, raw),
        Opened::Owned => match owned::reach(method, path, raw) {
            Some(way) => way,
            None => refers(path, stateless(method, path, raw)),
        },
        Opened::All => all(method, path, raw),
    }
}

fn stateless<'a>(method: &Method, path: &str, raw: &'a str) -> Reach<'a> {
    let Some(endpoint) = posted(path) else {
        return Reach::Refuse(Code::PathNotAllowed);
    };
    if !Methods::Post.allow(method) {
        return Reach::WrongMethod(Methods::Post.listed());
    }
    forward(endpoint, raw, BodyUse::Replay)
}

fn posted(path: &str) -> Option<Endpoint> {
    let found = POSTED.iter().find(|(known, _)| *known == path);
    found.map(|(_, endpoint)| *endpoint)
}

/// Where members have objects, every body that may name one is read.
fn refers<'a>(path: &str, way: Reach<'a>) -> Reach<'a> {
    match way {
        Reach::Forward {
            endpoint, path: raw, ..
        } if !RECORDINGS.contains(&path) => Reach::Owned {
            endpoint,
            act: Act::Refer,
            path: raw,
            body: BodyUse::Whole,
        },
        way => way,
    }
}

fn all<'a>(method: &Method, path: &str, raw: &'a str) -> Reach<'a> {
    let mut segments = path.split(['/', SLASH_IN_SEGMENT]).skip(1);
    let never = |segment: &str| NEVER.contains(&&*segment.to_lowercase());
    if path.len() < 2 || segments.any(never) {
        return Reach::Refuse(Code::PathNotAllowed);
    }
    match *method {
        Method::GET | Method::HEAD => forward(Endpoint::Files, raw, BodyUse::None),
        Method::POST | Method::PUT | Method::PATCH | Method::DELETE => {
            forward(posted(path).unwrap_or(Endpoint::Files), raw, BodyUse::Replay)
        }
        _ => Reach::WrongMethod(ANY),
    }
}

fn forward(endpoint: Endpoint, raw: &str, body: BodyUse) -> Reach<'_> {
    Reach::Forward {
        endpoint,
        role: Role::Any,
        path: Cow::Borrowed(raw),
        body,
    }
}

fn models<'a>(method: &Method, id: Option<Box<str>>, raw: &'a str) -> Reach<'a> {
    if !Methods::Get.allow(method) {
        return Reach::WrongMethod(Methods::Get.listed());
    }
    let path = Cow::Borrowed(raw);
    Reach::Models { id, path }
}

/// `Some(None)` for the list itself, else one model. Ids may have slashes of their own, encoded or not.
fn model_id(path: &str) -> Option<Option<Box<str>>> {
    let below = path.strip_prefix("/models")?;
    if below.is_empty() {
        return Some(None);
    }
    let id = below.strip_prefix('/')?;
    let whole = !id.is_empty() && !id.ends_with('/');
    whole.then(|| Some(id.replace(SLASH_IN_SEGMENT, "/").into()))
}
