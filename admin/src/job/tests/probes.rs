//! Probes: what accounts say becomes what edges serve.

use std::num::NonZeroU32;

use potluck_fakes::fault::Fault;
use potluck_filters::life::Seen;
use potluck_filters::model::PoolKeyState;
use potluck_filters::secret::Secret;
use potluck_store::table::pool_keys::NewCredential;

use super::world::*;

fn status(code: u16, content_type: &str, body: &str) -> Fault {
    Fault::Status {
        code,
        content_type: content_type.to_owned(),
        body: body.to_owned().into(),
        headers: Vec::new(),
    }
}

fn unauthorized() -> Fault {
    status(
        401,
        "application/json",
        r#"{"statusCode":401,"message":"Unauthorized"}"#,
    )
}

#[tokio::test]
async fn a_new_key_is_probed_and_served_with_what_its_account_says() {
    let world = World::new::<0>().await;
    let (holder, key) = world.guest("anna").await;
    holder.set_anlas(5, 7);
    let row = world.until_state(key, PoolKeyState::Healthy).await;
    let served = world.served(key).unwrap().account.unwrap();
    assert_eq!((served.tier, served.active, served.battery), (3, true, Some(100)));
    assert_eq!(served.checked_at, world.now());
    assert_eq!(row.next_probe_at, Some(world.now() + 10 * MINUTE));
    let asked = &world.server.records.of("pst-anna")[0];
    assert!(asked.header("user-agent").unwrap().starts_with("Potluck/"));
}

#[tokio::test]
async fn a_balance_that_changed_is_pushed_and_a_quiet_round_is_not() {
    let world = World::new::<1>().await;
    let (holder, key) = world.still_guest("anna").await;
    world.until_state(key, PoolKeyState::Healthy).await;
    let before = world.pushed();
    for _ in 0..2 {
        let last = world.row(key).await.next_probe_at;
        world.advance(12 * MINUTE);
        world.until(key, |row| row.next_probe_at > last).await;
    }
    assert_eq!(world.pushed(), before, "nothing had changed");
    holder.set_anlas(1, 0);
    world.advance(12 * MINUTE);
    world
        .until(key, |row| row.account.is_some_and(|account| account.anlas == 1))
        .await;
    assert_eq!(world.served(key).unwrap().account.unwrap().anlas, 1);
}

#[tokio::test]
async fn a_refused_key_is_invalid_and_asked_again_until_it_works() {
    let world = World::new::<2>().await;
    let path = SUBSCRIPTION;
    world.server.faults.push(path, unauthorized(), 2);
    let (_, key) = world.guest("anna").await;
    let row = world.until_state(key, PoolKeyState::Invalid).await;
    assert_eq!(row.state_reason.as_deref(), Some("unauthorized"));
    assert_eq!(row.next_probe_at, Some(world.now() + 10 * MINUTE));
    assert!(world.served(key).is_none());
    world.advance(10 * MINUTE);
    let row = world.until(key, |row| row.probe_streak == 2).await;
    assert_eq!(row.next_probe_at, Some(world.now() + 20 * MINUTE));
    world.advance(20 * MINUTE);
    let row = world.until_state(key, PoolKeyState::Healthy).await;
    assert_eq!(row.state_reason, None);
    assert!(world.served(key).is_some());
}

#[tokio::test]
async fn a_key_that_served_is_asked_a_second_time_before_it_is_invalid() {
    let world = World::new::<3>().await;
    let (_, key) = world.guest("anna").await;
    world.until_state(key, PoolKeyState::Healthy).await;
    world.server.faults.push("pst-anna", unauthorized(), usize::MAX);
    world.advance(12 * MINUTE);
    let row = world.until(key, |row| row.probe_streak == 1).await;
    assert_eq!(row.state, PoolKeyState::Healthy);
    assert_eq!(row.next_probe_at, Some(world.now() + MINUTE / 2));
    assert!(world.served(key).is_some());
    world.advance(MINUTE);
    world.until_state(key, PoolKeyState::Invalid).await;
    assert!(world.served(key).is_none());
}

#[tokio::test]
async fn many_reports_make_one_early_probe_which_decides() {
    let world = World::new::<4>().await;
    let (_, key) = world.guest("anna").await;
    world.until_state(key, PoolKeyState::Healthy).await;
    world.advance(MINUTE);
    for _ in 0..100 {
        world.report(key, Seen::OutOfCredit);
    }
    let before = world.asked(SUBSCRIPTION);
    world.until_reported().await;
    world.advance(3000);
    world.until_asked(SUBSCRIPTION, before + 1).await;
    world
        .until(key, |row| row.next_probe_at == Some(world.now() + 10 * MINUTE))
        .await;
    world.server.faults.push("pst-anna", unauthorized(), usize::MAX);
    world.advance(MINUTE);
    world.report(key, Seen::CredentialRefused);
    world.until_reported().await;
    world.advance(3000);
    world.until_state(key, PoolKeyState::Invalid).await;
    assert_eq!(world.asked(SUBSCRIPTION), before + 2);
}

#[tokio::test]
async fn a_report_that_the_probe_does_not_confirm_changes_nothing() {
    let world = World::new::<5>().await;
    let (_, key) = world.still_guest("anna").await;
    world.until_state(key, PoolKeyState::Healthy).await;
    let before = world.pushed();
    world.advance(MINUTE);
    world.report(key, Seen::CredentialRefused);
    world.until_reported().await;
    world.advance(3000);
    let row = world
        .until(key, |row| row.next_probe_at == Some(world.now() + 10 * MINUTE))
        .await;
    assert_eq!((row.state, row.probe_streak), (PoolKeyState::Healthy, 0));
    assert_eq!(world.pushed(), before);
}

#[tokio::test]
async fn what_is_not_the_accounts_word_teaches_nothing() {
    let world = World::new::<6>().await;
    let moved = r#"{"statusCode":400,"message":"Please refresh NovelAI.net. If using a third-party tool, update to the image URL."}"#;
    let no_pst = r#"{"message":"Usage of persistent access tokens is not allowed for this endpoint"}"#;
    let faults = [
        status(400, "application/json", moved),
        status(401, "application/json", no_pst),
        status(403, "text/html", "<html>cloudflare</html>"),
        status(429, "text/html", "<html>slow down</html>"),
        status(500, "application/json", r#"{"message":"Internal Server Error"}"#),
        status(502, "text/html", "<html>bad gateway</html>"),
        status(200, "application/json", "{}"),
        status(302, "text/plain", ""),
        Fault::Reset,
        Fault::Truncate { after: 10 },
    ];
    let count = u32::try_from(faults.len()).unwrap();
    for fault in faults {
        world.server.faults.push(SUBSCRIPTION, fault, 1);
    }
    let (_, key) = world.guest("anna").await;
    for streak in 1..=count {
        let row = world.until(key, |row| row.probe_streak == streak).await;
        assert_eq!(row.state, PoolKeyState::Pending);
        world.advance(10 * MINUTE);
    }
    let row = world.until_state(key, PoolKeyState::Healthy).await;
    assert_eq!(row.probe_streak, 0);
}

#[tokio::test]
async fn a_key_goes_only_to_the_hosts_it_is_bound_to() {
    let world = World::new::<7>().await;
    let secret = NewCredential::Token(Secret::new("pst-bound"));
    let key = world.add_bound(secret, "image.novelai.net:443").await;
    let row = world.until(key, |row| row.probe_streak == 1).await;
    assert_eq!(row.state, PoolKeyState::Pending);
    assert_eq!(world.server.records.count(), 0);
}

#[tokio::test]
async fn probes_keep_the_pace_of_the_setting() {
    let slow = potluck_filters::probe::Settings {
        per_minute: NonZeroU32::new(60).unwrap(),
        ..settings()
    };
    let world = World::with::<8>(slow, Tls::Off).await;
    let mut keys = Vec::new();
    for name in ["anna", "bert", "carl"] {
        keys.push(world.guest(name).await.1);
    }
    for (asked, key) in keys.into_iter().enumerate() {
        world.until_state(key, PoolKeyState::Healthy).await;
        assert_eq!(world.asked(SUBSCRIPTION), asked + 1);
        world.advance(1000);
    }
}

#[tokio::test]
async fn what_people_did_in_the_meantime_stands() {
    let world = World::new::<9>().await;
    let (_, key) = world.guest("anna").await;
    world.until_state(key, PoolKeyState::Healthy).await;
    world.server.faults.push("pst-anna", Fault::HangBeforeHeaders, 1);
    world.advance(12 * MINUTE);
    let asked = world.asked(SUBSCRIPTION) + 1;
    world.until_arrived(SUBSCRIPTION, asked).await;
    world.set_state(key, PoolKeyState::Paused).await;
    world.server.faults.release();
    world.until_asked(SUBSCRIPTION, asked).await;
    // The next key's probe is taken in after this one's.
    let (_, other) = world.guest("bert").await;
    world.until_state(other, PoolKeyState::Healthy).await;
    assert_eq!(world.row(key).await.state, PoolKeyState::Paused);
    assert!(world.served(key).is_none());
}

#[tokio::test]
async fn the_authorities_of_the_upstream_are_trusted_and_no_others() {
    let world = World::with::<10>(settings(), Tls::Trusted).await;
    let (_, key) = world.guest("anna").await;
    world.until_state(key, PoolKeyState::Healthy).await;
    let world = World::with::<23>(settings(), Tls::Stranger).await;
    let (_, key) = world.guest("anna").await;
    let row = world.until(key, |row| row.probe_streak == 1).await;
    assert_eq!(row.state, PoolKeyState::Pending);
    assert_eq!(world.server.records.count(), 0);
}

#[tokio::test]
async fn once_stopped_nothing_is_asked_any_more() {
    let world = World::new::<11>().await;
    let (_, key) = world.guest("anna").await;
    world.until_state(key, PoolKeyState::Healthy).await;
    let observer = world.jobs.observer();
    let (before, records) = (world.server.records.count(), world.server.records.clone());
    world.jobs.stop().await;
    observer.observe(potluck_filters::life::Observation {
        key,
        seen: Seen::OutOfCredit,
    });
    assert_eq!(records.count(), before);
}

#[tokio::test]
async fn a_restart_begins_where_it_ended() {
    let world = World::new::<22>().await;
    world.server.faults.push(SUBSCRIPTION, unauthorized(), 1);
    let (_, key) = world.guest("anna").await;
    world.until_state(key, PoolKeyState::Invalid).await;
    let world = world.restarted().await;
    world.advance(9 * MINUTE);
    let (_, other) = world.guest("bert").await;
    world.until_state(other, PoolKeyState::Healthy).await;
    assert_eq!(
        world.row(key).await.state,
        PoolKeyState::Invalid,
        "it is not due yet"
    );
    world.advance(MINUTE);
    world.until_state(key, PoolKeyState::Healthy).await;
}
