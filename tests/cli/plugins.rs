//! `plugins`: what there is and what can be set, without a relay and without a configuration.

use super::*;

#[test]
fn people_and_programs_are_told_which_plugins_there_are() {
    let folder = Folder::new();
    let shown = folder.run("plugins list").ok().out;
    for name in [
        "cors",
        "cost-cap",
        "deny-params",
        "ip-allow",
        "model-map",
        "oa-repair",
        "set-headers",
        "sse-heartbeat",
    ] {
        assert!(
            shown.lines().any(|line| line.starts_with(name)),
            "{name}\n{shown}"
        );
    }
    let listed = folder.run("plugins list --json").ok().json();
    assert_eq!(listed.as_array().unwrap().len(), 8);
    assert_eq!(listed[0]["name"], "cors");
    assert!(listed[0]["about"].as_str().unwrap().contains("preflights"));
}

#[test]
fn a_plugin_is_described_with_its_settings_and_their_defaults() {
    let folder = Folder::new();
    let shown = folder.run("plugins show set-headers").ok().out;
    for line in [
        "set-headers: Adds, replaces",
        "request: What changes",
        "request.remove  list",
        "response.set  map",
    ] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
    let shown = folder.run("plugins show cost-cap").ok().out;
    assert!(shown.contains("over  refuse, lower (`refuse`)"), "{shown}");
    let schema = folder.run("plugins show cost-cap --json").ok().json();
    assert_eq!(schema["properties"]["name"]["const"], "cost-cap");
    folder
        .run("plugins show cros")
        .fails(1, "there is no plug-in `cros`; did you mean `cors`?");
}

#[test]
fn a_wrong_plugin_keeps_the_relay_from_starting() {
    let folder = Folder::ready();
    let path = folder.path("conf/potluck.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    let text = text.replace(
        "  - { prefix: /v1, upstream: vercel }",
        "  - { prefix: /v1, upstream: vercel, plugins: [{ name: cors, origins: ['*'], credentials: true }] }",
    );
    std::fs::write(&path, text).unwrap();
    folder
        .run("serve --set listen.address=127.0.0.1:0")
        .fails(64, "plugins[0].credentials: cannot go with the origin `*`");
}
