//! Pool keys that a running relay looks at: what it finds is what `potluck pool` tells.

use serde_json::Value;

use crate::installation::{Installation, wide_world, world};
use crate::relay::Relay;

#[tokio::test(flavor = "multi_thread")]
async fn a_check_waits_for_what_the_relay_finds() {
    let world = world().await;
    let installation = Installation::new(&world).await;
    let relay = Relay::start(&installation).await;
    let token = &world.novelai_accounts[0].token;
    installation
        .feed("pool add novelai --label good", token)
        .await
        .ok();
    let checked = installation.run("pool check good").await.ok();
    for line in [
        "state                   healthy",
        "tier                    Opus",
        "Anlas ",
    ] {
        assert!(checked.out.contains(line), "{}", checked.out);
    }
    let checked = installation.run("pool check good --json").await.ok().json();
    assert_eq!(
        (&checked["state"], &checked["account"]["tier"]),
        (&"healthy".into(), &3.into())
    );

    installation
        .feed("pool add novelai --label bad", "pst-that-nobody-knows-0123456789")
        .await
        .ok();
    let checked = installation.run("pool check bad").await;
    assert_eq!(checked.code, Some(1), "{}", checked.err);
    assert!(checked.err.contains("is invalid"), "{}", checked.err);
    assert!(
        checked.out.contains("state                   invalid"),
        "{}",
        checked.out
    );
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_keys_are_checked_at_once_and_listed() {
    let world = wide_world(5).await;
    let installation = Installation::furnished(&world).await;
    let relay = Relay::start_with(&installation, "--set probe.enabled=true").await;
    let checked = installation
        .run("pool check --all --upstream novelai --json")
        .await
        .ok()
        .json();
    let items = checked["items"].as_array().expect("items");
    assert_eq!(items.len(), 5);
    assert!(
        items
            .iter()
            .all(|key| key["state"] == "healthy" && key["account"]["tier"] == 3)
    );
    let list = installation.run("pool list").await.ok().out;
    assert_eq!(list.matches("Opus").count(), 5, "{list}");
    let noted = installation
        .run("pool check --all --no-wait --json")
        .await
        .ok()
        .json();
    assert_eq!(noted["due"], 10);
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_brought_by_its_password_and_logged_in() {
    let world = world().await;
    let installation = Installation::new(&world).await;
    let relay = Relay::start(&installation).await;
    let account = &world.novelai_accounts[0];
    let line = format!("pool add novelai --login --username {} --label me", account.email);
    installation.feed(&line, &account.password).await.ok();
    let checked = installation.run("pool check me --json").await.ok().json();
    assert_eq!(
        (&checked["kind"], &checked["state"], &checked["account"]["tier"]),
        (&"login".into(), &"healthy".into(), &3.into())
    );
    assert_ne!(checked["token_expires_at"], Value::Null);
    assert!(
        installation
            .run("pool show me")
            .await
            .ok()
            .out
            .contains("logged in until")
    );
    let line = format!(
        "pool add novelai --login --username not-{} --label wrong",
        account.email
    );
    installation.feed(&line, &account.password).await.ok();
    let checked = installation.run("pool check wrong").await;
    assert_eq!(checked.code, Some(1), "{}", checked.err);
    assert!(
        checked.err.contains("is invalid (login_refused)"),
        "{}",
        checked.err
    );
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn credit_is_told_with_where_it_is_from_and_when() {
    let world = world().await;
    let installation = Installation::new(&world).await;
    let relay = Relay::start(&installation).await;
    let secret = &world.openai_keys[0];
    world.openai.keys.set_balance(secret, 12_340_000);
    installation
        .feed("pool add vercel --label purse", secret)
        .await
        .ok();
    let checked = installation.run("pool check purse").await.ok().out;
    assert!(checked.contains("12.34 by the upstream's word, "), "{checked}");
    assert!(installation.run("pool list").await.ok().out.contains(" 12.34 "));
    let (balance, used) = (5_000_000, 4_500_000);
    world.openai.keys.set_balance(secret, balance);
    let credit = installation.run("pool check purse --json").await.ok().json()["credit"].clone();
    assert_eq!(
        (&credit["left"], &credit["balance"]),
        (&balance.into(), &balance.into())
    );
    assert_eq!(credit["source"], "reported");
    assert!(credit["asked_at"].as_i64().is_some_and(|at| at > 0) && credit["used"].as_i64() < Some(used));
    relay.stop().await;
}
