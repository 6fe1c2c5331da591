//! Each fault does on the wire what it says, over HTTP/1.1, h2c and TLS.

use std::pin::Pin;
use std::time::Duration;

use axum::routing::{any, get};
use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode};
use openssl::x509::X509;
use openssl::x509::store::X509StoreBuilder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;
use crate::client::{Client, bytes, chunk, drain, hyper_error, io_kind};
use crate::fault::{ANY, Fault};

const LENGTH: usize = 5000;

async fn server() -> FakeServer {
    FakeServer::start(site(), Faults::new(), Records::new())
        .await
        .unwrap()
}

fn site() -> Router {
    let chunked = || async {
        let pieces = (0..5).map(|_| Ok::<_, io::Error>(vec![b'x'; LENGTH / 5]));
        axum::body::Body::from_stream(futures_util::stream::iter(pieces))
    };
    Router::new()
        .route("/sized", any(|| async { "x".repeat(LENGTH) }))
        .route("/chunked", get(chunked))
        .route("/one", get(|| async { "one" }))
}

async fn struck(fault: Fault) -> (FakeServer, Client) {
    let server = server().await;
    server.faults.push(ANY, fault, 1);
    let client = Client::new(&server.url(), "key");
    (server, client)
}

#[tokio::test]
async fn connections_are_counted_and_kept_alive() {
    let server = server().await;
    let client = Client::new(&server.url(), "");
    for _ in 0..3 {
        assert_eq!(bytes(client.get("/one").await).await, "one");
    }
    assert_eq!(server.connections(), 1);
    assert_eq!(
        server
            .records
            .all()
            .iter()
            .map(|record| record.connection)
            .collect::<Vec<_>>(),
        [0, 0, 0]
    );
}

#[tokio::test]
async fn requests_are_recorded_as_they_were_sent() {
    let server = server().await;
    let client = Client::new(&server.url(), "secret");
    let request = client
        .request("POST", "/sized?a=%2F")
        .header("x-a", "1")
        .header("x-a", "2");
    let answer = client.send(request.body("hello".into()).unwrap()).await.unwrap();
    assert_eq!(bytes(answer).await.len(), LENGTH);
    let records = server.records.wait_ended(1).await;
    let record = &records[0];
    assert_eq!(record.target, "/sized?a=%2F");
    assert_eq!(record.credential, "secret");
    assert_eq!(record.headers.iter().filter(|(name, _)| name == "x-a").count(), 2);
    assert_eq!(record.body, "hello");
    assert_eq!(
        record.body_sha256(),
        "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    );
    assert!(record.body_complete && !record.client_left);
    assert_eq!(record.status, Some(200));
}

#[tokio::test]
async fn h2c_with_prior_knowledge_is_served_and_recorded_as_such() {
    let server = server().await;
    let client = Client::h2c(&server.url(), "key");
    assert_eq!(bytes(client.get("/chunked").await).await.len(), LENGTH);
    assert_eq!(
        server.records.wait_ended(1).await[0].version,
        axum::http::Version::HTTP_2
    );
}

#[tokio::test]
async fn a_canned_status_replaces_the_answer_once() {
    let (_server, client) = struck(Fault::cloudflare_html(403)).await;
    let refused = client.get("/one").await;
    assert_eq!(refused.status(), 403);
    assert_eq!(refused.headers()["content-type"], "text/html; charset=UTF-8");
    assert_eq!(refused.headers()["server"], "cloudflare");
    assert!(bytes(refused).await.starts_with(b"<!DOCTYPE html>"));
    assert_eq!(client.get("/one").await.status(), 200);
}

#[tokio::test]
async fn a_reset_is_seen_as_connection_reset() {
    let (server, client) = struck(Fault::Reset).await;
    let error = client.try_get("/one").await.unwrap_err();
    assert_eq!(
        io_kind(error.as_ref()),
        Some(io::ErrorKind::ConnectionReset),
        "{error:?}"
    );
    assert!(!server.records.wait_ended(1).await[0].client_left);
}

#[tokio::test]
async fn a_reset_in_mid_body_comes_after_the_bytes_before_it() {
    for path in ["/sized", "/chunked"] {
        let (_server, client) = struck(Fault::ResetMidBody { after: 1234 }).await;
        let (read, error) = drain(client.get(path).await.into_body()).await;
        assert_eq!(read.len(), 1234, "{path}");
        assert_eq!(
            io_kind(&error.unwrap()),
            Some(io::ErrorKind::ConnectionReset),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_truncated_body_is_an_incomplete_message_and_no_reset() {
    for path in ["/sized", "/chunked"] {
        let (_server, client) = struck(Fault::Truncate { after: 1234 }).await;
        let (read, error) = drain(client.get(path).await.into_body()).await;
        let error = error.unwrap();
        assert_eq!(read.len(), 1234, "{path}");
        assert_ne!(
            io_kind(&error),
            Some(io::ErrorKind::ConnectionReset),
            "{path}: {error:?}"
        );
    }
}

#[tokio::test]
async fn a_truncated_body_leaves_its_length_unmet_on_the_wire() {
    let (server, _) = struck(Fault::Truncate { after: 10 }).await;
    let wire = raw(&server, b"GET /sized HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    assert!(wire.contains("content-length: 5000\r\n"));
    assert!(wire.ends_with("\r\n\r\nxxxxxxxxxx"));
}

#[tokio::test]
async fn chunks_may_end_without_their_end_mark() {
    let (server, _) = struck(Fault::Truncate { after: usize::MAX }).await;
    let wire = raw(&server, b"GET /chunked HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(wire.matches('x').count(), LENGTH);
    assert!(!wire.ends_with("0\r\n\r\n"));
}

/// All that the server sends until it closes.
async fn raw(server: &FakeServer, request: &[u8]) -> io::Result<String> {
    let mut socket = TcpStream::connect(server.addr).await?;
    socket.write_all(request).await?;
    let mut read = Vec::new();
    socket.read_to_end(&mut read).await?;
    Ok(String::from_utf8_lossy(&read).into_owned())
}

#[tokio::test]
async fn a_hang_before_headers_ends_with_the_client_and_is_recorded() {
    let (server, client) = struck(Fault::HangBeforeHeaders).await;
    let asking = tokio::spawn(async move { client.try_get("/one").await.map(drop) });
    assert_eq!(server.records.wait_for(1).await[0].ended, None);
    asking.abort();
    let records = server.records.wait_ended(1).await;
    assert!(records[0].client_left);
    assert_eq!(records[0].status, None);
}

#[tokio::test]
async fn an_h2_stream_that_is_given_up_is_recorded_and_its_connection_stays() {
    let server = server().await;
    server.faults.push(ANY, Fault::HangBeforeHeaders, 1);
    let client = Arc::new(Client::h2c(&server.url(), "key"));
    assert_eq!(server.connections(), 0);
    let asking = tokio::spawn({
        let client = Arc::clone(&client);
        async move { client.try_get("/one").await.map(drop) }
    });
    server.records.wait_for(1).await;
    asking.abort();
    assert!(server.records.wait_ended(1).await[0].client_left);
    assert_eq!(bytes(client.get("/one").await).await, "one");
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_hang_ends_with_a_release() {
    let (server, client) = struck(Fault::HangBeforeHeaders).await;
    let asking = tokio::spawn(async move { bytes(client.get("/one").await).await });
    server.records.wait_for(1).await;
    server.faults.release();
    assert_eq!(asking.await.unwrap(), "one");
    assert!(!server.records.wait_ended(1).await[0].client_left);
}

#[tokio::test]
async fn a_hang_in_mid_body_holds_the_rest_until_release() {
    let (server, client) = struck(Fault::HangMidBody { after: 100 }).await;
    let mut body = client.get("/sized").await.into_body();
    assert_eq!(chunk(&mut body).await.unwrap().unwrap().len(), 100);
    server.faults.release();
    assert_eq!(drain(body).await.0.len(), LENGTH - 100);
}

#[tokio::test]
async fn a_client_that_leaves_in_mid_body_is_recorded() {
    let (server, client) = struck(Fault::HangMidBody { after: 100 }).await;
    let mut body = client.get("/sized").await.into_body();
    assert_eq!(chunk(&mut body).await.unwrap().unwrap().len(), 100);
    drop(body);
    assert!(server.records.wait_ended(1).await[0].client_left);
}

#[tokio::test]
async fn a_drip_comes_in_pieces_and_is_whole() {
    let (_server, client) = struck(Fault::Drip {
        chunk: 1000,
        pause: Duration::from_millis(3),
    })
    .await;
    let mut body = client.get("/sized").await.into_body();
    let mut sizes = Vec::new();
    while let Some(piece) = chunk(&mut body).await {
        sizes.push(piece.unwrap().len());
    }
    assert_eq!(sizes, [1000; 5]);
}

#[tokio::test]
async fn an_early_answer_comes_before_the_body_was_sent() {
    let (server, _) = struck(Fault::Early { code: 429 }).await;
    let mut socket = TcpStream::connect(server.addr).await.unwrap();
    socket
        .write_all(b"POST /sized HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\nab")
        .await
        .unwrap();
    let mut head = [0; 12];
    socket.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 429");
    assert!(!server.records.all()[0].body_complete);
}

#[tokio::test]
async fn a_deaf_server_takes_no_more_than_the_sockets_hold() {
    let (server, client) = struck(Fault::Deaf).await;
    let endless = futures_util::stream::repeat_with(|| Ok::<_, io::Error>(vec![0; 1 << 16]));
    let request = client
        .request("POST", "/sized")
        .body(axum::body::Body::from_stream(endless))
        .unwrap();
    let sending = tokio::spawn(async move { client.send(request).await.map(drop) });
    server.records.wait_for(1).await;
    server.faults.release();
    assert!(sending.await.unwrap().is_err());
}

#[tokio::test]
async fn an_upload_that_breaks_off_is_recorded_as_incomplete() {
    let server = server().await;
    let mut socket = TcpStream::connect(server.addr).await.unwrap();
    socket
        .write_all(b"POST /sized HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc")
        .await
        .unwrap();
    drop(socket);
    let record = &server.records.wait_ended(1).await[0];
    assert!(record.client_left && !record.body_complete);
    assert_eq!(record.body, "abc");
}

#[tokio::test]
async fn faults_on_h2_break_the_stream() {
    let server = server().await;
    let client = Client::h2c(&server.url(), "key");
    server.faults.push("key", Fault::Truncate { after: 10 }, 1);
    let (read, error) = drain(client.get("/sized").await.into_body()).await;
    assert!(read.len() <= 10 && error.is_some());
    server.faults.push("key", Fault::Reset, 1);
    assert!(hyper_error(client.try_get("/one").await.unwrap_err().as_ref()).is_some());
    assert_eq!(bytes(client.get("/one").await).await, "one");
}

#[tokio::test]
async fn a_stopped_server_frees_its_port_and_its_connections() {
    let server = server().await;
    let addr = server.addr;
    let client = Client::new(&server.url(), "");
    assert_eq!(client.get("/one").await.status(), 200);
    let mut idle = TcpStream::connect(addr).await.unwrap();
    idle.write_all(b"GET /one HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    server.records.wait_ended(2).await;
    server.stop().await;
    let mut rest = Vec::new();
    // The kernel may say either that the stream ended or that it broke.
    let _ = idle.read_to_end(&mut rest).await;
    assert!(client.try_get("/one").await.is_err());
    let again = FakeServer::start_on(addr, site(), Faults::new(), Records::new())
        .await
        .unwrap();
    assert_eq!(bytes(client.get("/one").await).await, "one");
    again.stop().await;
}

#[tokio::test]
async fn a_client_that_trusts_the_authority_gets_h2_over_tls() {
    let server = FakeServer::start_tls(site(), Faults::new(), Records::new())
        .await
        .unwrap();
    let mut store = X509StoreBuilder::new().unwrap();
    store
        .add_cert(X509::from_pem(server.ca_pem.as_ref().unwrap().as_bytes()).unwrap())
        .unwrap();
    let mut connector = SslConnector::builder(SslMethod::tls_client()).unwrap();
    connector.set_verify(SslVerifyMode::PEER);
    connector.set_cert_store(store.build());
    connector.set_alpn_protos(b"\x02h2\x08http/1.1").unwrap();
    let connector = connector.build();
    for name in ["localhost", "127.0.0.1"] {
        let ssl = connector.configure().unwrap().into_ssl(name).unwrap();
        let socket = TcpStream::connect(server.addr).await.unwrap();
        let mut stream = tokio_openssl::SslStream::new(ssl, socket).unwrap();
        Pin::new(&mut stream).connect().await.unwrap();
        assert_eq!(stream.ssl().selected_alpn_protocol(), Some(&b"h2"[..]));
    }
    let ssl = connector
        .configure()
        .unwrap()
        .into_ssl("elsewhere.example")
        .unwrap();
    let mut stream =
        tokio_openssl::SslStream::new(ssl, TcpStream::connect(server.addr).await.unwrap()).unwrap();
    assert!(Pin::new(&mut stream).connect().await.is_err());
}

#[tokio::test]
async fn http_1_over_tls_is_served() {
    let server = FakeServer::start_tls(site(), Faults::new(), Records::new())
        .await
        .unwrap();
    let mut connector = SslConnector::builder(SslMethod::tls_client()).unwrap();
    connector.set_verify(SslVerifyMode::NONE);
    let ssl = connector
        .build()
        .configure()
        .unwrap()
        .into_ssl("localhost")
        .unwrap();
    let mut stream =
        tokio_openssl::SslStream::new(ssl, TcpStream::connect(server.addr).await.unwrap()).unwrap();
    Pin::new(&mut stream).connect().await.unwrap();
    stream
        .write_all(b"GET /one HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut read = Vec::new();
    stream.read_to_end(&mut read).await.unwrap();
    assert!(read.ends_with(b"\r\n\r\none"));
}
