//! Slips of writing: unknown keys, wrong types, impossible values, each with its place.

use super::*;

#[test]
fn slips_are_reported_with_place_and_suggestion() {
    check(
        "limts:\n  header_bytes: 1KiB\n",
        &["c.yaml:1:1: limts: there is no such setting; did you mean `limits`?"],
    );
    check(
        "limits:\n  header_byte: 1KiB\n",
        &["c.yaml:2:3: limits.header_byte: there is no such setting; did you mean `header_bytes`?"],
    );
    check(
        "listen:\n  address: 127.0.0.1:1\n  keep_alive: 5s\n",
        &["c.yaml:3:3: listen.keep_alive: there is no such setting; did you mean `limits.keep_alive`?"],
    );
    check("colour: red\n", &["c.yaml:1:1: colour: there is no such setting"]);
    check(
        "<<: *x\n",
        &["c.yaml:1:5: this is not YAML: while parsing node, found unknown anchor"],
    );
}

#[test]
fn wrong_types_are_reported() {
    check(
        "limits: 5\n",
        &["c.yaml:1:9: limits: must be a section (lines of `key: value`), not a single value"],
    );
    check(
        "routes: {a: b}\n",
        &["c.yaml:1:9: routes: must be a list (lines that start with `-`), not a section"],
    );
    check(
        "listen:\n  http2: yes\n",
        &["c.yaml:2:10: listen.http2: must be true or false, not `yes`"],
    );
    check(
        "threads: many\n",
        &["c.yaml:1:10: threads: must be a whole number from 1 to 1024, not `many`"],
    );
    check(
        "threads: \"2\"\n",
        &["c.yaml:1:10: threads: must be a whole number from 1 to 1024, not `2`"],
    );
    check(
        "threads: 0\n",
        &["c.yaml:1:10: threads: must be a whole number from 1 to 1024, not `0`"],
    );
    check("data: [a]\n", &["c.yaml:1:7: data: must be text, not a list"]);
    check(
        "log: {level: inof}\n",
        &[
            "c.yaml:1:14: log.level: `inof` is not one of error, warn, info, debug, trace; did you mean `info`?",
        ],
    );
}

#[test]
fn impossible_values_are_reported() {
    check(
        "limits: {keep_alive: 75}\n",
        &[
            "c.yaml:1:22: limits.keep_alive: `75` is no duration; write a whole number with ms, s, m, h or d, like 25s",
        ],
    );
    check(
        "limits: {keep_alive: 0s}\n",
        &["c.yaml:1:22: limits.keep_alive: must be longer than zero"],
    );
    check(
        "limits: {header_bytes: 2MiB}\n",
        &["c.yaml:1:24: limits.header_bytes: must be from 1KiB to 1MiB"],
    );
    check(
        "limits: {body_memory: 64MB}\n",
        &[
            "c.yaml:1:23: limits.body_memory: `64MB` is no size; write a whole number with B, KiB, MiB or GiB, like 16MiB",
        ],
    );
    check(
        "listen: {address: localhost}\n",
        &[
            "c.yaml:1:19: listen.address: `localhost` is no address to listen on; write 127.0.0.1:5002, [::1]:5002 or 0.0.0.0:5002",
        ],
    );
    check(
        "database: {url: 'mysql://x'}\n",
        &["c.yaml:1:17: database.url: a database URL starts with sqlite: or postgres://"],
    );
    check(
        "edge: {name: 'a b'}\n",
        &["c.yaml:1:14: edge.name: may have up to 64 letters, digits, `-`, `_` and `.`"],
    );
    let long = "x".repeat(120);
    check(
        &format!("admin: {{socket: /{long}}}\n"),
        &[&format!(
            "c.yaml:1:17: admin.socket: the socket's path may have at most 107 bytes: /{long}"
        )],
    );
}

#[test]
fn text_that_is_no_configuration_is_refused() {
    check(
        "a: b: c\n",
        &["c.yaml:1:5: this is not YAML: mapping values are not allowed in this context"],
    );
    check(
        "a: 1\na: 2\n",
        &["c.yaml:2:1: `a` is written twice, first at c.yaml:1:1"],
    );
    check(
        "data: !!str x\n",
        &["c.yaml:1:7: tags (`!name`) are not supported here"],
    );
    check(
        "---\ndata: a\n---\ndata: b\n",
        &["c.yaml:3:1: only one document is read; remove this `---`"],
    );
    check(
        "- a\n",
        &["c.yaml:1:1: must be a section (lines of `key: value`), not a list"],
    );
    let deep = |depth| complaints(&format!("a: {}{}", "[".repeat(depth), "]".repeat(depth)));
    check_start(&deep(40), "c.yaml:1:35: nested too deeply");
    check_start(&deep(100_000), "c.yaml:1:");
}

#[test]
fn everything_wrong_is_reported_at_once_in_the_order_of_the_file() {
    let text = "
threads: 0
listen: {adress: 127.0.0.1:1}
upstreams:
  gpu:
    kind: htpp
    nodes: []
  far:
    kind: http
    nodes:
      - {name: a, ulr: 'http://127.0.0.1'}
      - {name: b, url: 'http://10.0.0.1'}
    attempts: 0
routes:
  - {prefix: /a, upstream: gpu}
  - {prefix: /b, upstream: fra}
";
    check(
        text,
        &[
            "c.yaml:2:10: threads: must be a whole number from 1 to 1024, not `0`",
            "c.yaml:3:10: listen.adress: there is no such setting; did you mean `address`?",
            "c.yaml:6:11: upstreams.gpu.kind: `htpp` is not one of novelai, openai, http; did you mean `http`?",
            "c.yaml:11:9: upstreams.far.nodes[0]: `url` is missing",
            "c.yaml:11:19: upstreams.far.nodes[0].ulr: there is no such setting; did you mean `url`?",
            "c.yaml:12:24: upstreams.far.nodes[1].url: must be https://: over http:// pool keys would cross the \
         network in clear (`allow_plaintext: true` at the upstream allows it all the same)",
            "c.yaml:13:15: upstreams.far.attempts: must be a whole number from 1 to 10, not `0`",
            "c.yaml:16:28: routes[1].upstream: there is no upstream `fra`; did you mean `far`?",
        ],
    );
}
