//! What of a plain HTTP service may be reached: all of it, save two methods that make a server speak
//! about or to somebody else.

use std::borrow::Cow;

use ::http::Method;

use super::{BodyUse, Reach};
use crate::model::Role;
use crate::usage::Endpoint;

const ALLOWED: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

pub(super) fn reach<'a>(method: &Method, raw: &'a str) -> Reach<'a> {
    if *method == Method::CONNECT || *method == Method::TRACE {
        return Reach::WrongMethod(ALLOWED);
    }
    Reach::Forward {
        endpoint: Endpoint::Other,
        role: Role::Any,
        path: Cow::Borrowed(raw),
        body: BodyUse::Replay,
    }
}
