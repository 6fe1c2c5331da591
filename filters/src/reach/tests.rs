//! The tricks that have been played with paths, and what each kind lets through.

mod opened;

use super::*;

use PathError::{
    Backslash, BadEscape, Control, DotSegment, EmptySegment, Fragment, NotAbsolute, NotAscii, NotUtf8,
};

const TRICKS: &[(&str, PathError)] = &[
    ("", NotAbsolute),
    ("*", NotAbsolute),
    ("host:80", NotAbsolute),
    ("ai/generate-image", NotAbsolute),
    ("http://evil.example/ai/generate-image", NotAbsolute),
    ("HTTPS://evil.example", NotAbsolute),
    ("?x=/ai/generate", NotAbsolute),
    ("%2Fai%2Fgenerate", NotAbsolute),
    ("//", EmptySegment),
    ("//evil.example/ai/generate-image", EmptySegment),
    ("/ai//generate-image", EmptySegment),
    ("/ai/generate-image//", EmptySegment),
    ("/%2Fevil.example/x", EmptySegment),
    ("/ai/%2fgenerate", EmptySegment),
    ("/ai/x%2F/generate", EmptySegment),
    ("/ai/x%2F%2Fy", EmptySegment),
    ("/models/x%2F", EmptySegment),
    ("/..", DotSegment),
    ("/.", DotSegment),
    ("/./", DotSegment),
    ("/ai/../user/login", DotSegment),
    ("/ai/./generate-image", DotSegment),
    ("/ai/generate-image/..", DotSegment),
    ("/ai/%2e%2e/user/login", DotSegment),
    ("/ai/%2E%2E/user/login", DotSegment),
    ("/ai/.%2e/user/login", DotSegment),
    ("/ai/%2e./user/login", DotSegment),
    ("/ai/%2e/generate", DotSegment),
    ("/ai/..%2fuser%2flogin", DotSegment),
    ("/models/a%2F..%2F..%2Ffiles", DotSegment),
    ("/models/a%2f%2e%2e", DotSegment),
    ("/ai/..;/user/login", DotSegment),
    ("/ai/..;a=b/user/login", DotSegment),
    ("/ai/..%3b/user/login", DotSegment),
    ("/ai/..%20/user/login", DotSegment),
    ("/ai/.;x/generate", DotSegment),
    ("/ai\\..\\user", Backslash),
    ("\\ai", NotAbsolute),
    ("/\\evil.example", Backslash),
    ("/ai/..%5cuser", Backslash),
    ("/ai/%5C", Backslash),
    ("/ai/generate%00", Control),
    ("/ai/generate\0", Control),
    ("/ai/%0d%0aHost:%20evil", Control),
    ("/ai/generate\r\nHost: evil", Control),
    ("/ai/generate image", Control),
    ("/ai/generate\tx", Control),
    ("/ai/%7f", Control),
    ("/ai/%01generate", Control),
    ("/ai/%C2%85generate", Control),
    ("/ai/generate?x=\r\n", Control),
    ("/ai/generate#/user", Fragment),
    ("/ai/generate?x#y", Fragment),
    ("/ai/%", BadEscape),
    ("/ai/%2", BadEscape),
    ("/ai/%zz", BadEscape),
    ("/ai/%+1", BadEscape),
    ("/ai/%u002e", BadEscape),
    ("/ai/% 20", Control),
    ("/ai/%c0%ae%c0%ae/user", NotUtf8),
    ("/ai/%c0%afuser", NotUtf8),
    ("/ai/%e0%80%ae/user", NotUtf8),
    ("/ai/%ed%a0%80", NotUtf8),
    ("/ai/%ff", NotUtf8),
    ("/ai/généré", NotAscii),
    ("/ai/\u{ff0e}\u{ff0e}/user", NotAscii),
];

#[test]
fn tricks_with_paths_are_refused() {
    for (target, error) in TRICKS {
        assert_eq!(decode_path(target), Err(*error), "{target:?}");
    }
}

#[test]
fn plain_paths_are_decoded_once() {
    for (target, path) in [
        ("/", "/"),
        ("/ai/generate-image", "/ai/generate-image"),
        ("/ai/generate-image?model=..//&x=%00", "/ai/generate-image"),
        ("/ai/%67enerate", "/ai/generate"),
        ("/chat/", "/chat/"),
        ("/a/...", "/a/..."),
        ("/a/.well-known/x..y", "/a/.well-known/x..y"),
        ("/a;b=c/d", "/a;b=c/d"),
        ("/a.", "/a."),
        ("/%252e%252e/x", "/%2e%2e/x"),
        ("/a%2520b", "/a%20b"),
        ("/a%3Fb%23c", "/a?b#c"),
        ("/models/openai%2Fgpt-5", "/models/openai\u{1}gpt-5"),
        ("/models/%E6%97%A5%E6%9C%AC", "/models/日本"),
        ("/a:b@c", "/a:b@c"),
    ] {
        assert_eq!(decode_path(target).as_deref(), Ok(path), "{target:?}");
    }
}

fn go<'a>(kind: Kind, method: &Method, raw: &'a str) -> Reach<'a> {
    reach(kind, Opened::Stateless, method, &decode_path(raw).unwrap(), raw)
}

fn check_forward(kind: Kind, method: &Method, raw: &str, expected: (Role, &str, BodyUse)) {
    let (role, path, body) = expected;
    let found = go(kind, method, raw);
    let endpoint = found.endpoint();
    let path = path.into();
    assert_eq!(
        found,
        Reach::Forward {
            endpoint,
            role,
            path,
            body
        },
        "{raw}"
    );
}

#[test]
fn what_is_asked_for_is_known_of_all_that_may_be_reached() {
    for (kind, method, path, endpoint) in [
        (
            Kind::Novelai,
            Method::POST,
            "/generate-image",
            Endpoint::GenerateImage,
        ),
        (
            Kind::Novelai,
            Method::POST,
            "/ai/generate-image-stream",
            Endpoint::GenerateImage,
        ),
        (Kind::Novelai, Method::POST, "/ai/upscale", Endpoint::ImageTools),
        (
            Kind::Novelai,
            Method::GET,
            "/ai/generate-voice?text=a",
            Endpoint::GenerateVoice,
        ),
        (
            Kind::Novelai,
            Method::POST,
            "/ai/generate-stream",
            Endpoint::GenerateText,
        ),
        (
            Kind::Novelai,
            Method::POST,
            "/oa/v1/chat/completions",
            Endpoint::Chat,
        ),
        (Kind::Novelai, Method::GET, "/user/data", Endpoint::Account),
        (Kind::Novelai, Method::GET, "/user/login", Endpoint::Other),
        (Kind::Openai, Method::POST, "/v1/chat/completions", Endpoint::Chat),
        (Kind::Openai, Method::POST, "/responses", Endpoint::Responses),
        (Kind::Openai, Method::POST, "/v1/images/edits", Endpoint::Images),
        (Kind::Openai, Method::POST, "/v1/audio/speech", Endpoint::Audio),
        (Kind::Openai, Method::GET, "/v1/models/x", Endpoint::Models),
        (Kind::Openai, Method::GET, "/v1/files", Endpoint::Other),
        (Kind::Http, Method::GET, "/v1/chat/completions", Endpoint::Other),
    ] {
        assert_eq!(go(kind, &method, path).endpoint(), endpoint, "{path}");
    }
}

#[test]
fn novelai_paths_pick_the_host() {
    let (k, post, get) = (Kind::Novelai, &Method::POST, &Method::GET);
    for (role, paths) in [
        (
            Role::Image,
            &[
                "generate-image",
                "generate-image-stream",
                "augment-image",
                "encode-vibe",
                "upscale",
            ][..],
        ),
        (Role::Api, &["annotate-image"]),
        (Role::Text, &["generate", "generate-stream"]),
    ] {
        for name in paths {
            let long = format!("/ai/{name}");
            check_forward(k, post, &long, (role, &long, BodyUse::Whole));
            check_forward(k, post, &format!("/{name}"), (role, &long, BodyUse::Whole));
        }
    }
    let tags = "/ai/generate-image/suggest-tags?model=m&prompt=a%2Fb";
    check_forward(k, get, tags, (Role::Image, tags, BodyUse::None));
    check_forward(k, get, &tags[3..], (Role::Image, tags, BodyUse::None));
    check_forward(
        k,
        &Method::HEAD,
        "/ai/generate-voice",
        (Role::Api, "/ai/generate-voice", BodyUse::None),
    );
    check_forward(
        k,
        get,
        "/oa/v1/models",
        (Role::Text, "/oa/v1/models", BodyUse::None),
    );
    for path in [
        "/oa/v1/chat/completions",
        "/oa/v1/completions",
        "/oa/v1/internal/token-count",
    ] {
        check_forward(k, post, path, (Role::Text, path, BodyUse::Whole));
    }
}

#[test]
fn novelai_account_answers_come_from_the_relay() {
    for (path, answer) in [
        ("/user/subscription", Synthetic::Subscription),
        ("/user/information", Synthetic::Information),
        ("/user/data", Synthetic::Data),
        ("/user/priority?x", Synthetic::Priority),
    ] {
        assert_eq!(go(Kind::Novelai, &Method::GET, path), Reach::Answer(answer));
        assert_eq!(
            go(Kind::Novelai, &Method::POST, path),
            Reach::WrongMethod("GET, HEAD, OPTIONS")
        );
    }
}

#[test]
fn everything_else_of_novelai_is_refused() {
    for path in [
        "/",
        "/ai",
        "/ai/",
        "/ai/generate-image/",
        "/AI/generate-image",
        "/ai/Generate-Image",
        "/ai/module/all",
        "/ai/module/train",
        "/ai/generate-prompt",
        "/ai/trial-status",
        "/ai/generate-image/request-price",
        "/ai%2Fgenerate-image",
        "/ai/generate-image;x",
        "/ai/generate-image.",
        "/ai/%2567enerate",
        "/ai/ai/generate-image",
        "/chat/completions",
        "/user/login",
        "/user/register",
        "/user/create-persistent-token",
        "/user/keystore",
        "/user/clientsettings",
        "/user/giftkeys",
        "/user/objects/stories",
        "/user/data/",
        "/user/subscription/bind",
        "/user/delete",
        "/user",
        "/subscription",
        "/oa/v1/files",
        "/oa/v1/models/glm-4-6",
        "/oa/v1",
        "/usage/link",
        "/v1/novelai/ai/generate-image",
    ] {
        assert_eq!(
            go(Kind::Novelai, &Method::GET, path),
            Reach::Refuse(Code::PathNotAllowed),
            "{path}"
        );
        assert_eq!(
            go(Kind::Novelai, &Method::POST, path),
            Reach::Refuse(Code::PathNotAllowed),
            "{path}"
        );
    }
}

#[test]
fn novelai_preflights_need_no_key_and_wrong_methods_are_told() {
    for path in ["/ai/generate-image", "/user/subscription", "/user/login"] {
        assert_eq!(go(Kind::Novelai, &Method::OPTIONS, path), Reach::Preflight);
    }
    assert_eq!(
        go(Kind::Novelai, &Method::GET, "/ai/generate-image"),
        Reach::WrongMethod("POST, OPTIONS")
    );
    assert_eq!(
        go(Kind::Novelai, &Method::PUT, "/generate-image"),
        Reach::WrongMethod("POST, OPTIONS")
    );
    assert_eq!(
        go(Kind::Novelai, &Method::POST, "/ai/generate-voice"),
        Reach::WrongMethod("GET, HEAD, OPTIONS")
    );
}

#[test]
fn openai_is_reached_where_it_keeps_nothing() {
    let k = Kind::Openai;
    for path in [
        "/v1/chat/completions",
        "/chat/completions",
        "/v1/completions",
        "/v1/responses",
        "/v1/embeddings",
        "/v1/images/generations",
        "/v1/images/edits",
        "/v1/images/variations",
        "/v1/audio/speech",
        "/v1/audio/transcriptions",
        "/v1/audio/translations",
        "/v1/moderations",
    ] {
        check_forward(k, &Method::POST, path, (Role::Any, path, BodyUse::Replay));
        assert_eq!(go(k, &Method::GET, path), Reach::WrongMethod("POST"), "{path}");
        assert_eq!(go(k, &Method::DELETE, path), Reach::WrongMethod("POST"), "{path}");
    }
    for path in [
        "/v1/models",
        "/models",
        "/v1/models/gpt-5",
        "/v1/models/openai%2Fgpt-5",
        "/v1/models/a/b:c",
    ] {
        assert!(
            matches!(go(k, &Method::GET, path), Reach::Models { path: sent, .. } if sent == path),
            "{path}"
        );
        assert_eq!(
            go(k, &Method::DELETE, path),
            Reach::WrongMethod("GET, HEAD"),
            "{path}"
        );
    }
    for (path, named) in [
        ("/v1/models", None),
        ("/models/gpt-5", Some("gpt-5")),
        ("/v1/models/openai%2Fgpt-5", Some("openai/gpt-5")),
        ("/v1/models/a/b:c", Some("a/b:c")),
    ] {
        let Reach::Models { id, .. } = go(k, &Method::HEAD, path) else {
            panic!("{path}");
        };
        assert_eq!(id.as_deref(), named);
    }
}

#[test]
fn everything_else_of_openai_is_refused() {
    for path in [
        "/",
        "/v1",
        "/v1/",
        "/v1/files",
        "/v1/files/file-1/content",
        "/v1/batches",
        "/v1/responses/resp_1",
        "/v1/responses/resp_1/cancel",
        "/v1/chat/completions/chatcmpl-1",
        "/v1/fine_tuning/jobs",
        "/v1/uploads",
        "/v1/assistants",
        "/v1/threads",
        "/v1/vector_stores",
        "/v1/conversations",
        "/v1/organization/projects",
        "/v1/credits",
        "/v1/usage",
        "/v1/dashboard/billing/usage",
        "/v1/models/",
        "/v1/models/x/",
        "/v1/modelsx",
        "/v1/v1/models",
        "/v1%2Fmodels",
        "/V1/models",
        "/v1/Chat/completions",
        "/v1/chat%2Fcompletions",
        "/v1/chat/completions/",
        "/v1/chat/completions;x",
        "/v1/realtime",
        "/v1/engines",
    ] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            assert_eq!(
                go(Kind::Openai, &method, path),
                Reach::Refuse(Code::PathNotAllowed),
                "{path}"
            );
        }
    }
}

#[test]
fn an_http_service_is_reached_as_a_whole() {
    for (method, path) in [
        (Method::GET, "/"),
        (Method::POST, "/v1/generate?x=1"),
        (Method::DELETE, "/a%2Fb/..c"),
        (Method::OPTIONS, "/chat"),
        (Method::from_bytes(b"PROPFIND").unwrap(), "/x/"),
    ] {
        check_forward(Kind::Http, &method, path, (Role::Any, path, BodyUse::Replay));
    }
    for method in [Method::CONNECT, Method::TRACE] {
        assert!(matches!(go(Kind::Http, &method, "/"), Reach::WrongMethod(_)));
    }
}
