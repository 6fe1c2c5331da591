//! Findings and alerts, as people manage them with no relay running.

use super::*;

const URL: &str = "https://hooks.example.org/services/Zk4Wq8Xn2Vb6";

#[test]
fn a_webhook_lives_from_add_to_remove_and_its_url_is_in_no_file() {
    let folder = Folder::ready();
    let none = folder.run("findings list").ok().out;
    assert!(
        none.starts_with("Nothing needs you (nobody has looked yet"),
        "{none}"
    );
    assert!(folder.run("alerts list").ok().out.starts_with("Nobody is told"));
    folder
        .run_with("alerts add oncall", "https://10.1.2.3/hook", &[])
        .fails(1, "`allow_private`");
    let line = "alerts add oncall --kind pool_drained --kind key_invalid --min-severity critical --quiet 22-7 --zone \
                Asia/Ho_Chi_Minh";
    let added = folder.run_with(line, URL, &[]).ok().out;
    assert!(
        added.contains("https://hooks.example.org\n") && added.contains("npwh_"),
        "{added}"
    );
    let list = folder.run("alerts list").ok().out;
    assert!(
        list.contains("pool_drained, key_invalid, critical or worse")
            && list.contains("22-7 Asia/Ho_Chi_Minh"),
        "{list}"
    );
    folder
        .run("alerts edit oncall --no-quiet --all-kinds --disable")
        .ok();
    let json = folder.run("alerts list --json").ok().json();
    let target = &json["items"][0];
    assert_eq!(
        (&target["kinds"], &target["quiet"], &target["enabled"]),
        (&Value::Null, &Value::Null, &false.into())
    );
    folder
        .run("alerts edit oncall --kind nonsense")
        .fails(2, "must be one of");
    assert!(
        folder
            .run("alerts deliveries oncall")
            .ok()
            .out
            .contains("told nothing yet")
    );
    assert!(!has(&folder.everything(), "Zk4Wq8Xn2Vb6"));
    folder
        .run("alerts remove oncall")
        .fails(2, "There is nobody to ask here; give --yes.");
    folder.run("alerts remove oncall --yes").ok();
    folder
        .run("alerts test oncall")
        .fails(1, "there is no alert target called oncall");
    folder.run("findings show 99").fails(1, "finding");
    folder.run("findings ack 99 --for nonsense").fails(2, "--for");
}
