//! What was used, and how requests came to their ends.

use super::*;

#[test]
fn before_anything_was_used_that_is_said() {
    let folder = Folder::ready();
    let usage = folder.run("usage --range 7d --by endpoint").ok().out;
    assert!(
        usage.contains("0 requests in the last 7d") && usage.contains("Nothing was used."),
        "{usage}"
    );
    let json = folder.run("usage --json").ok().json();
    assert_eq!(json["usage"]["total"]["sums"]["requests"], 0);
    assert_eq!(json["by"]["by"], "model");
    assert!(
        folder
            .run("requests")
            .ok()
            .out
            .contains("No requests in this time.")
    );
    assert_eq!(
        folder.run("requests --json").ok().json()["items"],
        serde_json::json!([])
    );
    let csv = folder.run("requests --export csv").ok().out;
    assert!(
        csv.starts_with("request_id,ended_at,") && csv.lines().count() == 1,
        "{csv}"
    );
}

#[test]
fn a_client_key_has_its_own_numbers() {
    let folder = Folder::ready();
    folder.run("keys create --name laptop").ok();
    let stats = folder.run("keys stats laptop").ok().out;
    assert!(stats.contains("0 requests in the last 24h"), "{stats}");
    let json = folder.run("keys stats laptop --range 4w --json").ok().json();
    assert_eq!(json["recent"], serde_json::json!([]));
    folder
        .run("keys stats nobody")
        .fails(1, "there is no client key called nobody");
}

#[test]
fn what_cannot_be_asked_is_refused_with_the_way_out() {
    let folder = Folder::ready();
    folder
        .run("usage --range soon")
        .fails(1, "must be such as 90m, 24h, 7d or 4w");
    folder
        .run("requests --code nothing")
        .fails(1, "must be a code of docs/errors.md");
    folder.run("trace 12").fails(2, "twenty hexadecimal digits");
    folder
        .run("trace feed0000000000000001")
        .fails(1, "there is no request with this id");
    folder
        .run("usage --mine")
        .fails(1, "the operator's token belongs to nobody");
}
