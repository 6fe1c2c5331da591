//! Rules over the meaning of values.

use super::*;

fn node(url: &str) -> String {
    format!("routes: []\nupstreams:\n  x:\n    kind: http\n    nodes:\n      - {{name: a, url: '{url}'}}\n")
}

#[test]
fn nodes_on_this_machine_may_be_plaintext_and_others_on_request() {
    for url in [
        "http://127.0.0.1:80",
        "http://localhost:1",
        "http://[::1]:1",
        "https://10.0.0.1/v1",
    ] {
        assert!(parse(&node(url)).is_ok(), "{url}");
    }
    assert!(complaints(&node("http://10.0.0.1"))[0].contains("must be https://"));
    assert!(parse(&(node("http://10.0.0.1") + "    allow_plaintext: true\n")).is_ok());
}

#[test]
fn metadata_and_link_local_addresses_are_never_nodes() {
    for host in [
        "169.254.169.254",
        "[fe80::1]",
        "[::ffff:169.254.169.254]",
        "[fd00:ec2::254]",
        "100.100.100.200",
        "metadata.google.internal",
        "Metadata.Google.Internal.",
        "2852039166",
        "0xa9fea9fe",
        "169.254.43518",
        "0.0.0.0",
        "224.0.0.1",
    ] {
        let text = node(&format!("https://{host}/")) + "    allow_plaintext: true\n";
        let complaints = complaints(&text);
        assert_eq!(complaints.len(), 1, "{host} {complaints:?}");
        assert!(
            complaints[0].starts_with("c.yaml:6:24: upstreams.x.nodes[0].url: "),
            "{host} {complaints:?}"
        );
    }
}

#[test]
fn base_urls_carry_no_login_and_no_query() {
    for (url, why) in [
        ("https://u:p@h", "must not carry a user name or password"),
        ("https://h/?a=b", "must not have a query or fragment"),
        ("h", "not an absolute http:// or https:// URL"),
    ] {
        let expected = format!("c.yaml:6:24: upstreams.x.nodes[0].url: this URL is not usable: {why}");
        check(&node(url), &[&expected]);
    }
}

#[test]
fn upstreams_follow_their_rules() {
    let upstream = |kind: &str, nodes: &str, rest: &str| {
        format!("routes: []\nupstreams:\n  x:\n    kind: {kind}\n    nodes: [{nodes}]\n{rest}")
    };
    let n = "{name: a, url: 'https://h'}";
    for (text, expected) in [
        (
            upstream("http", "", ""),
            "c.yaml:5:12: upstreams.x.nodes: needs at least one node, here or in `nodes_from_env`",
        ),
        (
            upstream("http", &format!("{n}, {n}"), ""),
            "c.yaml:5:49: upstreams.x.nodes[1].name: `a` is already the name of node 0",
        ),
        (
            upstream("novelai", n, ""),
            "c.yaml:5:13: upstreams.x.nodes[0]: a novelai node needs a `role`: image, text or api",
        ),
        (
            upstream("openai", "{name: a, role: text, url: 'https://h'}", ""),
            "c.yaml:5:29: upstreams.x.nodes[0].role: only nodes of kind novelai have a role",
        ),
        (
            upstream("http", n, "    timeouts: {idle: 2h}\n"),
            "c.yaml:6:22: upstreams.x.timeouts.idle: must not be longer than `total` (15m)",
        ),
        (
            upstream("http", n, "    bodies: {replay: 16MiB, max: 1MiB}\n"),
            "c.yaml:6:22: upstreams.x.bodies.replay: must not be larger than `max` (1MiB)",
        ),
        (
            upstream("http", n, "    bodies: {replay: 128MiB}\n"),
            "c.yaml:6:22: upstreams.x.bodies.replay: must fit into one user's part of limits.body_memory (512MiB / 8)",
        ),
    ] {
        check(&text, &[expected]);
    }
    let named = upstream("http", n, "").replace("  x:", "  X_1:");
    assert!(complaints(&named)[0].starts_with("c.yaml:4:5: upstreams.X_1: `X_1` cannot be a name"));
}

#[test]
fn routes_follow_their_rules() {
    for (route, expected) in [
        (
            "{prefix: v1, upstream: vercel}",
            "routes[0].prefix: must start with `/`",
        ),
        (
            "{prefix: /v1/, upstream: vercel}",
            "routes[0].prefix: must be segments",
        ),
        (
            "{prefix: /a/../b, upstream: vercel}",
            "routes[0].prefix: must be segments",
        ),
        (
            "{prefix: /a%2e, upstream: vercel}",
            "routes[0].prefix: must be segments",
        ),
        (
            "{prefix: /manage/ui, upstream: vercel}",
            "routes[0].prefix: `/manage` belongs to the relay itself",
        ),
        (
            "{prefix: /a, upstream: vercell}",
            "routes[0].upstream: there is no upstream `vercell`; did you mean `vercel`?",
        ),
        (
            "{prefix: /a, upstream: vercel, host: 'a:80'}",
            "routes[0].host: must be a host name in lower case",
        ),
        ("{upstream: vercel}", "routes[0]: `prefix` is missing"),
        (
            "{prefix: /a, upstream: vercel}, {prefix: /a, upstream: novelai}",
            "routes[1].prefix: route 0 has the same prefix and host already",
        ),
    ] {
        let complaints = complaints(&format!("routes: [{route}]\n"));
        assert_eq!(complaints.len(), 1, "{route} {complaints:?}");
        assert!(complaints[0].contains(expected), "{route} {complaints:?}");
    }
    assert!(
        parse("routes: [{prefix: /, upstream: vercel}, {prefix: /, host: a.b, upstream: vercel}]").is_ok()
    );
}

#[test]
fn how_open_an_upstream_is_must_fit_its_kind() {
    let one = |kind: &str, more: &str| {
        format!(
            "routes: []\nupstreams: {{a: {{kind: {kind}, nodes: [{{name: a, url: 'https://h'}}], {more}}}}}"
        )
    };
    for more in ["reach: all", "stateful: owned", "stateful: off, reach: stateless"] {
        assert!(parse(&one("openai", more)).is_ok(), "{more}");
    }
    check_start(
        &complaints(&one("openai", "reach: all, stateful: owned")),
        "c.yaml:2:91: upstreams.a.stateful: has no meaning with `reach: all`",
    );
    check_start(
        &complaints(&one("openai", "keyed: false, stateful: owned")),
        "c.yaml:2:93: upstreams.a.stateful: needs pool keys",
    );
    check_start(
        &complaints(&one("http", "reach: all")),
        "c.yaml:2:74: upstreams.a.reach: only upstreams of kind openai",
    );
    check_start(
        &complaints(&one("http", "stateful: owned")),
        "c.yaml:2:77: upstreams.a.stateful: only upstreams of kind openai",
    );
}

/// Two upstreams of kind `openai` that differ in nothing, one that is open for files, and one of another kind.
const FOUR: &str = "upstreams:\n  a: {kind: openai, nodes: [{name: a, url: 'https://a'}]}\n  b: {kind: openai, nodes: [{name: \
                    b, url: 'https://b'}]}\n  owned: {kind: openai, stateful: owned, nodes: [{name: o, url: \
                    'https://o'}]}\n  gpu: {kind: http, nodes: [{name: g, url: 'https://g'}]}\n";

#[test]
fn routes_by_the_model_become_what_an_edge_serves() {
    let routes = "routes:\n  - {prefix: /v1, models: [{match: 'gpt-*', upstream: b}, {match: [x, y], upstream: a}], \
                  fallback: [a]}\n  - {prefix: /b, upstream: b, fallback: [a]}\n";
    let layout = parse(&format!("{FOUR}{routes}")).unwrap().layout().unwrap();
    let [first, second] = [0, 1].map(|at| layout.routes[at].models.clone().unwrap());
    assert_eq!((layout.routes[0].upstream, first.default), (1, None));
    assert_eq!(
        (first.choose("gpt-5"), first.choose("y"), first.choose("z")),
        (Some(1), Some(0), None)
    );
    assert_eq!(first.fallback, [0]);
    assert_eq!(
        (second.choose("any"), second.fallback.clone()),
        (Some(1), vec![0])
    );
}

#[test]
fn routes_by_the_model_need_upstreams_that_are_alike() {
    for (route, expected) in [
        (
            "{prefix: /v1}",
            "c.yaml:7:5: routes[0]: needs an `upstream`, or `models`",
        ),
        (
            "{prefix: /v1, models: [{match: x, upstream: c}]}",
            "c.yaml:7:49: routes[0].models[0].upstream: there is no upstream `c`",
        ),
        (
            "{prefix: /v1, models: [{match: x, upstream: ownd}]}",
            "c.yaml:7:49: routes[0].models[0].upstream: there is no upstream `ownd`; did you mean `owned`?",
        ),
        (
            "{prefix: /v1, upstream: a, fallback: [gpu]}",
            "c.yaml:7:43: routes[0].fallback[0]: `gpu` is not of kind openai",
        ),
        (
            "{prefix: /v1, upstream: a, fallback: [owned]}",
            "c.yaml:7:43: routes[0].fallback[0]: `owned` and `a` must have the same `reach` and `stateful`",
        ),
        (
            "{prefix: /v1, upstream: a, fallback: [b, b]}",
            "c.yaml:7:46: routes[0].fallback[1]: `b` stands there already",
        ),
        (
            "{prefix: /v1, models: [{match: x, upstream: a}, {match: [y, x], upstream: b}]}",
            "c.yaml:7:61: routes[0].models[1].match: entry 0 has `x` already",
        ),
        (
            "{prefix: /v1, models: [{upstream: a}]}",
            "c.yaml:7:28: routes[0].models[0]: `match` is missing",
        ),
    ] {
        check_start(&complaints(&format!("{FOUR}routes:\n  - {route}\n")), expected);
    }
}

#[test]
fn the_public_base_url_is_one() {
    for url in [
        "https://relay.example.org",
        "http://10.0.0.1:5002",
        "https://a.example/relay",
    ] {
        assert!(
            parse(&format!("admin: {{public_base_url: '{url}'}}")).is_ok(),
            "{url}"
        );
    }
    for url in [
        "relay.example.org",
        "ftp://a.example",
        "https://a.example/",
        "https://a.example/?x=1",
    ] {
        let faults = parse(&format!("admin: {{public_base_url: '{url}'}}")).unwrap_err();
        assert!(
            faults[0].contains("admin.public_base_url: must be like"),
            "{faults:?}"
        );
    }
}
