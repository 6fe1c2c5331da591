//! Pool keys: logins, caps, checks, and what is spent.

use serde_json::json;

use super::*;

const PASSWORD: &str = "Quiet-harbour 7 lanterns";

fn added(folder: &Folder, label: &str) -> Value {
    let line = format!("pool add novelai --label {label} --json");
    let key = format!("pst-{label}-Zq7TzYbN1xWv3LmKpRs5Ud8f");
    folder.run_with(&line, &key, &[]).ok().json()
}

#[test]
fn a_login_is_brought_by_name_and_password_and_neither_is_kept_in_clear() {
    let folder = Folder::ready();
    let line = "pool add novelai --login --username Somebody@example.org --label me";
    let added = folder.run_with(line, &format!("{PASSWORD}\n"), &[]).ok();
    for part in [
        "login (username and password)",
        "pending",
        "image.novelai.net:443",
    ] {
        assert!(added.out.contains(part), "{}", added.out);
    }
    assert!(
        added.err.contains("It serves when the relay runs"),
        "{}",
        added.err
    );
    std::fs::write(folder.path("password.txt"), PASSWORD).unwrap();
    let line = "pool add novelai --login --username somebody@EXAMPLE.org --file password.txt";
    folder.run(line).fails(1, "exists already");
    std::fs::remove_file(folder.path("password.txt")).unwrap();
    let shown = folder.run("pool show me --json").ok();
    assert_eq!(shown.json()["kind"], "login");
    for text in [PASSWORD, "omebody@"] {
        for ended in [&added.out, &added.err, &shown.out] {
            assert!(!ended.contains(text));
        }
        assert!(!has(&folder.everything(), text), "{text}");
    }
}

#[test]
fn what_a_login_lacks_is_said() {
    let folder = Folder::ready();
    for (line, input, code, why) in [
        ("pool add novelai --login", PASSWORD, 2, "give --username"),
        ("pool add novelai --username me", PASSWORD, 2, "--login"),
        (
            "pool add novelai --login --username me",
            "a\nb\n",
            2,
            "give the password alone",
        ),
        (
            "pool add novelai --login --username me",
            "",
            1,
            "password: the password must have",
        ),
        (
            "pool add novelai --login --username me --password x",
            "",
            2,
            "unexpected argument",
        ),
    ] {
        let ended = folder.run_with(line, input, &[]).fails(code, why);
        assert!(!ended.err.contains(PASSWORD), "{}", ended.err);
    }
    assert_eq!(folder.run("pool list --json").ok().json()["items"], json!([]));
}

#[test]
fn caps_are_shown_set_one_by_one_and_cleared() {
    let folder = Folder::ready();
    added(&folder, "mine");
    let shown = folder.run("pool caps mine").ok().out;
    for line in [
        "free generations only   no",
        "Anlas per day (UTC)     no cap",
        "hours                   all",
    ] {
        assert!(shown.contains(line), "{shown}");
    }
    let set = folder
        .run("pool caps mine --free-only --anlas-per-day 2000 --keep-anlas 500 --hours 22-6")
        .ok()
        .out;
    for line in [
        "free generations only   yes",
        "2000",
        "Anlas to keep           500",
        "22:00 to 06:00 (UTC)",
    ] {
        assert!(set.contains(line), "{set}");
    }
    folder
        .run("pool caps mine --no-free-only --anlas-per-day none --requests-per-day 0")
        .ok();
    assert_eq!(
        folder.run("pool caps mine --json").ok().json(),
        json!({
            "free_only": false, "anlas_per_day": null, "keep_anlas": 500, "requests_per_day": 0,
            "hours": { "from": 22, "to": 6, "zone": "UTC" }
        })
    );
    assert!(folder.run("pool show mine").ok().out.contains("22:00 to 06:00"));
    folder.run("pool caps mine --hours all").ok();
    let cleared = folder.run("pool caps mine --clear --json").ok().json();
    assert_eq!(
        cleared,
        json!({
            "free_only": false, "anlas_per_day": null, "keep_anlas": 0, "requests_per_day": null, "hours": null
        })
    );
}

#[test]
fn a_key_is_brought_with_its_caps() {
    let folder = Folder::ready();
    let line = "pool add novelai --keep-anlas 7 --hours 8-20 --json";
    let added = folder.run_with(line, POOL_KEY, &[]).ok().json();
    assert_eq!(added["caps"]["keep_anlas"], 7);
    assert_eq!(
        added["caps"]["hours"],
        json!({ "from": 8, "to": 20, "zone": "UTC" })
    );
    let keys = "pst-one-1111111111\npst-two-2222222222\n";
    folder.run_with("pool import novelai --free-only", keys, &[]).ok();
    let items = folder.run("pool list --json").ok().json();
    assert_eq!(items["items"][2]["caps"]["free_only"], true);
}

#[test]
fn caps_that_cannot_be_are_refused_with_what_can() {
    let folder = Folder::ready();
    for (line, why) in [
        ("pool caps 3 --hours 22", "write full hours from 0 to 24"),
        ("pool caps 3 --hours 7-7", "write full hours from 0 to 24"),
        (
            "pool caps 3 --hours 7-9 --zone Mars/Olympus",
            "no time zone has this name",
        ),
        ("pool caps 3 --anlas-per-day many", "write a number"),
        ("pool caps 3 --free-only --no-free-only", "cannot be used with"),
        ("pool caps 3 --clear --free-only", "cannot be used with"),
    ] {
        folder.run(line).fails(2, why);
    }
    folder
        .run("pool caps 3")
        .fails(1, "there is no pool key with this id");
}

#[test]
fn a_check_without_a_relay_is_noted_for_its_start() {
    let folder = Folder::ready();
    added(&folder, "mine");
    let checked = folder.run("pool check mine").ok();
    assert!(checked.err.contains("No relay runs here"), "{}", checked.err);
    assert!(checked.out.contains("pending"), "{}", checked.out);
    let all = folder.run("pool check --all --upstream novelai").ok();
    assert_eq!(all.out, "1 pool keys are to be looked at\n");
    assert_eq!(
        folder.run("pool check --all --state invalid --json").ok().json()["due"],
        0
    );
    folder.run("pool pause mine").ok();
    folder
        .run("pool check mine")
        .fails(1, "is paused; resume it first");
    folder.run("pool check").fails(2, "<KEY>");
    folder
        .run("pool check mine --all")
        .fails(2, "cannot be used with");
    folder
        .run("pool check --all --upstream nowhere")
        .fails(1, "must be one of those that take keys: novelai");
    let resumed = folder.run("pool resume mine").ok();
    assert!(resumed.err.contains("has found it well"), "{}", resumed.err);
}

#[test]
fn lists_and_cards_have_what_is_known_of_an_account() {
    let folder = Folder::ready();
    added(&folder, "mine");
    let list = folder.run("pool list").ok().out;
    let headings: Vec<&str> = list.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(
        headings,
        [
            "ID",
            "UPSTREAM",
            "LABEL",
            "CONTRIBUTOR",
            "STATE",
            "TIER",
            "ANLAS",
            "CREDIT",
            "SPENT",
            "TODAY",
            "CHECKED"
        ]
    );
    assert!(list.contains("0 requests, 0 Anlas"), "{list}");
    let shown = folder.run("pool show mine").ok().out;
    for line in [
        "kind                    token",
        "spent today (UTC)       0 requests, 0 Anlas",
    ] {
        assert!(shown.contains(line), "{shown}");
    }
}

#[test]
fn a_client_key_has_daily_anlas_and_shows_what_is_spent() {
    let folder = Folder::ready();
    folder.run("keys create --name friend --anlas-per-day 500").ok();
    let shown = folder.run("keys show friend").ok().out;
    for line in [
        "Anlas per day (UTC)  500",
        "spent today (UTC)    0 requests, 0 Anlas",
    ] {
        assert!(shown.contains(line), "{shown}");
    }
    folder.run("keys update friend --anlas-per-day none").ok();
    let shown = folder.run("keys show friend --json").ok().json();
    assert_eq!(shown["anlas_per_day"], Value::Null);
    assert_eq!(shown["spent_today"], json!({ "requests": 0, "anlas": 0 }));
    folder
        .run("keys update friend --anlas-per-day many")
        .fails(2, "write a number or `unlimited`");
}

#[test]
fn a_policy_is_switched_shown_and_taken_back() {
    let folder = Folder::ready();
    let shown = folder.run("upstreams policy novelai --json").ok().json();
    assert_eq!(shown["policy"], Value::Null);
    let configured = shown["configured_policy"].as_str().unwrap().to_owned();
    let switched = folder.run("upstreams policy novelai least-busy").ok().out;
    for line in ["policy                least-busy", "switched at run time  yes"] {
        assert!(switched.contains(line), "{switched}");
    }
    let back = folder.run("upstreams policy novelai configured").ok().out;
    assert!(
        back.contains(&format!("policy                {configured}")),
        "{back}"
    );
    folder
        .run("upstreams policy elsewhere")
        .fails(1, "there is no upstream of this name; there are: novelai");
    folder.run("upstreams policy novelai best").fails(2, "least-busy");
    folder.run("upstreams policy a/b").fails(2, "no upstream's name");
}
