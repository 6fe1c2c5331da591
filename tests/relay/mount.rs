//! What answers under `/manage`: pieces pass both ways when they come, and each side notices that the other has gone.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{Response, StatusCode};
use potluck::edge::mount::{Call, Mounted, Said};
use potluck_fakes::node::NodeFake;
use reqwest::Client;
use tokio::sync::{mpsc, oneshot};

use crate::world::{World, client, gpu};

/// A control plane that a test speaks for: it is handed each call as it comes.
struct Spoken(mpsc::UnboundedSender<(Call, mpsc::Sender<Said>)>);

impl Mounted for Spoken {
    fn begin(&self, call: Call, answer: mpsc::Sender<Said>) {
        let _ = self.0.send((call, answer));
    }

    fn front(&self) -> &'static str {
        "/manage/docs"
    }
}

type Calls = mpsc::UnboundedReceiver<(Call, mpsc::Sender<Said>)>;

async fn world() -> (World, Calls) {
    let node = NodeFake::start("gpu-1").await.unwrap();
    let world = gpu(&[node]).start();
    let (spoken, calls) = mpsc::unbounded_channel();
    world.edge.mount(Arc::new(Spoken(spoken)));
    (world, calls)
}

/// Clients of both protocols.
fn clients() -> [Client; 2] {
    let h2 = Client::builder().no_proxy().http2_prior_knowledge();
    [client(), h2.build().unwrap()]
}

fn head(status: StatusCode, kind: &'static str) -> Said {
    let answer = Response::builder().status(status).header("content-type", kind);
    Said::Head(Box::new(answer.body(()).unwrap().into_parts().0))
}

fn piece(text: &'static str) -> Said {
    Said::Piece(Bytes::from_static(text.as_bytes()))
}

#[tokio::test(flavor = "multi_thread")]
async fn events_pass_one_by_one_and_whoever_leaves_is_missed() {
    let (world, mut calls) = world().await;
    for client in clients() {
        let asked = client.get(world.url("/manage/v1/events?topics=keys")).send();
        let asked = tokio::spawn(asked);
        let (call, answer) = calls.recv().await.unwrap();
        assert_eq!(
            call.head.uri.path_and_query().unwrap(),
            "/manage/v1/events?topics=keys"
        );
        assert_eq!(call.peer, Some(IpAddr::from([127, 0, 0, 1])));
        assert_eq!(call.head.headers["host"], world.address.to_string());
        answer
            .send(head(StatusCode::OK, "text/event-stream"))
            .await
            .unwrap();
        let mut response = asked.await.unwrap().unwrap();
        assert_eq!(response.headers()["x-request-id"], &*call.request_id);
        // A stream of events is nothing that a stop waits for.
        world.idle().await;
        for text in ["data: 1\n\n", "data: 2\n\n"] {
            answer.send(piece(text)).await.unwrap();
            assert_eq!(response.chunk().await.unwrap().unwrap(), text);
        }
        drop(response);
        drop(client);
        answer.closed().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_handed_over_in_pieces_and_its_answer_ends() {
    let (world, mut calls) = world().await;
    for client in clients() {
        let (more, rest) = oneshot::channel::<&str>();
        let body = futures_util::stream::once(async { Ok::<_, std::io::Error>("first ") });
        let body = futures_util::StreamExt::chain(
            body,
            futures_util::stream::once(async { Ok(rest.await.unwrap()) }),
        );
        let asked = client
            .post(world.url("/manage/v1/keys"))
            .body(reqwest::Body::wrap_stream(body))
            .send();
        let asked = tokio::spawn(asked);
        let (mut call, answer) = calls.recv().await.unwrap();
        assert_eq!(call.body.recv().await.unwrap().unwrap(), "first ");
        more.send("last").unwrap();
        assert_eq!(call.body.recv().await.unwrap().unwrap(), "last");
        assert!(call.body.recv().await.is_none());
        answer
            .send(head(StatusCode::CREATED, "application/json"))
            .await
            .unwrap();
        answer.send(piece("{}")).await.unwrap();
        drop(answer);
        let response = asked.await.unwrap().unwrap();
        assert_eq!(response.status(), 201);
        assert_eq!(response.text().await.unwrap(), "{}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_too_long_is_refused_and_one_that_nobody_wants_is_no_harm() {
    let (world, mut calls) = world().await;
    let long = client()
        .post(world.url("/manage/v1/keys"))
        .body(vec![b'x'; (16 << 20) + 1]);
    assert_eq!(long.send().await.unwrap().status(), 413);
    assert!(calls.try_recv().is_err());
    for client in clients() {
        let asked = client
            .post(world.url("/manage/v1/keys"))
            .body(vec![b'x'; 1 << 20])
            .send();
        let asked = tokio::spawn(asked);
        let (call, answer) = calls.recv().await.unwrap();
        drop(call);
        answer
            .send(head(StatusCode::UNAUTHORIZED, "application/json"))
            .await
            .unwrap();
        drop(answer);
        assert_eq!(asked.await.unwrap().unwrap().status(), 401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_control_plane_that_says_nothing_or_breaks_off_is_no_whole_answer() {
    let (world, mut calls) = world().await;
    let asked = tokio::spawn(client().get(world.url("/manage/docs")).send());
    drop(calls.recv().await.unwrap());
    assert_eq!(asked.await.unwrap().unwrap().status(), 500);
    for client in clients() {
        let asked = tokio::spawn(client.get(world.url("/manage/docs")).send());
        let (_call, answer) = calls.recv().await.unwrap();
        answer.send(head(StatusCode::OK, "text/html")).await.unwrap();
        answer.send(piece("<!doctype")).await.unwrap();
        let mut response = asked.await.unwrap().unwrap();
        assert_eq!(response.chunk().await.unwrap().unwrap(), "<!doctype");
        answer.send(Said::Broken).await.unwrap();
        assert!(response.chunk().await.is_err());
    }
    world.idle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_root_leads_there_and_only_what_stands_under_manage_is_handed_over() {
    let (world, mut calls) = world().await;
    let root = client().get(world.url("/")).send().await.unwrap();
    assert_eq!(
        (root.status().as_u16(), &root.headers()["location"]),
        (302, &"/manage/docs".parse().unwrap())
    );
    for path in ["/managed", "/x/manage/v1/keys", "/%6danage/v1/keys"] {
        let answer = client().get(world.url(path)).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{path}");
    }
    assert!(calls.try_recv().is_err());
    let head_only = tokio::spawn(client().head(world.url("/manage")).send());
    let (call, answer) = calls.recv().await.unwrap();
    assert_eq!(call.head.method, "HEAD");
    answer.send(head(StatusCode::OK, "text/html")).await.unwrap();
    drop(answer);
    let answer = head_only.await.unwrap().unwrap();
    assert_eq!(
        (answer.status().as_u16(), answer.text().await.unwrap().len()),
        (200, 0)
    );

    let node = NodeFake::start("gpu-1").await.unwrap();
    let bare = gpu(&[node]).start();
    for path in ["/", "/manage/v1/keys"] {
        assert_eq!(
            client().get(bare.url(path)).send().await.unwrap().status(),
            404,
            "{path}"
        );
    }
}
