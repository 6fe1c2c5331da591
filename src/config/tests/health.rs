//! Checks of nodes and private networks, as they are written and as an edge takes them.

use potluck_filters::health::HealthSettings;
use potluck_filters::model::Upstream;

use super::*;

fn written(kind: &str, settings: &str) -> String {
    format!(
        "routes: []\nupstreams:\n  x:\n    kind: {kind}\n    nodes:\n      - {{name: a, url: 'https://h'}}\n{settings}"
    )
}

fn served(kind: &str, settings: &str) -> Upstream {
    let config = parse(&written(kind, settings)).unwrap();
    config.layout().unwrap().upstreams.remove(0)
}

#[test]
fn nodes_of_kind_http_are_checked_where_there_is_a_path_to_ask() {
    let enabled = |kind, settings| served(kind, settings).health.enabled;
    assert!(enabled("http", "    health: {path: /health}\n"));
    assert!(!enabled("http", ""));
    assert!(!enabled("openai", "    health: {path: /health}\n"));
    assert!(enabled("openai", "    health: {enabled: true}\n"));
    assert!(!enabled("http", "    health: {path: /health, enabled: false}\n"));
    assert_eq!(served("http", "").health, HealthSettings::default());
}

#[test]
fn expected_statuses_are_one_or_many_and_2xx_by_default() {
    let expected = |settings: &str| {
        let settings = format!("    health: {{path: /h{settings}}}\n");
        served("http", &settings).health.expect_status
    };
    assert_eq!(expected(""), [200..=299]);
    assert_eq!(expected(", expect_status: 204"), [204..=204]);
    assert_eq!(
        expected(", expect_status: [2xx, 301-302]"),
        [200..=299, 301..=302]
    );
}

#[test]
fn private_networks_are_one_or_many() {
    let networks = |settings: &str| served("http", settings).private_networks.len();
    assert_eq!(networks(""), 0);
    assert_eq!(networks("    private_networks: 10.0.0.0/8\n"), 1);
    assert_eq!(networks("    private_networks: ['10.0.0.0/8', 'fd00::/8']\n"), 2);
}

#[test]
fn what_could_not_be_checked_is_told() {
    for (settings, expected) in [
        ("    health: {path: health}\n", "must start with `/`"),
        ("    health: {path: '/a b'}\n", "must start with `/`"),
        ("    health: {interval: 0s}\n", "must be longer than zero"),
        ("    health: {timeout: 0s}\n", "must be longer than zero"),
        ("    health: {expect_body: ok}\n", "needs a `path`"),
        ("    health: {path: /, expect_status: 1xx}\n", "is no status"),
        ("    health: {path: /, expect_status: 299-200}\n", "is no status"),
        ("    health: {unhealthy_after: 0}\n", "1"),
        ("    health: {spread: 101}\n", "100"),
        ("    private_networks: ten\n", "is not an IP address or a network"),
    ] {
        let complaints = complaints(&written("http", settings));
        assert_eq!(complaints.len(), 1, "{settings} {complaints:?}");
        assert!(complaints[0].contains(expected), "{settings} {complaints:?}");
    }
}
