//! Nothing that opens an account is ever written to the log, whatever goes wrong.

use std::io;
use std::sync::Arc;

use parking_lot::Mutex;
use potluck_fakes::fault::{ANY, Fault};
use potluck_fakes::novelai::{Account, access_key};
use potluck_filters::life::Seen;
use potluck_filters::model::PoolKeyState;

use super::world::*;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_log_line_holds_a_secret() {
    const PASSWORD: &str = "password of bert@example.com";
    let log = Log::default();
    let writer = log.clone();
    // For the whole process: what is logged first on a thread without a subscriber may be taken to interest none.
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter("trace,sqlx=off")
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let world = World::new::<20>().await;
    let (holder, anna) = world.guest("anna").await;
    world.fake.add(Account {
        token: None,
        ..Account::opus("bert@example.com", "")
    });
    let bert = world.add_login("bert@example.com", PASSWORD).await;
    world.until_state(anna, PoolKeyState::Healthy).await;
    world.until_state(bert, PoolKeyState::Healthy).await;
    let token = world
        .served(bert)
        .unwrap()
        .credential
        .authorization()
        .to_str()
        .unwrap()
        .to_owned();
    world.server.faults.push(ANY, Fault::Reset, 2);
    world.fake.revoke_token(&holder);
    for _ in 0..3 {
        world.advance(12 * MINUTE);
        world.report(bert, Seen::CredentialRefused);
        world.until_reported().await;
    }
    world.in_time(anna, PoolKeyState::Invalid).await;
    let log = String::from_utf8(log.0.lock().clone()).unwrap();
    assert!(log.contains("a pool key's state changed"), "{log}");
    let key = access_key::derive("bert@example.com", PASSWORD).unwrap();
    let token = token.trim_start_matches("Bearer ");
    for secret in [
        "pst-anna",
        PASSWORD,
        key.as_str(),
        token,
        "anna@example.com",
        "bert@example.com",
    ] {
        assert!(!log.contains(secret), "{secret} stands in the log");
    }
    for name in ["control.db", "control.db-wal"] {
        let file = std::fs::read(world.folder().join(name)).unwrap_or_default();
        let file = String::from_utf8_lossy(&file).into_owned();
        assert!(!file.contains("pst-anna") && !file.contains(PASSWORD) && !file.contains("@example.com"));
    }
}
