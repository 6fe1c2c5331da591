//! A node over real sockets.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use futures_util::{SinkExt, StreamExt};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::*;
use crate::client::{Client, bytes, events, json};
use crate::record::sha256_hex;

async fn node() -> (NodeFake, Client) {
    let node = NodeFake::start("gpu-1").await.unwrap();
    let client = Client::new(&node.server.url(), "");
    (node, client)
}

#[tokio::test]
async fn health_says_what_it_was_told_to() {
    let (node, client) = node().await;
    let healthy = client.get("/health").await;
    assert_eq!(healthy.headers()[NODE_HEADER], "gpu-1");
    assert_eq!(json(healthy).await["status"], "ok");
    node.set_healthy(false);
    assert_eq!(
        client.get("/health").await.status(),
        StatusCode::SERVICE_UNAVAILABLE
    );
    node.set_healthy(true);
    assert_eq!(client.get("/health").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn echo_shows_the_request() {
    let (_node, client) = node().await;
    let request = client
        .request("PUT", "/api/echo/a%2Fb?q=1")
        .header("x-a", "1")
        .body(Body::from("hello"))
        .unwrap();
    let shown = json(client.send(request).await.unwrap()).await;
    assert_eq!(
        (&shown["method"], &shown["path"], &shown["query"]),
        (&"PUT".into(), &"/api/echo/a%2Fb".into(), &"q=1".into())
    );
    assert_eq!(shown["body_sha256"], sha256_hex(b"hello"));
    assert!(
        shown["headers"]
            .as_array()
            .unwrap()
            .contains(&serde_json::json!(["x-a", "1"]))
    );
}

#[tokio::test]
async fn a_stream_ends_with_its_done_event() {
    let (_node, client) = node().await;
    let events = events(&bytes(client.get("/api/stream?events=3").await).await);
    assert_eq!(events.len(), 4);
    assert_eq!(events[3], "{\"events\":3}");
}

#[tokio::test]
async fn chunks_have_no_length_and_big_bodies_have() {
    let (_node, client) = node().await;
    let chunked = client.get("/api/chunked?events=4&bytes=100").await;
    assert!(!chunked.headers().contains_key("content-length"));
    assert_eq!(bytes(chunked).await.len(), 400);
    let big = client.get("/api/big?bytes=200001").await;
    assert_eq!(big.headers()["content-length"], "200001");
    let big = bytes(big).await;
    assert_eq!(big.len(), 200_001);
    assert!(
        big.iter()
            .enumerate()
            .all(|(offset, byte)| usize::from(*byte) == offset % 251)
    );
}

#[tokio::test]
async fn trailers_come_after_the_body_over_h2() {
    let (node, _) = node().await;
    let answer = Client::h2c(&node.server.url(), "").get("/api/trailers").await;
    let collected = answer.into_body().collect().await.unwrap();
    let sum = collected.trailers().unwrap()["x-checksum"]
        .to_str()
        .unwrap()
        .to_owned();
    assert_eq!(sha256_hex(&collected.to_bytes()), sum);
}

#[tokio::test]
async fn any_final_status_can_be_had() {
    let (_node, client) = node().await;
    for code in [200_u16, 204, 304, 404, 418, 503] {
        assert_eq!(client.get(&format!("/api/status/{code}")).await.status(), code);
    }
    assert_eq!(client.get("/api/status/101").await.status(), 400);
}

#[tokio::test]
async fn a_file_is_served_whole_in_part_and_not_at_all() {
    let (_node, client) = node().await;
    let ask = async |name: &str, value: &str| -> Response<Incoming> {
        let request = client
            .request("GET", "/api/file")
            .header(name, value)
            .body(Body::empty())
            .unwrap();
        client.send(request).await.unwrap()
    };
    let whole = bytes(client.get("/api/file").await).await;
    assert_eq!(whole.len(), file::SIZE);
    let part = ask("range", "bytes=1000-1009").await;
    assert_eq!(part.status(), 206);
    assert_eq!(part.headers()["content-range"], "bytes 1000-1009/262144");
    assert_eq!(bytes(part).await, whole[1000..1010]);
    assert_eq!(ask("range", "bytes=262144-").await.status(), 416);
    assert_eq!(ask("if-none-match", "\"fake-file-1\"").await.status(), 304);
}

type Socket = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

async fn socket(node: &NodeFake) -> Socket {
    let url = format!("ws://{}/api/ws", node.server.addr);
    connect_async(url).await.unwrap().0
}

async fn ask(socket: &mut Socket, message: Message) -> Message {
    socket.send(message).await.unwrap();
    socket.next().await.unwrap().unwrap()
}

#[tokio::test]
async fn a_socket_echoes_text_and_bytes_and_answers_pings() {
    let (node, _) = node().await;
    let mut socket = socket(&node).await;
    assert_eq!(
        ask(&mut socket, Message::text("hello")).await,
        Message::text("hello")
    );
    let large = Message::binary(vec![7; 100_000]);
    assert_eq!(ask(&mut socket, large.clone()).await, large);
    assert_eq!(
        ask(&mut socket, Message::Ping("p".into())).await,
        Message::Pong("p".into())
    );
}

#[tokio::test]
async fn a_socket_closes_with_the_code_it_was_asked_for() {
    let (node, _) = node().await;
    let mut socket = socket(&node).await;
    match ask(&mut socket, Message::text("close:4001:enough")).await {
        Message::Close(Some(frame)) => {
            assert_eq!(
                (frame.code, frame.reason.as_str()),
                (CloseCode::from(4001), "enough")
            );
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_client_close_is_answered_with_its_code() {
    let (node, _) = node().await;
    let mut socket = socket(&node).await;
    let frame = tungstenite::protocol::CloseFrame {
        code: CloseCode::Away,
        reason: "bye".into(),
    };
    let answer = ask(&mut socket, Message::Close(Some(frame.clone()))).await;
    assert_eq!(answer, Message::Close(Some(frame)));
}

#[tokio::test]
async fn a_dropped_socket_ends_without_a_close_frame() {
    let (node, _) = node().await;
    let mut socket = socket(&node).await;
    socket.send(Message::text("drop")).await.unwrap();
    assert!(socket.next().await.is_none_or(|end| end.is_err()));
}

#[tokio::test]
async fn an_offered_subprotocol_is_taken() {
    let (node, _) = node().await;
    let mut request = format!("ws://{}/api/ws", node.server.addr)
        .into_client_request()
        .unwrap();
    request
        .headers_mut()
        .insert("sec-websocket-protocol", "realtime, other".parse().unwrap());
    let (_, answer) = connect_async(request).await.unwrap();
    assert_eq!(answer.headers()["sec-websocket-protocol"], "realtime");
    assert_eq!(answer.headers()[NODE_HEADER], "gpu-1");
}

#[tokio::test]
async fn a_stopped_node_breaks_its_sockets() {
    let (node, _) = node().await;
    let mut socket = socket(&node).await;
    node.server.stop().await;
    assert!(socket.next().await.is_none_or(|end| end.is_err()));
}
