//! `upstreams judge`: what an answer would do, without a relay and without asking anybody.

use super::*;

/// A folder with a configuration and nothing else: no secrets, no database.
fn folder() -> Folder {
    let folder = Folder::new();
    let text = "routes: []\nupstreams:\n  novelai:\n    kind: novelai\n    nodes: [{name: image, role: image, url: \
                'https://h'}]\n  gpu:\n    kind: http\n    nodes: [{name: a, url: 'https://g'}]\n  vercel:\n    kind: \
                openai\n    nodes: [{name: a, url: 'https://v'}]\n    judge:\n      - {status: 418, contains: short, \
                outcome: busy, cool_down: conflict}\n";
    std::fs::create_dir(folder.path("conf")).unwrap();
    std::fs::write(folder.path("conf/potluck.yaml"), text).unwrap();
    folder
}

#[test]
fn people_read_rule_outcome_rests_and_what_the_client_gets() {
    let folder = folder();
    let shown = folder.run("upstreams judge novelai --status 429").ok().out;
    for line in [
        "rule       busy (built in)",
        "outcome    busy: the pool key works, but not now",
        "scope      key: the pool key rests",
        "cool-down  rate-limited: 8s, 16s, 32s, 64s, 128s for failures 1 to 5 in a row",
        "retry      next-key: the next key or node is tried, up to 3 attempts",
        "client     429 pool_busy (\"No pool key is free just now.\"), where no other attempt ends better",
    ] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
    let shown = folder
        .run("upstreams judge novelai --failed first-byte --timed-out")
        .ok()
        .out;
    assert!(
        shown.contains("retry      never: no other attempt is made"),
        "{shown}"
    );
    assert!(shown.contains("client     504 upstream_timeout"), "{shown}");
    let asked = ["--status", "429", "--header", "Retry-After: 30000"];
    let shown = run(&folder, "vercel", &asked, "").ok().out;
    assert!(
        shown.contains("rate-limited: 1h, the most that cool_downs.max_retry_after allows"),
        "{shown}"
    );
    assert_eq!(
        std::fs::read_dir(folder.0.path()).unwrap().count(),
        1,
        "nothing was written"
    );
}

#[test]
fn programs_get_the_same_as_json() {
    let folder = folder();
    let asked = ["--status", "429", "--header", "retry-after: 30", "--json"];
    let judged = run(&folder, "vercel", &asked, "").ok().json();
    assert_eq!(
        judged,
        serde_json::json!({
            "upstream": "vercel",
            "kind": "openai",
            "rule": "rate-limited",
            "outcome": "busy",
            "scope": "key",
            "cool_down": { "class": "rate-limited", "seconds": [30.0, 30.0, 30.0, 30.0, 30.0] },
            "retry_after_seconds": 30.0,
            "retry": "next-key",
            "attempts": 3,
            "client": {
                "gets": "refusal",
                "status": 429,
                "code": "pool_busy",
                "message": "No pool key is free just now.",
            },
        })
    );
}

#[test]
fn the_body_comes_from_the_line_a_file_or_a_pipe() {
    let folder = folder();
    let body = "{\"message\":\"Internal Server Error\"}";
    std::fs::write(folder.path("answer.json"), body).unwrap();
    let rule = |source: &str, input: &str| {
        let asked = ["--status", "500", "--body", source, "--json"];
        run(&folder, "novelai", &asked, input).ok().json()["rule"].clone()
    };
    assert_eq!(rule(body, ""), "body-shape");
    assert_eq!(rule("@answer.json", ""), "body-shape");
    assert_eq!(rule("-", body), "body-shape");
    assert_eq!(rule("-", "<html>Internal Server Error"), "server-error-page");
    let page = [
        "--status",
        "500",
        "--body",
        body,
        "--content-type",
        "text/html",
        "--json",
    ];
    assert_eq!(
        run(&folder, "novelai", &page, "").ok().json()["rule"],
        "server-error-page"
    );
    let missing = ["--status", "500", "--body", "@nothing.json"];
    run(&folder, "novelai", &missing, "").fails(1, "nothing.json cannot be read");
}

#[test]
fn rules_of_the_configuration_come_first() {
    let folder = folder();
    let judged = |body: &str| {
        let asked = ["--status", "418", "--body", body];
        run(&folder, "vercel", &asked, "").ok().out
    };
    let own = judged("short and stout");
    assert!(
        own.contains("rule       upstreams.vercel.judge[0] of the configuration"),
        "{own}"
    );
    assert!(
        own.contains("cool-down  conflict: 3s, 6s, 12s, 24s, 48s for"),
        "{own}"
    );
    assert!(judged("tall").contains("rule       client (built in)"));
    let keyless = folder.run("upstreams judge gpu --status 401 --json").ok().json();
    assert_eq!(keyless["outcome"], "client", "it is sent no pool key");
}

#[test]
fn what_cannot_be_judged_is_said_with_the_way_out() {
    let folder = folder();
    folder.run("upstreams judge vercle --status 418").fails(
        1,
        "there is no upstream `vercle`; did you mean `vercel`? (there is gpu, novelai, vercel)",
    );
    for line in [
        "upstreams judge vercel",
        "upstreams judge vercel --status 99",
        "upstreams judge vercel --status 500 --failed send",
        "upstreams judge vercel --failed sent",
        "upstreams judge vercel --failed send --body x",
        "upstreams judge vercel --status 500 --timed-out",
        "upstreams judge vercel --status 500 --header retry-after",
    ] {
        folder.run(line).fails(2, "error:");
    }
    let help = folder.run("upstreams judge --help").ok().out;
    assert!(
        help.contains("potluck upstreams judge novelai --status 429"),
        "{help}"
    );
}

/// With arguments that hold blanks.
fn run(folder: &Folder, upstream: &str, arguments: &[&str], input: &str) -> Ended {
    let mut command = folder.command(&format!("upstreams judge {upstream}"));
    command.args(arguments).stdin(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap_or_default();
    let output = child.wait_with_output().unwrap();
    Ended {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}
