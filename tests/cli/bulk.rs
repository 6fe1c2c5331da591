//! Acts on many things at once, and the jobs that they are.

use super::*;

/// With two pool keys.
fn folder_with_two() -> Folder {
    let folder = Folder::ready();
    let keys = "pst-one-1111111111\npst-two-2222222222\n";
    folder
        .run_with("pool import novelai --label ours", keys, &[])
        .ok();
    folder
}

#[test]
fn many_pool_keys_are_acted_on_at_once_as_a_job() {
    let folder = folder_with_two();
    let shown = folder
        .run("pool bulk pause --upstream novelai --dry-run")
        .ok()
        .out;
    assert!(
        shown.starts_with("Pause pool keys: would touch 2 of 2\n"),
        "{shown}"
    );
    folder.run("pool bulk pause").fails(2, "required");
    folder
        .run("pool bulk pause --all --ids 3")
        .fails(2, "cannot be used with");
    folder.run("pool bulk pause --all").fails(2, "give --yes");
    let job = folder
        .run("pool bulk pause --all --reason rest --yes --json")
        .ok()
        .json();
    assert_eq!(
        (&job["state"], &job["counts"]["done"], &job["reason"]),
        (&"done".into(), &2.into(), &"rest".into())
    );
    let list = folder.run("pool list").ok().out;
    assert_eq!(list.matches("paused").count(), 2, "{list}");
    let again = folder.run("pool bulk pause --all --yes").ok();
    assert!(again.err.contains("There is nothing to do."), "{}", again.err);
}

#[test]
fn a_job_that_nobody_waits_for_is_worked_off_when_somebody_does() {
    let folder = folder_with_two();
    folder.run("pool bulk pause --all --yes").ok();
    // Nobody works it off until somebody waits for it.
    folder.run("pool bulk resume --all --yes --no-wait").ok();
    let jobs = folder.run("jobs list").ok().out;
    assert!(jobs.contains("resume pool keys  running"), "{jobs}");
    let number = jobs
        .lines()
        .nth(1)
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap()
        .to_owned();
    let card = folder.run(&format!("jobs wait {number}")).ok().out;
    assert!(
        card.contains("2: 2 done, 0 left alone, 0 failed, 0 open"),
        "{card}"
    );
}

#[test]
fn what_failed_of_a_job_is_named_and_tried_again() {
    let folder = folder_with_two();
    let id = folder.run("pool list --json").ok().json()["items"][0]["id"].clone();
    let failed = folder
        .run(&format!("pool bulk withdraw --ids {id},99 --yes"))
        .fails(1, "1 of 2 failed; `potluck jobs show");
    assert!(failed.err.contains("99  : not_found"), "{}", failed.err);
    let number = folder.run("jobs list --json").ok().json()["items"][0]["id"].clone();
    let items = folder
        .run(&format!("jobs show {number} --items failed --json"))
        .ok()
        .json();
    assert_eq!(items["items"][0]["why"], "not_found");
    folder.run(&format!("jobs cancel {number}")).fails(1, "has ended");
    folder
        .run(&format!("jobs retry {number}"))
        .fails(1, "1 of 1 failed");
}

#[test]
fn client_keys_and_users_are_acted_on_at_once_too() {
    let folder = Folder::ready();
    folder.run("keys create --name a").ok();
    folder.run("keys bulk revoke --name a --yes").ok();
    assert!(folder.run("keys list").ok().out.contains("revoked"));
    folder.run("users add linh").ok();
    folder.run("users bulk disable --name lin --yes").ok();
    assert_eq!(
        folder.run("users list --disabled --json").ok().json()["items"][0]["name"],
        "linh"
    );
}
