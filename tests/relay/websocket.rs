//! WebSockets: the conversation passes as it is, the keys do not.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use potluck_fakes::fault::Fault;
use potluck_fakes::node::NodeFake;
use potluck_filters::limit::Limit;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Response;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::ask::refusal;
use crate::world::{CLIENT_KEY, Plan, World, gpu};

/// Messages of a MiB each: more than all the sockets between two sides hold.
const LOUD: usize = 16;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn dial(world: &World, headers: &[(&'static str, String)]) -> Result<(Socket, Response), Error> {
    dial_at(world, "/api/ws", headers).await
}

async fn dial_at(
    world: &World,
    path: &str,
    headers: &[(&'static str, String)],
) -> Result<(Socket, Response), Error> {
    let mut request = format!("ws://{}{path}", world.address)
        .into_client_request()
        .unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    connect_async(request).await
}

fn key() -> [(&'static str, String); 1] {
    [("authorization", format!("Bearer {CLIENT_KEY}"))]
}

async fn node() -> (NodeFake, Plan) {
    let node = NodeFake::start("gpu-1").await.unwrap();
    let plan = gpu(std::slice::from_ref(&node));
    (node, plan)
}

fn large() -> Vec<u8> {
    (0..1 << 20).map(|n| (n % 251) as u8).collect()
}

async fn echoed(socket: &mut Socket, message: Message) -> Message {
    socket.send(message).await.unwrap();
    socket.next().await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn text_and_binary_frames_of_all_sizes_come_back() {
    let (node, plan) = node().await;
    let world = plan.start();
    let (mut socket, answer) = dial(&world, &key()).await.unwrap();
    assert!(answer.headers().contains_key("x-request-id"));
    let large = large();
    for message in [
        Message::text("hello"),
        Message::binary(vec![0, 1, 2]),
        Message::binary(large),
        Message::text(""),
    ] {
        assert_eq!(echoed(&mut socket, message.clone()).await, message);
    }
    assert_eq!(world.leases(), 1);
    socket.close(None).await.unwrap();
    while socket.next().await.is_some_and(|message| message.is_ok()) {}
    world.idle().await;
    assert_eq!(world.leases(), 0);
    let record = node.server.records.all().remove(0);
    assert!(
        record
            .headers
            .iter()
            .all(|(_, value)| !value.contains(CLIENT_KEY))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn close_codes_pass_and_so_does_a_mere_end() {
    let (_node, plan) = node().await;
    let world = plan.start();
    let (mut socket, _) = dial(&world, &key()).await.unwrap();
    let expected = CloseFrame {
        code: CloseCode::from(4001),
        reason: "bye".into(),
    };
    assert_eq!(
        echoed(&mut socket, Message::text("close:4001:bye")).await,
        Message::Close(Some(expected))
    );
    drop(socket);
    let (mut socket, _) = dial(&world, &key()).await.unwrap();
    socket.send(Message::text("drop")).await.unwrap();
    assert!(matches!(socket.next().await, None | Some(Err(_))));
    drop(socket);
    world.idle().await;
    assert_eq!(world.leases(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_the_subprotocol_is_taken_and_goes_no_further() {
    let (node, plan) = node().await;
    let world = plan.start();
    let offered = format!("echo, openai-insecure-api-key.{CLIENT_KEY}");
    let (mut socket, answer) = dial(&world, &[("sec-websocket-protocol", offered)])
        .await
        .unwrap();
    assert_eq!(answer.headers()["sec-websocket-protocol"], "echo");
    assert_eq!(echoed(&mut socket, Message::text("x")).await, Message::text("x"));
    let record = node.server.records.all().remove(0);
    assert_eq!(record.header("sec-websocket-protocol"), Some("echo"));
    assert!(record.headers.iter().all(|(_, value)| !value.contains("np-")));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_there_is_no_socket() {
    let (node, plan) = node().await;
    let world = plan.start();
    let Err(Error::Http(answer)) = dial(&world, &[]).await else {
        panic!("a refusal was expected")
    };
    assert_eq!(answer.status(), 401);
    assert_eq!(node.server.records.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_upgrade_passes_through() {
    let (node, plan) = node().await;
    let world = plan.start();
    node.server
        .faults
        .push("*", Fault::text(418, "no sockets today"), 1);
    let Err(Error::Http(answer)) = dial(&world, &key()).await else {
        panic!("a refusal was expected")
    };
    assert_eq!(answer.status(), 418);
    world.idle().await;
    assert_eq!(world.leases(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_or_busy_node_is_left_for_the_next() {
    let nodes = [
        NodeFake::start("dead").await.unwrap(),
        NodeFake::start("busy").await.unwrap(),
        NodeFake::start("well").await.unwrap(),
    ];
    let world = gpu(&nodes).start();
    let [dead, busy, well] = nodes;
    dead.server.stop().await;
    busy.server.faults.push("*", Fault::text(429, "full"), usize::MAX);
    for _ in 0..3 {
        let (mut socket, _) = dial(&world, &key()).await.unwrap();
        assert_eq!(echoed(&mut socket, Message::text("x")).await, Message::text("x"));
    }
    assert_eq!(well.server.records.count(), 3);
    world.idle().await;
    assert_eq!(world.leases(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_keys_refusal_is_not_the_clients() {
    let (node, plan) = node().await;
    let mut plan = plan;
    plan.layout.upstreams[0].keyed = true;
    plan.layout.upstreams[0].judge =
        potluck_filters::judge::JudgeTable::for_kind(potluck_filters::model::Kind::Http);
    let world = plan.with_pool_keys("gpu", &["secret-1", "secret-2"]).start();
    node.server.faults.push("secret-1", Fault::text(401, "no"), 1);
    let (mut socket, _) = dial(&world, &key()).await.unwrap();
    assert_eq!(echoed(&mut socket, Message::text("x")).await, Message::text("x"));
    assert_eq!(world.pool("gpu", "cooling"), 1);
    drop(socket);
    world.idle().await;
    node.server.faults.push("*", Fault::text(401, "no"), usize::MAX);
    let Err(Error::Http(answer)) = dial(&world, &key()).await else {
        panic!("a refusal was expected")
    };
    assert_eq!(answer.status(), 502);
    world.idle().await;
    assert_eq!(world.leases(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_socket_outlives_the_time_limits_of_requests() {
    let (_node, mut plan) = node().await;
    plan.settings.client_read = Duration::from_millis(50);
    plan.layout.upstreams[0].timeouts.idle = Duration::from_millis(50);
    plan.layout.upstreams[0].timeouts.total = Duration::from_secs(1);
    let world = plan.start();
    let (mut socket, _) = dial(&world, &key()).await.unwrap();
    let silence = tokio::time::timeout(Duration::from_millis(1_300), socket.next()).await;
    assert!(silence.is_err(), "{silence:?}");
    assert_eq!(echoed(&mut socket, Message::text("x")).await, Message::text("x"));
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_count_as_requests_in_flight() {
    let (_node, mut plan) = node().await;
    plan.client_keys[0].concurrency = Limit::AtMost(1);
    let world = plan.start();
    let (socket, _) = dial(&world, &key()).await.unwrap();
    assert_eq!(
        refusal(world.get("/api/echo")).await,
        (429, "concurrency_limited".to_owned())
    );
    drop(socket);
    world.idle().await;
    assert_eq!(crate::ask::sent(world.get("/api/echo")).await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clients_close_code_reaches_the_node_which_answers_it() {
    let (_node, plan) = node().await;
    let world = plan.start();
    for code in [1000, 1001, 1011, 4002] {
        let (mut socket, _) = dial(&world, &key()).await.unwrap();
        let sent = CloseFrame {
            code: CloseCode::from(code),
            reason: "enough".into(),
        };
        socket.close(Some(sent.clone())).await.unwrap();
        let answer = socket.next().await.unwrap().unwrap();
        let Message::Close(Some(answer)) = answer else {
            panic!("a close was expected, not {answer:?}")
        };
        assert_eq!(answer.code, sent.code);
        assert!(socket.next().await.is_none());
    }
    world.idle().await;
    assert_eq!(world.leases(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn pings_pass_and_keep_a_silent_socket_alive_beyond_its_limit() {
    let (_node, mut plan) = node().await;
    let limit = Duration::from_secs(3);
    plan.layout.upstreams[0].timeouts.websocket = limit;
    let world = plan.start();
    let (mut socket, _) = dial(&world, &key()).await.unwrap();
    let pings = 16;
    for n in 0..pings {
        let ping = Message::Ping(vec![n].into());
        assert_eq!(echoed(&mut socket, ping).await, Message::Pong(vec![n].into()));
        tokio::time::sleep(limit / 12).await;
    }
    assert_eq!(echoed(&mut socket, Message::text("x")).await, Message::text("x"));
    // From here on nobody says anything.
    let ended = tokio::time::timeout(limit * 10, socket.next()).await;
    assert!(matches!(ended, Ok(None | Some(Err(_)))), "{ended:?}");
    world.idle().await;
    assert_eq!(world.leases(), 0);
}

#[test]
fn by_default_a_socket_may_be_silent_for_an_hour() {
    let config = potluck::config::Config::default();
    let layout = config.layout().unwrap();
    for upstream in &layout.upstreams {
        assert_eq!(upstream.timeouts.websocket, Duration::from_secs(3600));
    }
}

/// Nodes close by answer before the relay has finished saying what it asks for.
#[tokio::test(flavor = "multi_thread")]
async fn no_socket_is_lost_between_its_handshake_and_its_first_message() {
    let (_node, plan) = node().await;
    let world = plan.start();
    let one_after_the_other = |_| async {
        for _ in 0..20 {
            let (mut socket, _) = dial(&world, &key()).await.unwrap();
            assert_eq!(echoed(&mut socket, Message::text("x")).await, Message::text("x"));
        }
    };
    futures_util::future::join_all((0..20).map(one_after_the_other)).await;
}

/// The node reads nothing while it answers.
#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_may_be_loud_in_both_directions_at_once() {
    let (_node, plan) = node().await;
    let world = plan.start();
    let (socket, _) = dial(&world, &key()).await.unwrap();
    let (mut mouth, mut ear) = socket.split();
    let large = large();
    let speaking = async {
        for _ in 0..LOUD {
            mouth.send(Message::binary(large.clone())).await.unwrap();
        }
    };
    let listening = async {
        for _ in 0..LOUD {
            assert_eq!(ear.next().await.unwrap().unwrap().into_data(), large);
        }
    };
    tokio::join!(speaking, listening);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_may_say_all_before_it_listens() {
    let (_node, plan) = node().await;
    let world = plan.start();
    let (mut socket, _) = dial_at(&world, "/api/ws/eager", &key()).await.unwrap();
    let large = large();
    for _ in 0..LOUD {
        socket.send(Message::binary(large.clone())).await.unwrap();
    }
    for _ in 0..LOUD {
        assert_eq!(socket.next().await.unwrap().unwrap().into_data(), large);
    }
}

/// It takes nothing, and nothing passes the other way.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_never_listens_is_left_in_the_end() {
    let (_node, mut plan) = node().await;
    plan.settings.client_write = Duration::from_millis(200);
    plan.settings.min_send_rate = 0;
    let world = plan.start();
    let (socket, _) = dial_at(&world, "/api/ws/eager", &key()).await.unwrap();
    let (mut mouth, _ear) = socket.split();
    let large = large();
    for _ in 0..LOUD {
        // On a slow machine it is left before it has said all.
        if mouth.send(Message::binary(large.clone())).await.is_err() {
            break;
        }
    }
    world.idle().await;
    assert_eq!(world.leases(), 0);
}
