//! How long an account is held: as long as the upstream works on it, whatever its client does.

use std::time::Duration;

use potluck_fakes::fault::Fault;
use potluck_fakes::novelai::Settings;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::ask::{image_request, image_stream_request, sent};
use crate::raw::{connect, head, read_head};
use crate::world::{World, novelai};

async fn asking(world: &World, path: &str, body: &serde_json::Value) -> TcpStream {
    let mut socket = connect(world).await;
    let body = body.to_string();
    let lines = format!(
        "content-type: application/json\r\ncontent-length: {}\r\n",
        body.len()
    );
    let request = format!("{}{body}", head("POST", path, &lines));
    socket.write_all(request.as_bytes()).await.unwrap();
    socket
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_is_served_before_a_slow_reader_has_read() {
    let settings = Settings {
        image_filler: 6 << 20,
        ..Settings::default()
    };
    let upstream = novelai(1, settings).await;
    let world = upstream.plan().start();
    upstream.fake.hold();
    let mut slow = asking(&world, "/ai/generate-image", &image_request()).await;
    upstream.accounts[0].until_busy().await;
    let next = tokio::spawn(sent(world.image()));
    world.until_waiting(1).await;
    upstream.fake.release();
    // It reads its head and no more.
    assert_eq!(read_head(&mut slow).await.status, 200);
    assert_eq!(next.await.unwrap().status(), 200);
    assert_eq!(
        (
            upstream.accounts[0].images(),
            upstream.accounts[0].lock_refusals()
        ),
        (2, 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_gets_the_account_of_who_left_once_it_is_free_and_no_sooner() {
    let upstream = novelai(1, Settings::default()).await;
    let world = upstream.plan().start();
    upstream.fake.hold();
    let left = asking(&world, "/ai/generate-image-stream", &image_stream_request("sse")).await;
    upstream.accounts[0].until_busy().await;
    let next = tokio::spawn(sent(world.image()));
    world.until_waiting(1).await;
    drop(left);
    for _ in 0..100 {
        tokio::task::yield_now().await;
        assert_eq!((world.queue("waiting"), world.leases()), (1, 1));
    }
    upstream.fake.release();
    assert_eq!(next.await.unwrap().status(), 200);
    assert_eq!(
        (
            upstream.accounts[0].images(),
            upstream.accounts[0].lock_refusals()
        ),
        (2, 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_whose_connection_broke_is_kept_until_its_work_should_be_done() {
    let settings = Settings {
        image_duration: Duration::from_secs(2),
        ..Settings::default()
    };
    let upstream = novelai(1, settings).await;
    let world = upstream.plan().start();
    let stream = || {
        world
            .post("/ai/generate-image-stream")
            .json(&image_stream_request("sse"))
    };
    // From this one it learns how long such images take.
    assert_eq!(
        sent(stream())
            .await
            .text()
            .await
            .unwrap()
            .matches("event: final")
            .count(),
        1
    );
    world.idle().await;
    // The next one is done before it should be, however busy this machine is then.
    upstream
        .fake
        .change(|settings| settings.image_duration = Duration::from_millis(200));
    let reset = Fault::ResetMidBody { after: 1 };
    upstream.server.faults.push(&upstream.tokens[0], reset, 1);
    let broken = sent(stream()).await;
    assert!(
        broken.status() != 200
            || broken
                .text()
                .await
                .is_ok_and(|text| text.contains("event: error"))
    );
    world.idle().await;
    assert_eq!(world.leases(), 0, "the request has ended");
    assert_eq!(world.pool("novelai", "ready"), 0, "and the account works on");
    assert_eq!(sent(world.image()).await.status(), 200);
    assert_eq!(
        (
            upstream.accounts[0].images(),
            upstream.accounts[0].lock_refusals()
        ),
        (3, 0)
    );
}
