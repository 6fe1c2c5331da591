//! Environment, flags and files, and which of them wins.

use super::*;

#[test]
fn flags_win_over_the_environment_over_the_file() {
    let text = "threads: 2\n";
    let threads = |env: &[(&str, &str)], flags: &[&str]| parse_with(text, env, flags).unwrap().threads;
    assert_eq!(threads(&[], &[]), Some(2));
    assert_eq!(threads(&[], &["threads=4"]), Some(4));
    let keep = [("POTLUCK_LIMITS__KEEP_ALIVE", "3s")];
    assert_eq!(
        parse_with("limits: {keep_alive: 9s}", &keep, &[])
            .unwrap()
            .limits
            .keep_alive,
        Period::seconds(3)
    );
    let both = parse_with("", &keep, &["limits.keep_alive=4s"]).unwrap();
    assert_eq!(both.limits.keep_alive, Period::seconds(4));
}

#[test]
fn built_in_upstreams_and_routes_can_be_changed_from_outside() {
    let env = [
        ("POTLUCK_UPSTREAMS__NOVELAI__ATTEMPTS", "5"),
        ("POTLUCK_ROUTES__4__AUTH", "optional"),
        ("POTLUCK_UPSTREAMS__NOVELAI__NODES__1__URL", "http://127.0.0.1:9"),
    ];
    let config = parse_with("", &env, &[]).unwrap();
    let novelai = &config.upstreams["novelai"];
    assert_eq!(
        (novelai.attempts, novelai.nodes[1].url.to_string().as_str()),
        (5, "http://127.0.0.1:9")
    );
    assert_eq!(
        (config.routes.len(), config.routes[4].auth),
        (5, Access::Optional)
    );
}

#[test]
fn a_name_with_a_dash_can_be_reached_from_the_environment() {
    let text = "routes: []\nupstreams: {my-gpu: {kind: http, nodes: [{name: a, url: 'https://h'}]}}\n";
    let config = parse_with(text, &[("POTLUCK_UPSTREAMS__MY_GPU__ATTEMPTS", "2")], &[]).unwrap();
    assert_eq!(config.upstreams["my-gpu"].attempts, 2);
}

#[test]
fn whole_sections_can_come_from_the_environment() {
    let env = [
        ("POTLUCK_LOG__LEVEL", "debug"),
        ("POTLUCK_UPSTREAMS__GPU__NODES", "[{name: a, url: 'https://h'}]"),
        ("POTLUCK_UPSTREAMS__GPU__KIND", "http"),
    ];
    let config = parse_with("", &env, &[]).unwrap();
    assert_eq!(config.upstreams.len(), 3);
    assert_eq!(config.log.level, LogLevel::Debug);
}

#[test]
fn variables_that_are_no_settings_are_passed_over_and_misspelt_ones_refused() {
    for name in [
        "HOST",
        "PORT",
        "POTLUCK_CONFIG",
        "POTLUCK_LISTEN",
        "potluck_listen__address",
        "X_POTLUCK_A__B",
    ] {
        assert_eq!(
            parse_with("", &[(name, "x")], &[]).unwrap(),
            Config::default(),
            "{name}"
        );
    }
    for (name, value, expected) in [
        (
            "POTLUCK_LISTEN__ADRESS",
            "x",
            "POTLUCK_LISTEN__ADRESS: there is no such setting; did you mean POTLUCK_LISTEN__ADDRESS?",
        ),
        (
            "POTLUCK_LISTN__ADDRESS",
            "x",
            "POTLUCK_LISTN__ADDRESS: there is no such setting; did you mean POTLUCK_LISTEN__ADDRESS?",
        ),
        (
            "POTLUCK_DATA__X",
            "x",
            "POTLUCK_DATA__X: there is nothing below `POTLUCK_DATA__X`",
        ),
        (
            "POTLUCK_ROUTES__9__AUTH",
            "key",
            "POTLUCK_ROUTES__9__AUTH: `9` is no item of the list; count from 0",
        ),
        (
            "POTLUCK_LIMITS__KEEP_ALIVE",
            "soon",
            "POTLUCK_LIMITS__KEEP_ALIVE: limits.keep_alive: `soon` is no duration; write a whole number with ms, s, m, h or d, like 25s",
        ),
        (
            "POTLUCK_LOG__ACCESS",
            "on",
            "POTLUCK_LOG__ACCESS: log.access: must be true or false, not `on`",
        ),
        (
            "POTLUCK_UPSTREAMS__NOVELAI__TIMEOUTS__IDLE",
            "2h",
            "POTLUCK_UPSTREAMS__NOVELAI__TIMEOUTS__IDLE: upstreams.novelai.timeouts.idle: must not be longer than `total` (15m)",
        ),
    ] {
        assert_eq!(parse_with("", &[(name, value)], &[]).unwrap_err(), [expected]);
    }
    assert_eq!(
        parse_with("", &[], &["limits.keepalive=1s", "threads"]).unwrap_err(),
        [
            "--set limits.keepalive: there is no such setting; did you mean limits.keep_alive?",
            "--set threads: write it as section.key=value",
        ]
    );
}

#[test]
fn a_missing_or_unreadable_file_says_what_to_do() {
    let sources = Sources {
        file: Some("/nowhere/potluck.yaml".into()),
        ..Sources::default()
    };
    let problems = Config::load(&sources).unwrap_err().to_string();
    assert!(
        problems.contains("/nowhere/potluck.yaml: there is no such file; `potluck init` writes one"),
        "{problems}"
    );
}
