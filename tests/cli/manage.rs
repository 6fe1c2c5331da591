//! Client keys, pool keys and looking at them.

use super::*;

#[test]
fn a_client_key_lives_from_create_to_delete() {
    let folder = Folder::ready();
    let created = folder
        .run("keys create --name laptop --rate-limit 60 --concurrency 2 --expires 30d")
        .ok();
    let text = created.out.trim();
    assert!(text.starts_with("np-") && text.len() == 46, "{text}");
    let list = folder.run("keys list").ok().out;
    let row: Vec<&str> = list.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(row[1..3], ["laptop", "admin"], "{list}");
    let id = row[0];
    assert_eq!(row[4..7], ["active", "60", "2"], "{list}");
    assert!(!list.contains(text) && list.contains(&text[42..]));

    folder
        .run("keys update laptop --deactivate --models gpt-5*,m --ips 10.0.0.0/8 --rate-limit 0")
        .ok();
    let shown = folder.run("keys show laptop --json").ok().json();
    assert_eq!(
        (&shown["state"], &shown["rate_limit"]),
        (&"disabled".into(), &0.into())
    );
    assert_eq!(shown["models"], serde_json::json!(["gpt-5*", "m"]));
    assert_eq!(shown["addresses"], serde_json::json!(["10.0.0.0/8"]));
    assert!(shown["expires_at"].is_i64());
    folder
        .run("keys update laptop --activate --expires never --models any --ips any --concurrency unlimited")
        .ok();
    let shown = folder.run(&format!("keys show {id}")).ok().out;
    for line in [
        "state                active",
        "expires              never",
        "models               any",
    ] {
        assert!(shown.contains(line), "{shown}");
    }

    folder
        .run("keys delete laptop")
        .fails(2, "There is nobody to ask here; give --yes.");
    folder.run(&format!("keys delete {id} --yes")).ok();
    assert_eq!(
        folder.run(&format!("keys show {id} --json")).ok().json()["state"],
        "revoked"
    );
    folder
        .run(&format!("keys update {id} --activate"))
        .fails(1, "gone for ever");
    folder
        .run("keys show laptop")
        .fails(1, "there is no client key called laptop");
    assert!(
        !has(&folder.everything(), text),
        "the key's text is nowhere in the folder"
    );
}

#[test]
fn lists_and_errors_have_a_form_for_programs() {
    let folder = Folder::ready();
    assert_eq!(
        folder.run("keys list --json").ok().json(),
        serde_json::json!({ "items": [] })
    );
    let created = folder.run("keys create --name a --json").ok().json();
    assert_eq!(created["key"]["name"], "a");
    let items = folder.run("keys list --json").ok().json();
    assert_eq!(
        (items["items"].as_array().unwrap().len(), &items["items"][0]["id"]),
        (1, &created["key"]["id"])
    );
    let failed = folder.run("keys show 99 --json").fails(1, "there is no");
    let error: Value = serde_json::from_str(&failed.err).unwrap();
    assert_eq!(error["error"]["exit"], 1);
    let status = folder.run("status --json").ok().json();
    assert_eq!(
        (&status["edge"], &status["database"]["kind"]),
        (&Value::Null, &"sqlite".into())
    );
    assert_eq!(
        folder.run("upstreams list --json").ok().json()["items"][0]["name"],
        "novelai"
    );
    let text = folder.run("upstreams list").ok().out;
    assert!(text.contains("https://image.novelai.net"), "{text}");
}

#[test]
fn what_was_not_written_right_is_said_before_anything_is_done() {
    let folder = Folder::ready();
    for (line, why) in [
        ("keys create --expires tomorrow", "write a time from now"),
        ("keys create --ips 10.0.0.0/99", "prefix"),
        ("keys create --concurrency many", "write a number or `unlimited`"),
        ("keys update 1", "nothing to change"),
        ("keys update 1 --activate --deactivate", "cannot be used with"),
        ("pool add", "<UPSTREAM>"),
        (
            "pool add novelai pst-secret-in-the-arguments",
            "unexpected argument",
        ),
        ("nonsense", "unrecognized subcommand"),
    ] {
        folder.run(line).fails(2, why);
    }
    assert_eq!(
        folder.run("keys list --json").ok().json()["items"],
        serde_json::json!([])
    );
}

#[test]
fn a_pool_key_is_brought_shown_without_its_text_and_withdrawn() {
    let folder = Folder::ready();
    let added = folder
        .run_with("pool add novelai --label mine", &format!("{POOL_KEY}\n"), &[])
        .ok();
    assert!(added.out.contains("image.novelai.net:443"), "{}", added.out);
    folder
        .run_with("pool add novelai", POOL_KEY, &[])
        .fails(1, "exists already");
    folder
        .run_with("pool add elsewhere", POOL_KEY, &[])
        .fails(1, "must be one of those that take keys");
    folder
        .run_with("pool add novelai", "a\nb\n", &[])
        .fails(2, "`potluck pool import` takes many");
    folder
        .run_with("pool add novelai", "", &[])
        .fails(1, "the key is empty");
    let list = folder.run("pool list").ok().out;
    let id = list.lines().nth(1).unwrap().split_whitespace().next().unwrap();
    assert!(
        list.contains("novelai") && list.contains("mine") && list.contains("pending"),
        "{list}"
    );
    assert!(folder.run("pool pause mine").ok().out.contains("paused"));
    assert!(folder.run("pool resume mine").ok().out.contains("pending"));
    folder.run("pool withdraw mine").fails(2, "give --yes");
    folder.run("pool withdraw mine --yes").ok();
    assert_eq!(
        folder.run(&format!("pool show {id} --json")).ok().json()["state"],
        "withdrawn"
    );
    for ended in [&added.out, &list, &added.err] {
        assert!(!ended.contains(POOL_KEY));
    }
    assert!(!has(&folder.everything(), POOL_KEY));
}

#[test]
fn many_pool_keys_are_imported_and_each_bad_line_is_named() {
    let folder = Folder::ready();
    let keys = "# ours\n\npst-one-1111111111\npst-two-2222222222\npst-one-1111111111\nwith blank\n";
    let imported = folder
        .run_with("pool import novelai --label ours", keys, &[])
        .fails(1, "1 lines are no keys");
    assert_eq!(imported.out.trim(), "2 added, 1 there already, 1 invalid");
    assert!(
        imported.err.contains("line 5: is in the pool already"),
        "{}",
        imported.err
    );
    assert!(imported.err.contains("line 6: "), "{}", imported.err);
    assert!(!imported.err.contains("with blank"));
    std::fs::write(
        folder.path("keys.txt"),
        "pst-two-2222222222\npst-three-33333333\n",
    )
    .unwrap();
    let imported = folder
        .run("pool import novelai --file keys.txt --json")
        .ok()
        .json();
    assert_eq!(
        (&imported["added"], &imported["duplicate"]),
        (&1.into(), &1.into())
    );
    assert_eq!(
        folder.run("pool list --json").ok().json()["items"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    folder
        .run("pool withdraw ours --yes")
        .fails(1, "several pool keys are called ours; use the id");
}

/// Commands whose help has examples.
const COMMANDS: &[&str] = &[
    "init",
    "serve",
    "demo",
    "config check",
    "config show",
    "config schema",
    "secrets generate",
    "keys create",
    "keys list",
    "keys show",
    "keys update",
    "keys delete",
    "pool add",
    "pool import",
    "pool list",
    "pool show",
    "pool check",
    "pool caps",
    "pool pause",
    "pool resume",
    "pool withdraw",
    "pool bulk",
    "keys bulk",
    "users bulk",
    "login",
    "logout",
    "tokens list",
    "tokens create",
    "tokens revoke",
    "jobs list",
    "jobs show",
    "jobs cancel",
    "jobs retry",
    "upstreams list",
    "upstreams policy",
    "nodes list",
    "nodes show",
    "nodes add",
    "nodes edit",
    "nodes remove",
    "nodes drain",
    "nodes resume",
    "nodes activate",
    "nodes check",
    "nodes grant",
    "status",
    "completions",
];

#[test]
fn help_has_examples_and_exit_codes_everywhere() {
    let folder = Folder::new();
    let help = folder.run("--help").ok().out;
    for part in [
        "Exit codes:",
        "64  the configuration",
        "69  the relay",
        "Start here:",
    ] {
        assert!(help.contains(part), "{help}");
    }
    for line in COMMANDS {
        let help = folder.run(&format!("{line} --help")).ok().out;
        assert!(help.contains("Examples:\n  potluck "), "{line}: {help}");
    }
    for shell in ["bash", "zsh", "fish"] {
        assert!(
            folder
                .run(&format!("completions {shell}"))
                .ok()
                .out
                .contains("potluck")
        );
    }
    assert!(folder.run("--version").ok().out.starts_with("potluck "));
}
