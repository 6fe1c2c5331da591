//! `config`, and what is wrong with one.

use super::*;

#[test]
fn a_missing_or_wrong_configuration_stops_everything_with_all_its_problems() {
    let folder = Folder::new();
    for line in ["serve", "keys list", "config check", "status"] {
        folder.run(line).fails(
            64,
            "conf/potluck.yaml: there is no such file; `potluck init` writes one",
        );
    }
    std::fs::write(folder.path("p.yaml"), "limts: {}\nlisten:\n  address: nowhere\n").unwrap();
    for line in ["serve", "keys list", "config check", "init"] {
        let ended = folder
            .run(&format!("{line} --config p.yaml"))
            .fails(64, "2 problems in the configuration");
        assert!(
            ended
                .err
                .contains("p.yaml:1:1: limts: there is no such setting; did you mean `limits`?")
        );
        assert!(
            ended
                .err
                .contains("p.yaml:3:12: listen.address: `nowhere` is no address"),
            "{}",
            ended.err
        );
    }
    let ended = folder.run("config check --config p.yaml --json").fails(64, "");
    let error: Value = serde_json::from_str(&ended.err).unwrap();
    assert_eq!(error["error"]["problems"].as_array().unwrap().len(), 2);
    let names: Vec<_> = std::fs::read_dir(folder.0.path())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(names, ["p.yaml"], "nothing was left behind");
}

#[test]
fn a_setting_comes_from_flag_environment_and_file_in_that_order() {
    let folder = Folder::ready();
    let threads = |line: &str, env: &[(&str, &str)]| {
        folder
            .run_with(&format!("config show --json {line}"), "", env)
            .ok()
            .json()["threads"]
            .clone()
    };
    let env = [("POTLUCK_THREADS__", "7"), ("POTLUCK_LIMITS__BODY_SHARES", "4")];
    folder
        .run_with("config check", "", &env)
        .fails(64, "POTLUCK_THREADS__: there is nothing below");
    let env = [("POTLUCK_CONFIG", "other.yaml")];
    std::fs::write(folder.path("other.yaml"), "threads: 5\n").unwrap();
    assert_eq!(threads("", &[]), Value::Null);
    assert_eq!(threads("", &env), 5);
    assert_eq!(threads("--set threads=6", &env), 6);
    assert!(
        folder
            .run("config check")
            .ok()
            .out
            .contains("conf/potluck.yaml is right")
    );
    let shown = folder.run("config show").ok().out;
    assert!(shown.contains("keep_alive: 75s"), "{shown}");
    folder
        .run_with("config check", "", &[("POTLUCK_LISTEN__ADRESS", "x")])
        .fails(64, "did you mean POTLUCK_LISTEN__ADDRESS?");
}

#[test]
fn show_never_prints_a_password() {
    let folder = Folder::ready();
    let url = [(
        "POTLUCK_DATABASE__URL",
        "postgres://potluck:hunter2@db.example/potluck",
    )];
    for line in ["config show", "config show --json"] {
        let shown = folder.run_with(line, "", &url).ok().out;
        assert!(
            shown.contains("db.example") && !shown.contains("hunter2"),
            "{shown}"
        );
    }
}

#[test]
fn a_relay_tells_what_it_runs_with_and_where_each_setting_came_from() {
    let folder = Folder::ready();
    let env = [("POTLUCK_LIMITS__BODY_SHARES", "4")];
    let line = "settings show --effective --json --set log.level=warn";
    let shown = folder.run_with(line, "", &env).ok().json();
    let setting = |key: &str| {
        let all = shown["settings"].as_array().unwrap();
        let found = all.iter().find(|setting| setting["key"] == key);
        found.unwrap_or_else(|| panic!("no {key} in {shown}")).clone()
    };
    for (key, value, source, is_default) in [
        ("limits.body_shares", Value::from(4), "environment", false),
        ("log.level", "warn".into(), "flag", false),
        ("limits.keep_alive", "75s".into(), "file", true),
        ("threads", Value::Null, "default", true),
        ("registration", "invitation".into(), "default", true),
    ] {
        let told = setting(key);
        assert_eq!(
            (&told["value"], &told["source"], &told["is_default"]),
            (&value, &source.into(), &is_default.into()),
            "{told}"
        );
    }
    let place = setting("limits.keep_alive")["place"].as_str().unwrap().to_owned();
    assert!(place.starts_with("conf/potluck.yaml:"), "{place}");
    assert_eq!(
        setting("limits.body_shares")["place"],
        "POTLUCK_LIMITS__BODY_SHARES"
    );
    assert_eq!(setting("limits.keep_alive")["change"], "restart");
    folder.run("upstreams policy novelai least-busy").ok();
    let shown = folder
        .run("settings show --effective upstreams.novelai.policy")
        .ok()
        .out;
    assert!(
        shown.contains("least-busy") && shown.contains("edited online"),
        "{shown}"
    );
    let changed = folder.run("settings show --effective --changed").ok().out;
    assert!(!changed.contains("keep_alive"), "{changed}");
    let secrets = std::fs::read_to_string(folder.path("conf/secrets.env")).unwrap();
    let all = folder.run("settings show --effective").ok().out;
    assert!(all.contains("ENCRYPTION_KEY") && all.contains("not set"), "{all}");
    for secret in secrets.lines().filter_map(|line| Some(line.split_once('=')?.1)) {
        assert!(!all.contains(secret));
    }
}
