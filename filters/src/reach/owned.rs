//! The stateful endpoints of an OpenAI-compatible API, for upstreams on which each member owns what that
//! member made.
//!
//! Invariant: a path that is not in the table is not reached, and each that is says what it does to which
//! object.

use std::borrow::Cow;

use ::http::Method;

use super::{Act, BodyUse, Reach};
use crate::objects::ObjectKind;
use crate::usage::Endpoint as Asked;

use Deed::{Create, Delete, List, Show, Use};
use ObjectKind::{Batch, Conversation, File, Job, Response};

/// What a method does on a path.
#[derive(Clone, Copy)]
enum Deed {
    Create,
    List,
    /// The answer is the object itself.
    Show,
    Use,
    Delete,
}

/// A path, whose first `*` is the object's id, and what `GET`, `POST` and `DELETE` do there.
struct Endpoint {
    path: &'static [&'static str],
    kind: ObjectKind,
    get: Option<Deed>,
    post: Option<Deed>,
    delete: Option<Deed>,
}

const fn at(
    path: &'static [&'static str],
    kind: ObjectKind,
    [get, post, delete]: [Option<Deed>; 3],
) -> Endpoint {
    Endpoint {
        path,
        kind,
        get,
        post,
        delete,
    }
}

const ENDPOINTS: [Endpoint; 21] = [
    at(&["files"], File, [Some(List), Some(Create), None]),
    at(&["files", "*"], File, [Some(Show), None, Some(Delete)]),
    at(&["files", "*", "content"], File, [Some(Use), None, None]),
    at(&["batches"], Batch, [Some(List), Some(Create), None]),
    at(&["batches", "*"], Batch, [Some(Show), None, None]),
    at(&["batches", "*", "cancel"], Batch, [None, Some(Show), None]),
    at(&["responses"], Response, [None, Some(Create), None]),
    at(&["responses", "*"], Response, [Some(Use), None, Some(Delete)]),
    at(&["responses", "*", "cancel"], Response, [None, Some(Use), None]),
    at(
        &["responses", "*", "input_items"],
        Response,
        [Some(Use), None, None],
    ),
    at(&["conversations"], Conversation, [None, Some(Create), None]),
    at(
        &["conversations", "*"],
        Conversation,
        [Some(Use), Some(Use), Some(Delete)],
    ),
    at(
        &["conversations", "*", "items"],
        Conversation,
        [Some(Use), Some(Use), None],
    ),
    at(
        &["conversations", "*", "items", "*"],
        Conversation,
        [Some(Use), None, Some(Use)],
    ),
    at(&["fine_tuning", "jobs"], Job, [Some(List), Some(Create), None]),
    at(&["fine_tuning", "jobs", "*"], Job, [Some(Show), None, None]),
    at(
        &["fine_tuning", "jobs", "*", "cancel"],
        Job,
        [None, Some(Show), None],
    ),
    at(
        &["fine_tuning", "jobs", "*", "pause"],
        Job,
        [None, Some(Show), None],
    ),
    at(
        &["fine_tuning", "jobs", "*", "resume"],
        Job,
        [None, Some(Show), None],
    ),
    at(
        &["fine_tuning", "jobs", "*", "events"],
        Job,
        [Some(Use), None, None],
    ),
    at(
        &["fine_tuning", "jobs", "*", "checkpoints"],
        Job,
        [Some(Use), None, None],
    ),
];

/// `None` where the path is none of these.
pub(super) fn reach<'a>(method: &Method, path: &str, raw: &'a str) -> Option<Reach<'a>> {
    let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    let found = ENDPOINTS.iter().find(|one| one.fits(&segments))?;
    let deed = match *method {
        Method::GET | Method::HEAD => found.get,
        Method::POST => found.post,
        Method::DELETE => found.delete,
        _ => None,
    };
    let Some(deed) = deed else {
        return Some(Reach::WrongMethod(found.methods()));
    };
    let kind = found.kind;
    let id: Box<str> = found.id(&segments).into();
    let act = match deed {
        List => return Some(Reach::List(kind)),
        Create => Act::Create(kind),
        Delete => Act::Delete { kind, id },
        Show => Act::Use {
            kind,
            id,
            shows: true,
        },
        Use => Act::Use {
            kind,
            id,
            shows: false,
        },
    };
    let body = if *method == Method::POST {
        BodyUse::Whole
    } else {
        BodyUse::None
    };
    let path = Cow::Borrowed(raw);
    Some(Reach::Owned {
        endpoint: asked(kind),
        act,
        path,
        body,
    })
}

/// Responses are answers that happen to be kept; all else is there to be kept.
fn asked(kind: ObjectKind) -> Asked {
    match kind {
        Response => Asked::Responses,
        File | Batch | Conversation | Job | ObjectKind::Model => Asked::Files,
    }
}

impl Endpoint {
    fn fits(&self, segments: &[&str]) -> bool {
        let alike = |(own, sent): (&&str, &&str)| {
            if *own == "*" {
                !sent.is_empty()
            } else {
                own == sent
            }
        };
        self.path.len() == segments.len() && self.path.iter().zip(segments).all(alike)
    }

    fn id<'s>(&self, segments: &[&'s str]) -> &'s str {
        let at = self.path.iter().position(|part| *part == "*");
        at.and_then(|at| segments.get(at)).copied().unwrap_or_default()
    }

    /// For the `Allow` header.
    fn methods(&self) -> &'static str {
        match (self.get, self.post, self.delete) {
            (Some(_), Some(_), Some(_)) => "GET, HEAD, POST, DELETE",
            (Some(_), Some(_), None) => "GET, HEAD, POST",
            (Some(_), None, Some(_)) => "GET, HEAD, DELETE",
            (Some(_), None, None) => "GET, HEAD",
            (None, Some(_), _) => "POST",
            (None, None, _) => "DELETE",
        }
    }
}
