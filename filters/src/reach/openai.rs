//! What of an OpenAI-compatible API may be reached: the endpoints that keep nothing under the key.
//!
//! Files, batches, stored responses, fine-tuning, assistants and the like would let members see each
//! other's objects; organisation and credit endpoints belong to the contributor alone.

use std::borrow::Cow;

use ::http::Method;

use super::{BodyUse, Methods, Reach};
use crate::model::Role;
use crate::rejection::Code;

/// Without the `/v1` in front, which may stand in the path or in the node's base URL.
const POSTED: [&str; 11] = [
    "/chat/completions",
    "/completions",
    "/responses",
    "/embeddings",
    "/images/generations",
    "/images/edits",
    "/images/variations",
    "/audio/speech",
    "/audio/transcriptions",
    "/audio/translations",
    "/moderations",
];

pub(super) fn reach<'a>(method: &Method, path: &str, raw: &'a str) -> Reach<'a> {
    let Some(methods) = methods(path.strip_prefix("/v1").unwrap_or(path)) else {
        return Reach::Refuse(Code::PathNotAllowed);
    };
    if !methods.allow(method) {
        return Reach::WrongMethod(methods.listed());
    }
    let body = match methods {
        Methods::Get => BodyUse::None,
        Methods::Post => BodyUse::Replay,
    };
    Reach::Forward {
        role: Role::Any,
        path: Cow::Borrowed(raw),
        body,
    }
}

fn methods(path: &str) -> Option<Methods> {
    if POSTED.contains(&path) {
        return Some(Methods::Post);
    }
    let below = path.strip_prefix("/models")?;
    is_model(below).then_some(Methods::Get)
}

/// The list itself, or one model. Ids may have slashes of their own, encoded or not.
fn is_model(below: &str) -> bool {
    below.is_empty()
        || below
            .strip_prefix('/')
            .is_some_and(|id| !id.is_empty() && !id.ends_with('/'))
}
