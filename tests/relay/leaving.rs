//! Clients that leave or do not read: what becomes of the upstream and of the lease.

use std::time::Duration;

use potluck_fakes::node::NodeFake;
use potluck_fakes::novelai::Settings;
use potluck_fakes::server::FakeServer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::ask::{chat_request, image_request, image_stream_request, refusal, sent};
use crate::raw::{connect, head, read_head};
use crate::world::{World, gpu, novelai, openai};

const FOR_EVER: Duration = Duration::from_secs(600);

/// A client of which nothing but its socket is left.
async fn asking(world: &World, path: &str, body: &serde_json::Value) -> TcpStream {
    let mut socket = connect(world).await;
    let body = body.to_string();
    let lines = format!(
        "content-type: application/json\r\ncontent-length: {}\r\n",
        body.len()
    );
    socket
        .write_all(format!("{}{body}", head("POST", path, &lines)).as_bytes())
        .await
        .unwrap();
    socket
}

/// Until the edge has all its leases back, whoever still writes.
async fn leases_are_back(world: &World) {
    let back = async {
        while world.leases() > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), back)
        .await
        .expect("a lease was not given back");
}

/// The upstream has seen the client leave, and nothing is held any more.
async fn let_go(server: &FakeServer, world: &World) {
    server.records.wait_until(|records| records[0].client_left).await;
    world.idle().await;
    assert_eq!(world.leases(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_openai_upstream_is_let_go_when_the_client_leaves_before_the_answer() {
    let (fake, _, plan) = openai(1).await;
    fake.pace.set_work(FOR_EVER);
    let world = plan.start();
    let socket = asking(&world, "/v1/chat/completions", &chat_request(false)).await;
    fake.server.records.wait_for(1).await;
    assert_eq!(world.leases(), 1);
    drop(socket);
    fake.server
        .records
        .wait_until(|records| records[0].client_left)
        .await;
    world.idle().await;
    assert_eq!((world.leases(), world.pool("vercel", "cooling")), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_openai_upstream_is_let_go_when_the_client_leaves_in_mid_stream() {
    let (fake, _, plan) = openai(1).await;
    let world = plan.start();
    fake.pace.step();
    fake.pace.release(1);
    let mut socket = asking(&world, "/v1/chat/completions", &chat_request(true)).await;
    read_head(&mut socket).await;
    socket.read_u8().await.unwrap();
    drop(socket);
    let_go(&fake.server, &world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_is_let_go_when_the_client_leaves() {
    let node = NodeFake::start("gpu-1").await.unwrap();
    node.pace.step();
    let world = gpu(std::slice::from_ref(&node)).start();
    let mut socket = connect(&world).await;
    socket
        .write_all(head("GET", "/api/stream", "").as_bytes())
        .await
        .unwrap();
    node.server.records.wait_for(1).await;
    drop(socket);
    let_go(&node.server, &world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_h2_that_leaves_lets_the_upstream_go() {
    let (fake, _, plan) = openai(1).await;
    fake.pace.set_work(FOR_EVER);
    let world = plan.start();
    let client = reqwest::Client::builder()
        .no_proxy()
        .http2_prior_knowledge()
        .build()
        .unwrap();
    let request = client
        .post(world.url("/v1/chat/completions"))
        .bearer_auth(crate::world::CLIENT_KEY);
    let asking = tokio::spawn(request.json(&chat_request(false)).send());
    fake.server.records.wait_for(1).await;
    asking.abort();
    let_go(&fake.server, &world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_novelai_account_stays_leased_until_it_is_free_whoever_leaves() {
    for (path, body) in [
        ("/ai/generate-image", image_request()),
        ("/ai/generate-image-stream", image_stream_request("msgpack")),
    ] {
        let upstream = novelai(1, Settings::default()).await;
        let world = upstream.plan().impatient().start();
        upstream.fake.hold();
        let socket = asking(&world, path, &body).await;
        upstream.accounts[0].until_busy().await;
        drop(socket);
        for _ in 0..3 {
            assert_eq!(refusal(world.image()).await, (503, "pool_busy".to_owned()));
            assert_eq!(world.leases(), 1);
        }
        upstream.fake.release();
        upstream.accounts[0].until_idle().await;
        world.idle().await;
        assert_eq!(world.leases(), 0);
        assert_eq!(sent(world.image()).await.status(), 200);
        assert_eq!(
            (
                upstream.accounts[0].images(),
                upstream.accounts[0].lock_refusals()
            ),
            (2, 0),
            "{path}"
        );
        assert!(
            upstream
                .server
                .records
                .all()
                .iter()
                .all(|record| !record.client_left)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_in_mid_image_leaves_the_account_leased() {
    let upstream = novelai(1, Settings::default()).await;
    let world = upstream.plan().impatient().start();
    upstream.fake.hold();
    let mut socket = asking(&world, "/ai/generate-image-stream", &image_stream_request("sse")).await;
    read_head(&mut socket).await;
    socket.read_u8().await.unwrap();
    drop(socket);
    assert_eq!(refusal(world.image()).await, (503, "pool_busy".to_owned()));
    upstream.fake.release();
    world.idle().await;
    assert_eq!((world.leases(), upstream.accounts[0].images()), (0, 1));
    assert!(
        !upstream.server.records.all()[0].client_left,
        "it was read to its end"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_slowly_does_not_keep_the_account() {
    let upstream = novelai(
        1,
        Settings {
            image_filler: 6 << 20,
            ..Settings::default()
        },
    )
    .await;
    let world = upstream.plan().start();
    let mut slow = asking(&world, "/ai/generate-image", &image_request()).await;
    read_head(&mut slow).await;
    leases_are_back(&world).await;
    // The slow one's answer still waits for its reader, and another is served meanwhile.
    assert_eq!(world.edge.in_flight(), 1);
    assert_eq!(sent(world.image()).await.bytes().await.unwrap()[..2], b"PK"[..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_read_at_all_is_cut_off() {
    let node = NodeFake::start("gpu-1").await.unwrap();
    let mut plan = gpu(std::slice::from_ref(&node));
    plan.settings.client_write = Duration::from_millis(100);
    plan.settings.min_send_rate = 0;
    let world = plan.start();
    let mut socket = connect(&world).await;
    socket
        .write_all(head("GET", "/api/big?bytes=100000000", "").as_bytes())
        .await
        .unwrap();
    node.server
        .records
        .wait_until(|records| records.first().is_some_and(|record| record.client_left))
        .await;
    world.idle().await;
    assert_eq!(world.leases(), 0);
}
