//! What opens where members own objects, and where an upstream is for operators' keys alone.

use super::*;

use ObjectKind::{Batch, Conversation, File, Job, Response};

fn owned<'a>(method: &Method, raw: &'a str) -> Reach<'a> {
    reach(
        Kind::Openai,
        Opened::Owned,
        method,
        &decode_path(raw).unwrap(),
        raw,
    )
}

fn used(kind: ObjectKind, shows: bool) -> Act {
    Act::Use {
        kind,
        id: "x-1".into(),
        shows,
    }
}

fn gone(kind: ObjectKind) -> Act {
    Act::Delete {
        kind,
        id: "x-1".into(),
    }
}

fn deeds() -> Vec<(Method, &'static str, Act)> {
    let (get, post, delete) = (Method::GET, Method::POST, Method::DELETE);
    let rows = [
        (&post, "/v1/files", Act::Create(File)),
        (&get, "/files/x-1", used(File, true)),
        (&get, "/v1/files/x%2D1/content?x=y", used(File, false)),
        (&delete, "/v1/files/x-1", gone(File)),
        (&post, "/v1/batches", Act::Create(Batch)),
        (&get, "/v1/batches/x-1", used(Batch, true)),
        (&post, "/v1/batches/x-1/cancel", used(Batch, true)),
        (&post, "/v1/responses", Act::Create(Response)),
        (&get, "/v1/responses/x-1?stream=true", used(Response, false)),
        (&post, "/v1/responses/x-1/cancel", used(Response, false)),
        (&get, "/v1/responses/x-1/input_items", used(Response, false)),
        (&delete, "/v1/responses/x-1", gone(Response)),
        (&post, "/v1/conversations", Act::Create(Conversation)),
        (&post, "/v1/conversations/x-1", used(Conversation, false)),
        (&delete, "/v1/conversations/x-1", gone(Conversation)),
        (&post, "/v1/conversations/x-1/items", used(Conversation, false)),
        (
            &delete,
            "/v1/conversations/x-1/items/msg_1",
            used(Conversation, false),
        ),
        (&post, "/v1/fine_tuning/jobs", Act::Create(Job)),
        (&get, "/v1/fine_tuning/jobs/x-1", used(Job, true)),
        (&post, "/v1/fine_tuning/jobs/x-1/cancel", used(Job, true)),
        (&get, "/v1/fine_tuning/jobs/x-1/events", used(Job, false)),
        (&post, "/v1/chat/completions", Act::Refer),
        (&post, "/v1/images/edits", Act::Refer),
    ];
    rows.map(|(method, path, act)| (method.clone(), path, act)).into()
}

#[test]
fn where_members_own_objects_each_path_says_what_it_does_to_which() {
    for (method, path, act) in deeds() {
        let Reach::Owned {
            endpoint,
            act: found,
            path: sent,
            body,
        } = owned(&method, path)
        else {
            panic!("{method} {path}: {:?}", owned(&method, path));
        };
        let is_response = path.contains("/responses");
        assert_eq!(endpoint == Endpoint::Responses, is_response, "{method} {path}");
        assert_eq!((found, &*sent), (act, path), "{method} {path}");
        let expected = if method == Method::POST {
            BodyUse::Whole
        } else {
            BodyUse::None
        };
        assert_eq!(body, expected, "{method} {path}");
    }
    for (path, kind) in [
        ("/v1/files", File),
        ("/v1/batches", Batch),
        ("/fine_tuning/jobs", Job),
    ] {
        assert_eq!(owned(&Method::GET, path), Reach::List(kind));
    }
}

#[test]
fn where_members_own_objects_nothing_else_opens() {
    for path in [
        "/v1/files/",
        "/v1/files/x/y",
        "/v1/uploads",
        "/v1/vector_stores",
        "/v1/assistants",
        "/v1/threads/x/runs",
        "/v1/chat/completions/x",
        "/v1/responses/x/y",
        "/v1/fine_tuning/jobs/x/y",
        "/v1/fine_tuning/checkpoints/x/permissions",
        "/v1/organization/projects",
        "/v1/credits",
    ] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            assert_eq!(
                owned(&method, path),
                Reach::Refuse(Code::PathNotAllowed),
                "{path}"
            );
        }
    }
    assert_eq!(owned(&Method::GET, "/v1/responses"), Reach::WrongMethod("POST"));
    assert_eq!(
        owned(&Method::PATCH, "/v1/files/x"),
        Reach::WrongMethod("GET, HEAD, DELETE")
    );
    // Recordings are long, and none of their fields names an object.
    assert!(matches!(
        owned(&Method::POST, "/v1/audio/transcriptions"),
        Reach::Forward {
            body: BodyUse::Replay,
            ..
        }
    ));
}

#[test]
fn an_upstream_of_operators_alone_is_open_but_for_its_account() {
    let go = |method: &Method, raw| {
        matches!(
            reach(Kind::Openai, Opened::All, method, &decode_path(raw).unwrap(), raw),
            Reach::Forward { .. }
        )
    };
    for path in [
        "/v1/files",
        "/v1/vector_stores/vs_1/files",
        "/v1/threads",
        "/v1/assistants/x",
        "/realtime",
    ] {
        assert!(go(&Method::GET, path) && go(&Method::POST, path), "{path}");
        assert!(!go(&Method::TRACE, path), "{path}");
    }
    for path in [
        "/",
        "/v1",
        "/v1/credits",
        "/credits",
        "/v1/Credits",
        "/v1/organization/api_keys",
        "/v1/organization%2Fcosts",
        "/v1/dashboard/billing/usage",
        "/v1/usage",
        "/v1/projects/x",
        "/v1/me",
        "/v1/v1/credits",
        "/v2/organization/users",
        "/api/billing",
    ] {
        assert!(!go(&Method::GET, path) && !go(&Method::POST, path), "{path}");
    }
}
