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

const GPU: &str = "routes: []\nupstreams:\n  gpu:\n    kind: http\n    nodes_from_env: NODE_\n";

fn nodes(config: &Config) -> Vec<String> {
    let nodes = config.upstreams["gpu"].nodes.iter();
    nodes.map(|node| format!("{} {}", node.name, node.url)).collect()
}

#[test]
fn nodes_come_from_numbered_variables_after_those_of_the_file() {
    let env = [
        ("NODE_1", " backup | https://gpu2.example.com "),
        ("NODE_0", "primary|https://gpu1.example.com:8000"),
        ("NODE_ENV", "production"),
        ("NODE_00", "other|https://other.example"),
        ("NODES_0", "other|https://other.example"),
        ("NODE_2", ""),
    ];
    let two = [
        "primary https://gpu1.example.com:8000",
        "backup https://gpu2.example.com",
    ];
    let config = parse_with(GPU, &env, &[]).unwrap();
    assert_eq!(nodes(&config), two);
    let with_file = format!("{GPU}    nodes: [{{name: a, url: 'https://h'}}]\n");
    let config = parse_with(&with_file, &env, &[]).unwrap();
    assert_eq!(nodes(&config), ["a https://h", two[0], two[1]]);
    assert_eq!(parse_with(&show(&config), &env, &[]).unwrap(), config);
    let without = parse_with(&GPU.replace("NODE_", "GPU_"), &env, &[]).unwrap_err();
    assert!(
        without[0].contains("needs at least one node, here or in `nodes_from_env`"),
        "{without:?}"
    );
    let flag = ["upstreams.gpu.nodes_from_env=OTHER_"];
    let config = parse_with(&with_file, &[("OTHER_0", "x|https://x.example")], &flag).unwrap();
    assert_eq!(nodes(&config), ["a https://h", "x https://x.example"]);
}

#[test]
fn a_variable_that_names_no_node_is_called_by_its_name() {
    for (env, expected) in [
        (
            &[("NODE_0", "https://gpu1.example.com")][..],
            "NODE_0: upstreams.gpu.nodes: write it as name|url",
        ),
        (
            &[("NODE_0", "a|https://h"), ("NODE_2", "b|https://i")],
            "NODE_2: upstreams.gpu.nodes: NODE_1 is missing; count from 0",
        ),
        (
            &[("NODE_0", "a|https://h"), ("NODE_1", "a|https://i")],
            "NODE_1: upstreams.gpu.nodes[1].name: `a` is already the name of node 0",
        ),
        (
            &[("NODE_0", "a|http://10.0.0.1")],
            "NODE_0: upstreams.gpu.nodes[0].url: must be https://",
        ),
        (
            &[("NODE_0", "a|https://169.254.169.254")],
            "NODE_0: upstreams.gpu.nodes[0].url: is a link-local address",
        ),
        (
            &[("NODE_0", "a|https://u:p@h")],
            "NODE_0: upstreams.gpu.nodes[0].url: this URL is not usable: must not carry a user name",
        ),
        (
            &[("NODE_0", "GPU 1|https://h")],
            "NODE_0: upstreams.gpu.nodes[0].name: `GPU 1` cannot be a name",
        ),
    ] {
        let complaints = parse_with(GPU, env, &[]).unwrap_err();
        assert!(complaints[0].starts_with(expected), "{env:?} {complaints:?}");
        assert!(!complaints[0].contains("u:p"), "{complaints:?}");
    }
    let small = parse(&GPU.replace("NODE_", "node-")).unwrap_err();
    assert!(
        small.iter().any(|line| line.contains("must be capital letters")),
        "{small:?}"
    );
}

#[test]
fn limits_on_logins_are_also_read_from_the_names_that_installations_have() {
    let env = [
        ("AUTH_LOGIN_RATE_LIMIT_PER_MINUTE", "7"),
        ("AUTH_LOGIN_LOCKOUT_THRESHOLD", "5"),
        ("AUTH_LOGIN_LOCKOUT_MINUTES", "3"),
        ("AUTH_REGISTER_RATE_LIMIT_PER_MINUTE", "2"),
        ("AUTH_PASSWORD_MIN_LENGTH", "9"),
    ];
    let auth = parse_with("auth: {login_per_minute: 1}", &env, &[]).unwrap().auth;
    assert_eq!((auth.login_per_minute, auth.login_lockout_threshold), (7, 5));
    assert_eq!((auth.login_lockout_minutes, auth.register_per_minute), (3, 2));
    assert_eq!(auth.password_min_length, 9);
    let both = [env[0], ("POTLUCK_AUTH__LOGIN_PER_MINUTE", "8")];
    assert_eq!(parse_with("", &both, &[]).unwrap().auth.login_per_minute, 8);
    let wrong = parse_with("", &[("AUTH_LOGIN_LOCKOUT_MINUTES", "soon")], &[]).unwrap_err();
    check_start(&wrong, "AUTH_LOGIN_LOCKOUT_MINUTES: auth.login_lockout_minutes:");
}

#[test]
fn proxies_are_believed_only_where_they_are_listed() {
    let listed = "admin: {trusted_proxies: [10.0.0.0/8, 127.0.0.1]}";
    let count = |text: &str, value: &str| {
        let config = parse_with(text, &[("TRUST_PROXY_HEADERS", value)], &[]);
        config.map(|config| config.admin.trusted_proxies.len())
    };
    assert_eq!(parse(listed).unwrap().admin.trusted_proxies.len(), 2);
    for (value, expected) in [("true", 2), ("1", 2), ("", 2), ("false", 0), ("off", 0)] {
        assert_eq!(count(listed, value), Ok(expected), "{value}");
    }
    assert_eq!(count("", "false"), Ok(0));
    let needs = "TRUST_PROXY_HEADERS: admin.trusted_proxies: needs the proxies' addresses";
    check_start(&count("", "true").unwrap_err(), needs);
    check_start(
        &count(listed, "maybe").unwrap_err(),
        "TRUST_PROXY_HEADERS: admin.trusted_proxies: write true",
    );
}

#[test]
fn how_long_logins_hold_has_bounds() {
    check(
        "auth: {access_token: 2h, session: 500d}",
        &[
            "c.yaml:1:22: auth.access_token: must be from 1m to 1h",
            "c.yaml:1:35: auth.session: must be from 1m to 400d",
        ],
    );
    check_start(
        &complaints("auth: {argon2: {memory: 1KiB}}"),
        "c.yaml:1:25: auth.argon2.memory: must be from 8MiB to 1GiB",
    );
}
