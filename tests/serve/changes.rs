//! Changes are made with the same commands whether a relay runs or not, and are served by the next request.

use serde_json::Value;

use crate::installation::{Ended, Installation, wide_world, world};
use crate::relay::Relay;
use crate::requests::{chat_outcome, image_outcome, outcome};

/// A command and what it reads. `{openai}` and the like stand for credentials of the world.
const COMMANDS: &[(&str, &str)] = &[
    ("upstreams list", ""),
    ("upstreams list --json", ""),
    ("keys list", ""),
    ("limits show", ""),
    ("limits set --per-key 7 --weight tablet=0.25 --json", ""),
    ("limits set", ""),
    ("limits set --weight gold=1", ""),
    ("limits preview --auto --json", ""),
    ("limits preview --auto", ""),
    ("limits user admin --manual 60 --json", ""),
    ("limits user admin --default --json", ""),
    ("limits user admin", ""),
    ("limits user nobody", ""),
    ("keys create --name laptop", ""),
    (
        "keys create --name bot --rate-limit 9 --concurrency 2 --models gpt-5* --ips 10.0.0.0/8 --expires 2099-01-31 --json",
        "",
    ),
    ("keys create --name laptop --ips nonsense", ""),
    ("keys create --name x --user nobody", ""),
    ("keys list", ""),
    ("keys list --json", ""),
    ("keys show bot", ""),
    ("keys show 1 --json", ""),
    ("keys show 99", ""),
    ("keys show nobody --json", ""),
    ("keys update bot --deactivate --models any --json", ""),
    ("keys update bot", ""),
    ("keys rotate bot --old-lives 1h", ""),
    ("keys rotate bot --old-lives 1y", ""),
    ("keys rotate 1 --json", ""),
    ("keys update 1 --name desk --rate-limit 3", ""),
    ("keys delete desk", ""),
    ("keys delete desk --yes --json", ""),
    ("keys update 1 --activate --json", ""),
    ("keys list --json", ""),
    ("pool list", ""),
    ("pool add vercel --label mine --concurrency 8 --json", "{openai}"),
    ("pool add vercel", "{openai}"),
    ("pool add nowhere", "{openai}"),
    ("pool add gpu", "{openai}"),
    ("pool add novelai", ""),
    (
        "pool import novelai --label ours --json",
        "# ours\n{novelai}\n\n{novelai}\nb a d\n",
    ),
    ("pool import novelai", "{novelai}"),
    ("pool list", ""),
    ("pool list --json", ""),
    ("pool show mine", ""),
    ("pool show 99 --json", ""),
    ("pool caps mine", ""),
    (
        "pool caps mine --free-only --keep-anlas 5 --hours 22-6 --json",
        "",
    ),
    ("pool caps mine --hours 22-6 --zone Asia/Ho_Chi_Minh --json", ""),
    ("pool caps mine --hours 22-6 --zone Mars/Olympus", ""),
    ("pool caps mine --clear", ""),
    ("pool caps mine --hours 7", ""),
    ("upstreams policy novelai least-busy --json", ""),
    ("upstreams policy novelai", ""),
    ("upstreams policy nowhere", ""),
    (
        "nodes add gpu new https://8.8.8.8 --metadata card=A100 --json",
        "",
    ),
    ("nodes add gpu new https://8.8.8.8", ""),
    ("nodes add gpu bad https://0x7f.1", ""),
    ("nodes add vercel second https://8.8.4.4 --json", ""),
    ("nodes edit gpu new --metadata card= --metadata room=7 --json", ""),
    ("nodes grant vercel second", ""),
    ("nodes grant gpu new", ""),
    ("nodes remove vercel second --yes --json", ""),
    ("nodes remove gpu new", ""),
    ("nodes remove gpu new --yes --json", ""),
    ("nodes show gpu new", ""),
    ("nodes list nowhere", ""),
    ("nodes remove vercel main --yes", ""),
    ("pool pause mine --json", ""),
    ("pool resume mine --json", ""),
    ("pool withdraw mine", ""),
    ("pool withdraw mine --yes --json", ""),
    ("pool withdraw mine --yes", ""),
    ("pool list --json", ""),
];

const UNPROBED: &str = "--set probe.enabled=false";

#[tokio::test(flavor = "multi_thread")]
async fn every_command_answers_the_same_with_a_relay_running_and_without() {
    let world = world().await;
    let (openai, novelai) = (&world.openai_keys[0], &world.novelai_accounts[0].token);
    let still = Installation::new(&world).await;
    let running = Installation::with_secrets_of(&still, &world).await;
    // A relay that probes knows more of the pool than a database by itself.
    let relay = Relay::start_with(&running, UNPROBED).await;
    for (line, input) in COMMANDS {
        let input = input.replace("{openai}", openai).replace("{novelai}", novelai);
        let line = format!("{line} {UNPROBED}");
        let (one, other) = tokio::join!(still.feed(&line, &input), running.feed(&line, &input));
        assert_eq!(comparable(one), comparable(other), "potluck {line}");
    }
    relay.stop().await;
}

/// Without what differs from run to run: texts of keys, moments.
fn comparable(ended: Ended) -> Ended {
    let out = match serde_json::from_str::<Value>(&ended.out) {
        Ok(mut value) => {
            scrub(&mut value);
            value.to_string()
        }
        Err(_) => ended.out.split_inclusive(char::is_whitespace).map(word).collect(),
    };
    Ended { out, ..ended }
}

fn scrub(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match name.as_str() {
                    "text" | "hint" | "created_at" | "updated_at" | "withdrawn_at" | "next_probe_at"
                    | "since" | "works_until" | "next_at"
                        if !value.is_null() =>
                    {
                        *value = "…".into();
                    }
                    // Only a running relay knows how a node or a key does, and what was sent.
                    "live" | "in_flight" | "window" => *value = "…".into(),
                    _ => scrub(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(scrub),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn word(word: &str) -> &str {
    let is_digits = |text: &str| text.chars().all(|c| c.is_ascii_digit() || ":-".contains(c));
    match word.trim_end() {
        text if text.starts_with("np-") => "np-… ",
        text if text.len() >= 5 && is_digits(text) => "when ",
        _ => word,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_tells_whether_a_relay_runs_and_what_it_serves() {
    let world = world().await;
    let installation = Installation::furnished(&world).await;
    installation.client_key().await;
    let before = installation.run("status --json").await.ok().json();
    assert!(before["edge"].is_null(), "{before}");
    let relay = Relay::start(&installation).await;
    let during = installation.run("status --json").await.ok().json();
    assert_eq!(during["database"], before["database"]);
    let edge = &during["edge"];
    assert_eq!(edge["revision"], during["database"]["revision"], "{during}");
    assert_eq!(
        (&edge["client_keys"], &edge["in_flight"]),
        (&1.into(), &0.into()),
        "{during}"
    );
    for upstream in ["novelai", "vercel"] {
        assert_eq!(edge["upstreams"][upstream]["ready"], 1, "{during}");
    }
    relay.stop().await;
    assert_eq!(installation.run("status --json").await.ok().json(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_is_served_at_once_and_a_deleted_one_refused_at_once() {
    let world = world().await;
    let installation = Installation::furnished(&world).await;
    let relay = Relay::start(&installation).await;
    for _ in 0..3 {
        let (id, key) = installation.client_key().await;
        assert_eq!(chat_outcome(&relay, &key).await, outcome(200, ""));
        assert_eq!(image_outcome(&relay, &key).await, outcome(200, ""));
        installation.run(&format!("keys delete {id} --yes")).await.ok();
        assert_eq!(chat_outcome(&relay, &key).await, outcome(401, "revoked_key"));
        assert_eq!(image_outcome(&relay, &key).await, outcome(401, "revoked_key"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_change_of_a_client_key_holds_for_the_next_request() {
    let world = world().await;
    let installation = Installation::furnished(&world).await;
    let relay = Relay::start(&installation).await;
    let (id, key) = installation.client_key().await;
    let changes = [
        ("--deactivate", outcome(401, "disabled_key")),
        ("--activate", outcome(200, "")),
        ("--models text-*", outcome(403, "model_not_allowed")),
        ("--models gpt-5*", outcome(200, "")),
        ("--ips 10.0.0.0/8", outcome(403, "address_not_allowed")),
        ("--ips 127.0.0.0/8", outcome(200, "")),
        ("--concurrency 0", outcome(429, "concurrency_limited")),
        ("--concurrency unlimited", outcome(200, "")),
        ("--rate-limit 1", outcome(429, "rate_limited")),
        ("--rate-limit 0", outcome(200, "")),
    ];
    // A limit that lets one request through and fills the window that `--rate-limit 1` looks at.
    installation
        .run(&format!("keys update {id} --rate-limit 1000"))
        .await
        .ok();
    assert_eq!(chat_outcome(&relay, &key).await, outcome(200, ""));
    for (change, expected) in changes {
        installation.run(&format!("keys update {id} {change}")).await.ok();
        assert_eq!(chat_outcome(&relay, &key).await, expected, "after {change}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_change_of_a_limit_holds_for_the_next_request() {
    let world = world().await;
    let installation = Installation::furnished(&world).await;
    let relay = Relay::start(&installation).await;
    let (_, key) = installation.client_key().await;
    for (change, expected) in [
        ("user admin --manual 0", outcome(429, "rate_limited")),
        ("user admin --manual unlimited", outcome(200, "")),
        ("user admin --auto", outcome(200, "")),
        ("set --base 0 --per-key 0", outcome(403, "no_contribution")),
        ("set --per-key 500 --max 500", outcome(200, "")),
        ("set --require-contribution yes", outcome(200, "")),
        ("set --max 0", outcome(403, "no_contribution")),
        ("user admin --default", outcome(200, "")),
        ("set --manual 0", outcome(429, "rate_limited")),
    ] {
        installation.run(&format!("limits {change}")).await.ok();
        assert_eq!(chat_outcome(&relay, &key).await, expected, "after {change}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_key_works_at_once_and_its_old_text_as_long_as_was_said() {
    let world = world().await;
    let installation = Installation::furnished(&world).await;
    let relay = Relay::start(&installation).await;
    let (id, first) = installation.client_key().await;
    let rotated = installation
        .run(&format!("keys rotate {id} --old-lives 1h"))
        .await
        .ok();
    let second = rotated.out.trim().to_owned();
    for key in [&first, &second] {
        assert_eq!(chat_outcome(&relay, key).await, outcome(200, ""));
    }
    let rotated = installation
        .run(&format!("keys rotate {id} --json"))
        .await
        .ok()
        .json();
    let third = rotated["text"].as_str().unwrap();
    for key in [&first, &second] {
        assert_eq!(chat_outcome(&relay, key).await, outcome(401, "expired_key"));
    }
    assert_eq!(chat_outcome(&relay, third).await, outcome(200, ""));
    relay.stop().await;
    let relay = Relay::start(&installation).await;
    assert_eq!(chat_outcome(&relay, &first).await, outcome(401, "expired_key"));
    assert_eq!(chat_outcome(&relay, third).await, outcome(200, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_key_serves_from_the_moment_it_is_brought_until_it_is_withdrawn() {
    let world = wide_world(3).await;
    let installation = Installation::new(&world).await.unprobed();
    let relay = Relay::start(&installation).await;
    let (_, key) = installation.client_key().await;
    assert_eq!(chat_outcome(&relay, &key).await, outcome(503, "pool_empty"));

    installation
        .feed("pool add vercel --label first", &world.openai_keys[0])
        .await
        .ok();
    assert_eq!(chat_outcome(&relay, &key).await, outcome(200, ""));
    installation.run("pool pause first").await.ok();
    assert_ne!(chat_outcome(&relay, &key).await.0, 200);
    installation.run("pool resume first").await.ok();
    assert_eq!(chat_outcome(&relay, &key).await, outcome(200, ""));

    installation
        .feed("pool import vercel", &world.openai_keys[1..].join("\n"))
        .await
        .ok();
    installation.run("pool withdraw first --yes").await.ok();
    world.openai.server.records.clear();
    for _ in 0..4 {
        assert_eq!(chat_outcome(&relay, &key).await, outcome(200, ""));
    }
    assert!(
        world.openai.server.records.of(&world.openai_keys[0]).is_empty(),
        "a withdrawn key was used"
    );

    for id in installation.pool_keys("vercel").await.split_off(1) {
        installation.run(&format!("pool withdraw {id} --yes")).await.ok();
    }
    assert_eq!(chat_outcome(&relay, &key).await, outcome(503, "pool_empty"));
    installation
        .feed("pool add novelai", &world.novelai_accounts[0].token)
        .await
        .ok();
    assert_eq!(image_outcome(&relay, &key).await, outcome(200, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_while_no_relay_ran_is_served_from_its_start() {
    let world = world().await;
    let installation = Installation::furnished(&world).await;
    let (id, gone) = installation.client_key().await;
    Relay::start(&installation).await.stop().await;
    installation.run(&format!("keys delete {id} --yes")).await.ok();
    let (_, fresh) = installation.client_key().await;
    let relay = Relay::start(&installation).await;
    assert_eq!(chat_outcome(&relay, &gone).await, outcome(401, "revoked_key"));
    assert_eq!(chat_outcome(&relay, &fresh).await, outcome(200, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_commands_at_once_all_take_effect() {
    let world = world().await;
    let installation = Installation::furnished(&world).await;
    let relay = Relay::start(&installation).await;
    let made = futures_util::future::join_all((0..8).map(|_| installation.client_key())).await;
    for (_, key) in &made {
        assert_eq!(chat_outcome(&relay, key).await, outcome(200, ""));
    }
    let listed = installation.run("keys list --json").await.ok().json();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(made.len()));
}
