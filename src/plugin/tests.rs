//! What plug-ins may do with headers and answers, how they are registered, and what their settings may be.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::headers::Side;
use super::*;
use crate::config::PluginEntry;

fn route(kind: Kind) -> RouteFacts {
    RouteFacts {
        prefix: "/v1".to_owned(),
        upstream: "any".to_owned(),
        kind,
    }
}

/// The places of what is wrong, as they would be written.
fn wrong(kind: Kind, entry: &Value) -> Vec<String> {
    let entries: Vec<PluginEntry> = serde_json::from_value(json!([entry])).unwrap();
    let made = Registry::default().extension(&entries, &route(kind));
    let slips = made.err().unwrap_or_default().into_iter();
    slips
        .map(|(_, slip)| {
            let index = slip.index.map(|index| format!("[{index}]")).unwrap_or_default();
            format!("{}{index}", slip.keys.join("."))
        })
        .collect()
}

#[test]
fn settings_that_cannot_be_meant_are_refused_where_they_stand() {
    let any = Kind::Openai;
    for (kind, entry, places) in [
        (any, json!({ "name": "cors", "origins": ["*"] }), &[][..]),
        (any, json!({ "name": "cors", "origins": [] }), &["origins"]),
        (
            any,
            json!({ "name": "cors", "origins": ["*"], "credentials": true }),
            &["credentials"],
        ),
        (
            any,
            json!({ "name": "cors", "origins": ["https://a", "https://a/", "a", "https://A"], "methods": ["get"], "expose": ["a b"] }),
            &[
                "origins[1]",
                "origins[2]",
                "origins[3]",
                "methods[0]",
                "expose[0]",
            ],
        ),
        (any, json!({ "name": "set-headers" }), &[""]),
        (
            any,
            json!({ "name": "set-headers", "request": { "remove": ["Host", "ok"], "set": { "authorization": "x", "x-a": "é" } },
                    "response": { "add": { "Connection": "x", "content-type": "fine" } } }),
            &[
                "request.remove[0]",
                "request.set.authorization",
                "response.add.Connection",
            ],
        ),
        (
            any,
            json!({ "name": "set-headers", "request": { "set": { "x-a": "a\nb", "content-type": "x" } } }),
            &["request.set.content-type", "request.set.x-a"],
        ),
    ] {
        assert_eq!(wrong(kind, &entry), places, "{entry}");
    }
}

#[test]
fn settings_that_do_not_fit_the_route_or_say_nothing_are_refused() {
    let any = Kind::Openai;
    for (kind, entry, places) in [
        (
            any,
            json!({ "name": "model-map", "models": { "a*b": "c", "*": "all", "d": "", "e": "f*" } }),
            &["models.a*b", "models.d", "models.e"][..],
        ),
        (
            any,
            json!({ "name": "ip-allow", "networks": ["10.0.0.0/8", "10.0.0.0/33", "home"] }),
            &["networks[1]", "networks[2]"],
        ),
        (
            any,
            json!({ "name": "deny-params", "refuse": ["a", "a[0]"], "remove": ["b[]"] }),
            &["refuse[1]", "remove[0]"],
        ),
        (any, json!({ "name": "deny-params" }), &[""]),
        (any, json!({ "name": "cost-cap", "max_anlas": 1 }), &["max_anlas"]),
        (Kind::Novelai, json!({ "name": "cost-cap", "max_anlas": 0 }), &[]),
        (
            Kind::Novelai,
            json!({ "name": "cost-cap", "max_tokens": 1 }),
            &["max_tokens"],
        ),
        (Kind::Http, json!({ "name": "cost-cap", "max_tokens": 1 }), &[""]),
        (any, json!({ "name": "oa-repair" }), &[""]),
        (Kind::Novelai, json!({ "name": "oa-repair" }), &[]),
        (
            any,
            json!({ "name": "sse-heartbeat", "interval": "0s" }),
            &["interval"],
        ),
        (any, json!({ "name": "no-such" }), &["name"]),
    ] {
        assert_eq!(wrong(kind, &entry), places, "{entry}");
    }
}

#[test]
fn reserved_headers_cannot_be_changed_on_any_side() {
    for side in [Side::FromClient, Side::ToUpstream, Side::ToClient] {
        for name in [
            "connection",
            "keep-alive",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "content-length",
            "x-request-id",
            "x-potluck-edge",
            "sec-websocket-accept",
        ] {
            assert!(side.reserves(&HeaderName::from_static(name)), "{side:?} {name}");
        }
        assert!(!side.reserves(&HeaderName::from_static("x-mine")));
    }
    let only = |side: Side, name| side.reserves(&HeaderName::from_static(name));
    assert!(only(Side::ToUpstream, "content-type") && !only(Side::ToClient, "content-type"));
    assert!(only(Side::FromClient, "authorization") && only(Side::ToClient, "x-ratelimit-limit-requests"));
}

#[test]
fn a_value_that_holds_the_clients_key_is_not_to_be_seen() {
    let mut map = HeaderMap::new();
    map.insert("x-copy", HeaderValue::from_static("it is np-secret!"));
    map.insert("x-other", HeaderValue::from_static("short"));
    let headers = Headers::new(&mut map, Side::FromClient, Some("np-secret"));
    assert_eq!(
        (
            headers.get("x-copy"),
            headers.get("X-Other").map(HeaderValue::as_bytes)
        ),
        (None, Some(&b"short"[..]))
    );
    assert_eq!(headers.iter().count(), 1);
    assert_eq!(headers.get("no name"), None);
}

#[test]
fn a_status_without_a_body_never_takes_the_place_of_one_with() {
    let about = About {
        method: http::Method::GET,
        path: "/".into(),
        kind: Kind::Http,
        upstream: "any".into(),
        request_id: crate::clock::RequestId::default(),
        peer: None,
        origin: None,
    };
    for (from, to, may) in [
        (200, 503, true),
        (200, 204, false),
        (304, 200, false),
        (101, 200, false),
        (200, 304, false),
    ] {
        let mut status = StatusCode::from_u16(from).unwrap();
        let mut response = Response {
            about: &about,
            source: Source::Upstream,
            status: &mut status,
            headers: &mut HeaderMap::new(),
        };
        let set = response.set_status(StatusCode::from_u16(to).unwrap());
        assert_eq!(set.is_ok(), may, "{from} {to}");
        assert_eq!(status.as_u16(), if may { to } else { from });
    }
}

struct Named<const WHICH: u8>;

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Settings {
    #[expect(dead_code, reason = "only its name matters")]
    name: Option<String>,
}

impl<const WHICH: u8> Plugin for Named<WHICH> {
    const NAME: &'static str = match WHICH {
        0 => "cors",
        1 => "My Plugin",
        _ => "mine",
    };
    const ABOUT: &'static str = "Is named.";
    type Settings = Settings;
    type State = ();

    fn new(_: Settings, _: &RouteFacts) -> Result<Self, Vec<Slip>> {
        Ok(Self)
    }
}

#[test]
fn names_are_unique_and_can_be_written() {
    let refused =
        |with: fn(Registry) -> Result<Registry, RegistryError>| with(Registry::default()).unwrap_err();
    assert_eq!(
        refused(Registry::with::<Named<1>>),
        RegistryError::Name("My Plugin")
    );
    assert_eq!(refused(Registry::with::<Named<2>>), RegistryError::Field("mine"));
    let names: Vec<&str> = Registry::default().iter().map(Registered::name).collect();
    assert_eq!(
        names,
        [
            "cors",
            "cost-cap",
            "deny-params",
            "ip-allow",
            "model-map",
            "oa-repair",
            "set-headers",
            "sse-heartbeat"
        ]
    );
    assert!(Registry::default().get("cors").is_some() && Registry::default().get("corse").is_none());
}

#[test]
fn a_heartbeat_is_one_line_whatever_its_text() {
    let beat = Heartbeat::comment(std::time::Duration::from_secs(1), "a\r\ndata: b\n\n");
    assert_eq!(&beat.comment[..], b": a  data: b  \n\n");
}
