//! Logins: a username and a password become a token that is renewed in time.

use potluck_fakes::fault::Fault;
use potluck_fakes::novelai::Account;
use potluck_filters::id::PoolKeyId;
use potluck_filters::life::Seen;
use potluck_filters::model::PoolKeyState;
use potluck_filters::secret::Secret;
use potluck_store::table::pool_keys::NewCredential;

use super::world::*;

const ADDRESS: &str = "anna@example.com";
const PASSWORD: &str = "password of anna@example.com";

fn account() -> Account {
    Account {
        token: None,
        ..Account::opus(ADDRESS, "")
    }
}

/// What the edge sends for the key now.
fn token(world: &World, key: PoolKeyId) -> String {
    let served = world.served(key).expect("it serves");
    served.credential.authorization().to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_login_is_served_with_the_token_that_it_got() {
    let world = World::new::<12>().await;
    world.fake.add(account());
    let key = world.add_login(ADDRESS, PASSWORD).await;
    let row = world.until_state(key, PoolKeyState::Healthy).await;
    assert!(row.token_expires_at.unwrap() > world.now());
    assert!(token(&world, key).starts_with("Bearer eyJ"));
    assert_eq!(row.account.unwrap().tier, 3);
    let login = world
        .server
        .records
        .all()
        .into_iter()
        .find(|record| record.path() == LOGIN)
        .unwrap();
    assert!(!String::from_utf8_lossy(&login.body).contains(PASSWORD));
    assert_eq!((login.status, world.asked(LOGIN)), (Some(201), 1));
}

#[tokio::test]
async fn either_spelling_of_the_address_opens_the_account() {
    let world = World::new::<13>().await;
    world.fake.add(account());
    let key = world.add_login("Anna@Example.com", PASSWORD).await;
    world.until_state(key, PoolKeyState::Healthy).await;
    assert_eq!(world.asked(LOGIN), 2);
    let typed = Account {
        password: Some("secret of bert".to_owned()),
        ..Account::opus("Bert@Example.com", "pst-other")
    };
    world.fake.add(typed);
    let key = world.add_login("Bert@Example.com", "secret of bert").await;
    world.until_state(key, PoolKeyState::Healthy).await;
    assert_eq!(world.asked(LOGIN), 3);
}

#[tokio::test]
async fn a_token_is_renewed_before_it_expires() {
    let world = World::new::<14>().await;
    world.fake.add(account());
    let key = world.add_login(ADDRESS, PASSWORD).await;
    let row = world.until_state(key, PoolKeyState::Healthy).await;
    let (first, expires) = (token(&world, key), row.token_expires_at.unwrap());
    world.advance(expires - world.now() - 4 * 24 * HOUR);
    world.until_asked(LOGIN, 2).await;
    patiently_until(&world, key, &first).await;
    assert_eq!(world.row(key).await.state, PoolKeyState::Healthy);
}

/// Waits until the edge sends something else.
async fn patiently_until(world: &World, key: PoolKeyId, old: &str) {
    world.until(key, |_| token(world, key) != old).await;
}

#[tokio::test]
async fn many_reports_of_a_refused_token_are_one_login() {
    let world = World::new::<15>().await;
    let holder = world.fake.add(account());
    let key = world.add_login(ADDRESS, PASSWORD).await;
    world.until_state(key, PoolKeyState::Healthy).await;
    let first = token(&world, key);
    world.advance(MINUTE);
    world.fake.expire_sessions(&holder);
    for _ in 0..50 {
        world.report(key, Seen::CredentialRefused);
    }
    world.until_reported().await;
    world.advance(3000);
    patiently_until(&world, key, &first).await;
    // Late ones, about the old token.
    for _ in 0..50 {
        world.report(key, Seen::CredentialRefused);
    }
    world.until_reported().await;
    let asked = world.asked(SUBSCRIPTION);
    world.advance(MINUTE);
    world.until_asked(SUBSCRIPTION, asked + 1).await;
    world
        .until(key, |row| row.next_probe_at == Some(world.now() + 10 * MINUTE))
        .await;
    assert_eq!(world.asked(LOGIN), 2);
}

#[tokio::test]
async fn a_refused_login_is_tried_again_after_an_hour_at_the_earliest() {
    let world = World::new::<16>().await;
    world.fake.add(account());
    let key = world.add_login(ADDRESS, "wrong").await;
    let row = world.until_state(key, PoolKeyState::Invalid).await;
    assert_eq!(row.state_reason.as_deref(), Some("login_refused"));
    assert!(row.next_probe_at.unwrap() >= world.now() + HOUR);
    assert!(world.served(key).is_none());
    assert_eq!(world.asked(LOGIN), 1, "both spellings are the same here");
    world.advance(2 * HOUR);
    let row = world.until(key, |row| row.probe_streak == 2).await;
    assert!(row.next_probe_at.unwrap() >= world.now() + 2 * HOUR);
    assert_eq!(world.asked(LOGIN), 2);
}

#[tokio::test]
async fn a_login_that_is_turned_away_waits_and_blames_nobody() {
    let world = World::new::<17>().await;
    world.fake.add(account());
    let busy = Fault::Status {
        code: 429,
        content_type: "application/json".to_owned(),
        body: r#"{"statusCode":429,"message":"Rate limited. API clients should not attempt to retry."}"#
            .into(),
        headers: Vec::new(),
    };
    world.server.faults.push(LOGIN, busy, 1);
    let key = world.add_login(ADDRESS, PASSWORD).await;
    let row = world.until(key, |row| row.probe_streak == 1).await;
    assert_eq!(
        (row.state, row.next_probe_at),
        (PoolKeyState::Pending, Some(world.now() + 10 * MINUTE))
    );
    world.advance(10 * MINUTE);
    world.until_state(key, PoolKeyState::Healthy).await;
}

#[tokio::test]
async fn a_token_that_works_outlives_a_login_that_does_not() {
    let world = World::new::<18>().await;
    world.fake.add(account());
    let key = world.add_login(ADDRESS, PASSWORD).await;
    let row = world.until_state(key, PoolKeyState::Healthy).await;
    let refused = Fault::Status {
        code: 401,
        content_type: "application/json".to_owned(),
        body: r#"{"statusCode":401,"message":"Unauthorized"}"#.into(),
        headers: Vec::new(),
    };
    world.server.faults.push(LOGIN, refused, usize::MAX);
    world.advance(row.token_expires_at.unwrap() - world.now() - 4 * 24 * HOUR);
    world.until_asked(LOGIN, 2).await;
    let row = world
        .until(key, |row| row.next_probe_at == Some(world.now() + 10 * MINUTE))
        .await;
    assert_eq!(row.state, PoolKeyState::Healthy);
    let asked = world.asked(SUBSCRIPTION);
    world.advance(12 * MINUTE);
    world.until_asked(SUBSCRIPTION, asked + 1).await;
    world
        .until(key, |row| row.next_probe_at == Some(world.now() + 10 * MINUTE))
        .await;
    assert_eq!(world.asked(LOGIN), 2, "not again within the hour");
}

#[tokio::test]
async fn password_and_token_of_one_account_are_one_account() {
    let world = World::new::<19>().await;
    let (_, first) = world.guest("anna").await;
    world.until_state(first, PoolKeyState::Healthy).await;
    let second = world.add_login("Anna@Example.com", PASSWORD).await;
    let row = world.until_state(second, PoolKeyState::Invalid).await;
    assert_eq!(row.state_reason.as_deref(), Some("same_account"));
    for streak in 2..4 {
        world.advance(HOUR);
        let row = world.until(second, |row| row.probe_streak == streak).await;
        assert_eq!(row.state_reason.as_deref(), Some("same_account"));
    }
    assert!(world.served(second).is_none());
    assert!(world.served(first).is_some());
    world.withdraw(first).await;
    world.in_time(second, PoolKeyState::Healthy).await;
    assert!(world.served(second).is_some());
}

#[tokio::test]
async fn a_token_of_an_account_that_logs_in_stays_out_too() {
    let world = World::new::<21>().await;
    let token = NewCredential::Token(Secret::new("pst-anna"));
    world.fake.add(Account::opus(ADDRESS, "pst-anna"));
    let first = world.add_login(ADDRESS, PASSWORD).await;
    world.until_state(first, PoolKeyState::Healthy).await;
    let second = world.add(token).await;
    let row = world.until_state(second, PoolKeyState::Invalid).await;
    assert_eq!(row.state_reason.as_deref(), Some("same_account"));
    // Not even when the account does not say for a while whose it is.
    world.server.faults.push("/user/information", Fault::Reset, 1);
    world.advance(HOUR);
    let row = world
        .until(second, |row| row.next_probe_at > Some(world.now()))
        .await;
    assert_eq!((row.state, row.probe_streak), (PoolKeyState::Invalid, 1));
    world.advance(HOUR);
    let row = world.until(second, |row| row.probe_streak == 2).await;
    assert_eq!(row.state_reason.as_deref(), Some("same_account"));
}
