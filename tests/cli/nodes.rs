//! Nodes at run time, with no relay running.

use super::*;

const CONFIG: &str = "routes: []
upstreams:
  gpu:
    kind: http
    nodes: [{ name: one, url: 'https://8.8.8.8' }]
";

fn folder() -> Folder {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("conf")).unwrap();
    std::fs::write(folder.path("conf/potluck.yaml"), CONFIG).unwrap();
    folder.run("init").ok();
    folder
}

#[test]
fn nodes_are_added_drained_preferred_and_removed_before_a_relay_runs() {
    let folder = folder();
    let added = folder
        .run("nodes add gpu two https://8.8.4.4:8443/v1 --metadata card=A100")
        .ok();
    for line in ["url         https://8.8.4.4:8443/v1", "metadata    card=A100"] {
        assert!(added.out.contains(line), "{}", added.out);
    }
    assert_eq!(
        added.err, "",
        "this upstream takes no keys, so nothing is granted"
    );
    folder.run("nodes drain gpu one").ok();
    folder.run("nodes drain gpu two").fails(
        1,
        "no node that takes new requests; add or resume another one first",
    );
    folder.run("nodes activate gpu one").fails(1, "resume it first");
    let active = folder.run("nodes activate gpu two").ok();
    assert!(
        active.err.contains("`potluck upstreams policy gpu active-first`"),
        "{}",
        active.err
    );
    let list = folder.run("nodes list").ok().out;
    let rows: Vec<Vec<&str>> = list
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(
        rows[1][..4],
        ["gpu", "one", "https://8.8.8.8", "draining"],
        "{list}"
    );
    assert_eq!(
        rows[2][..5],
        ["gpu", "two", "https://8.8.4.4:8443/v1", "active,", "first"],
        "{list}"
    );
    folder.run("nodes activate gpu --none").ok();
    folder.run("nodes resume gpu one").ok();
    folder.run("nodes remove gpu two").fails(
        2,
        "Take node two (https://8.8.4.4:8443/v1) out of gpu? There is nobody to ask here; give --yes.",
    );
    folder.run("nodes remove gpu two --yes").ok();
    folder.run("nodes show gpu two").fails(1, "there is no node");
    folder
        .run("nodes remove gpu one --yes")
        .fails(1, "add or resume another one first");
    folder
        .run("nodes check gpu one")
        .fails(1, "no relay runs here that could do this");
}

#[test]
fn what_cannot_be_a_node_is_refused_with_the_way_out() {
    let folder = folder();
    for (line, code, why) in [
        ("nodes add gpu two http://8.8.4.4", 1, "url: must be https://"),
        ("nodes add gpu two https://localhost", 1, "private_networks"),
        (
            "nodes add gpu Two https://8.8.4.4",
            1,
            "must be 1 to 40 lower-case",
        ),
        (
            "nodes add gpu two https://8.8.4.4 --role image",
            1,
            "role: only nodes of kind novelai",
        ),
        (
            "nodes add gpu two https://8.8.4.4 --metadata card",
            2,
            "write NAME=TEXT",
        ),
        ("nodes add nowhere two https://8.8.4.4", 1, "there are: gpu"),
        ("nodes show ../../status one", 2, "this is no upstream's name"),
        ("nodes grant gpu one", 1, "takes no keys"),
    ] {
        folder.run(line).fails(code, why);
    }
    let listed = folder.run("nodes list gpu --json").ok().json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
}
