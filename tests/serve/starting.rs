//! Starts that cannot be: one clear message, nothing half-started, and no obstacle for the next start.

use std::net::TcpListener;

use crate::address::free_address;
use crate::installation::{Ended, Installation, world};
use crate::relay::Relay;
use crate::requests::{chat_outcome, outcome};

/// Words of a program that broke instead of refusing.
const BROKEN: [&str; 4] = ["panicked", "RUST_BACKTRACE", "unwrap", "src/"];

/// Refused with this exit code and these words, and nothing is left that a start would leave.
#[track_caller]
fn refused(installation: &Installation, ended: Ended, code: i32, why: &str) {
    let ended = ended.refused(code, why);
    assert!(
        !installation.path("data/control.sock").exists(),
        "a control socket was left"
    );
    for word in BROKEN {
        assert!(!ended.err.contains(word), "{}", ended.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_relay_on_the_same_data_is_refused_and_told_who_holds_it() {
    let world = world().await;
    let installation = Installation::furnished(&world).await;
    let (_, key) = installation.client_key().await;
    let mut relay = Relay::start(&installation).await;
    let holder = format!("in use by another potluck (process {})", relay.process());
    let same_port = format!("serve --set listen.address={}", relay.address);
    for line in ["serve", &same_port] {
        installation.run(line).await.refused(69, &holder);
    }
    assert!(relay.is_running());
    assert_eq!(chat_outcome(&relay, &key).await, outcome(200, ""));
    installation.run("status").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_occupied_port_is_refused_and_named() {
    let world = world().await;
    let installation = Installation::new(&world).await;
    let address = free_address();
    let taken = TcpListener::bind(address).expect("a port");
    let line = format!("serve --set listen.address={address}");
    refused(
        &installation,
        installation.run(&line).await,
        69,
        &format!("cannot listen on {address}"),
    );
    drop(taken);
    let relay = Relay::start_with(&installation, &format!("--set listen.address={address}")).await;
    assert_eq!(relay.address, address);
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_that_are_missing_weak_or_of_another_ring_are_refused_without_being_shown() {
    let world = world().await;
    let installation = Installation::furnished(&world).await;
    let other = installation
        .run("secrets generate")
        .await
        .ok()
        .out
        .trim()
        .to_owned();
    let weak = "secretsecret";
    for (key, why) in [(other.as_str(), "wrong key ring"), (weak, "ENCRYPTION_KEY")] {
        let ended = installation.run_with("serve", "ENCRYPTION_KEY", key).await;
        assert!(!ended.err.contains(key), "the key is shown: {}", ended.err);
        assert!(
            !ended.err.contains(&installation.encryption_key()),
            "the key is shown: {}",
            ended.err
        );
        refused(&installation, ended, 64, why);
    }
    let (file, aside) = (installation.path("conf/secrets.env"), installation.path("aside"));
    std::fs::rename(&file, &aside).expect("a rename");
    refused(
        &installation,
        installation.run("serve").await,
        64,
        "ENCRYPTION_KEY is missing",
    );
    std::fs::rename(&aside, &file).expect("a rename");
    Relay::start(&installation).await.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_cannot_be_read_is_refused_and_left_as_it_is() {
    let world = world().await;
    let installation = Installation::furnished(&world).await;
    let file = installation.path("data/potluck.db");
    let good = std::fs::read(&file).expect("the database");
    let garbage = b"this is no database, whatever it is called. ".repeat(200);
    std::fs::write(&file, &garbage).expect("a write");
    refused(
        &installation,
        installation.run("serve").await,
        69,
        "is not a SQLite database",
    );
    assert_eq!(std::fs::read(&file).expect("the database"), garbage);

    let cut = &good[..good.len() / 2];
    std::fs::write(&file, cut).expect("a write");
    refused(&installation, installation.run("serve").await, 69, "damaged");
    std::fs::write(&file, &good).expect("a write");
    Relay::start(&installation).await.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_folder_that_is_missing_or_no_folder_is_refused() {
    let world = world().await;
    let installation = Installation::new(&world).await;
    std::fs::write(installation.path("file"), "").expect("a file");
    for data in ["nowhere", "file"] {
        let ended = installation.run(&format!("serve --set data={data}")).await;
        refused(
            &installation,
            ended,
            69,
            &format!("the data folder {data} cannot be used"),
        );
        assert!(!installation.path("nowhere").exists());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_control_socket_with_too_long_a_path_is_refused_before_anything_listens() {
    let world = world().await;
    let installation = Installation::new(&world).await;
    let (long, address) = ("x".repeat(120), free_address());
    let line = format!("serve --set listen.address={address} --set admin.socket={long}");
    let ended = installation.run(&line).await;
    assert_eq!((ended.code, &*ended.out), (Some(64), ""), "{}", ended.err);
    assert!(
        ended
            .err
            .contains("admin.socket: the socket's path may have at most 107 bytes"),
        "{}",
        ended.err
    );
    TcpListener::bind(address).expect("nothing listens there");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_control_socket_that_cannot_be_made_is_refused_with_nothing_left_listening() {
    let world = world().await;
    let installation = Installation::new(&world).await;
    let address = free_address();
    let line = format!("serve --set listen.address={address} --set admin.socket=nowhere/control.sock");
    refused(
        &installation,
        installation.run(&line).await,
        69,
        "nowhere/control.sock",
    );
    TcpListener::bind(address).expect("nothing listens there");
    Relay::start(&installation).await.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_control_socket_in_the_place_of_something_else_is_refused_and_that_left_alone() {
    let world = world().await;
    let (installation, other) = (Installation::new(&world).await, Installation::new(&world).await);
    std::fs::write(installation.path("data/precious"), "kept").expect("a file");
    let ended = installation.run("serve --set admin.socket=data/precious").await;
    refused(&installation, ended, 69, "no socket");
    assert_eq!(
        std::fs::read(installation.path("data/precious")).expect("the file"),
        b"kept"
    );

    let relay = Relay::start(&other).await;
    let socket = other.path("data/control.sock");
    let ended = installation
        .run(&format!("serve --set admin.socket={}", socket.display()))
        .await;
    refused(&installation, ended, 69, "another process listens");
    assert!(other.run("status").await.ok().out.contains("running"));
    drop(relay);
}
