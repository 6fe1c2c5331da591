//! Answers are the same bytes in the same pieces, whether they are counted or not: whatever they are, and wherever they
//! are cut.
//!
//! The upstream sends a piece only when the client has the one before it, so whoever held one back would wait for ever.

use std::collections::VecDeque;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use parking_lot::Mutex;
use potluck::spool::channel;
use potluck_fakes::novelai::Settings;
use potluck_filters::meter::Figure::Reported;
use potluck_filters::model::{Kind, Role};
use potluck_filters::usage::UsageEvent;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::ask::{chat_request, image_request, image_stream_request};
use crate::raw::{connect, head, read_head};
use crate::world::{Plan, client, novelai, openai, route, upstream};

/// Long past anything that works.
const HUNG: Duration = Duration::from_secs(20);

/// An answer, and the request that brings it.
struct Case {
    name: &'static str,
    path: &'static str,
    request: Value,
    /// Of the answer's head.
    lines: String,
    body: Vec<u8>,
}

fn gzipped(body: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(body).unwrap();
    packed.finish().unwrap()
}

/// The plainest way to say this in brotli: one stretch that is not packed, and the end.
fn brotlied(body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap() - 1;
    assert!(length < 1 << 16);
    let head = (length << 4 | 1 << 20).to_le_bytes();
    [&head[..3], body, &[3]].concat()
}

async fn body_of(request: reqwest::RequestBuilder) -> Vec<u8> {
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.bytes().await.unwrap().to_vec()
}

/// Answers as upstreams give them, packed in different ways.
async fn cases() -> Vec<Case> {
    let (fake, keys, _) = openai(1).await;
    let images = novelai(1, Settings::default()).await;
    let url = format!("{}/v1/chat/completions", fake.server.url());
    let mut stream = chat_request(true);
    stream["stream_options"] = serde_json::json!({"include_usage": true});
    let chat = |request: &Value| body_of(client().post(&url).bearer_auth(&keys[0]).json(request));
    let (whole, events) = (chat(&chat_request(false)).await, chat(&stream).await);
    let image = |path: &str, request: &Value| {
        let url = format!("{}{path}", images.server.url());
        body_of(client().post(url).bearer_auth(&images.tokens[0]).json(request))
    };
    let frames = image_stream_request("msgpack");
    let zip = image("/ai/generate-image", &image_request()).await;
    let msgpack = image("/ai/generate-image-stream", &frames).await;
    let case = |name, path, request: &Value, lines: &str, body: Vec<u8>| Case {
        name,
        path,
        request: request.clone(),
        lines: format!("{lines}\r\n"),
        body,
    };
    let (chat, json, sse) = (
        "/v1/chat/completions",
        "content-type: application/json",
        "content-type: text/event-stream",
    );
    let packed = |kind: &str, how: &str| format!("{kind}\r\ncontent-encoding: {how}");
    vec![
        case(
            "gzip",
            chat,
            &chat_request(false),
            &packed(json, "gzip"),
            gzipped(&whole),
        ),
        case("br", chat, &stream, &packed(sse, "br"), brotlied(&events)),
        case("JSON", chat, &chat_request(false), json, whole),
        case("SSE", chat, &stream, sse, events),
        case(
            "ZIP",
            "/ai/generate-image",
            &image_request(),
            "content-type: application/x-zip-compressed",
            zip,
        ),
        case(
            "msgpack",
            "/ai/generate-image-stream",
            &frames,
            "content-type: application/x-msgpack",
            msgpack,
        ),
    ]
}

/// Cuts a body anywhere, at least once.
fn cut(body: &[u8], chance: &mut StdRng) -> VecDeque<Vec<u8>> {
    let most = (body.len() / 4).clamp(1, 400);
    let mut rest = body;
    let mut pieces = VecDeque::new();
    while !rest.is_empty() {
        let length = chance.random_range(1..=most.max(rest.len() / 20)).min(rest.len());
        let (piece, after) = rest.split_at(length);
        pieces.push_back(piece.to_vec());
        rest = after;
    }
    pieces
}

/// What the upstream answers next, and the leave to send one piece more.
#[derive(Default)]
struct Script {
    answer: Mutex<(String, VecDeque<Vec<u8>>)>,
}

async fn upstream_of(script: Arc<Script>, leave: Arc<Semaphore>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            answer(socket, &script, &leave).await;
        }
    });
    format!("http://{address}")
}

/// Reads a request and answers it, piece by piece.
async fn answer(socket: TcpStream, script: &Script, leave: &Semaphore) {
    let mut socket = BufReader::new(socket);
    let (mut line, mut length) = (String::new(), 0);
    while socket.read_line(&mut line).await.unwrap() > 2 {
        if let Some(said) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = said.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut body = vec![0; length];
    socket.read_exact(&mut body).await.unwrap();
    let (lines, pieces) = std::mem::take(&mut *script.answer.lock());
    let head = format!("HTTP/1.1 200 OK\r\n{lines}transfer-encoding: chunked\r\nconnection: close\r\n\r\n");
    socket.write_all(head.as_bytes()).await.unwrap();
    for piece in pieces {
        leave.acquire().await.unwrap().forget();
        let chunk = [format!("{:x}\r\n", piece.len()).as_bytes(), &piece, b"\r\n"].concat();
        socket.write_all(&chunk).await.unwrap();
    }
    leave.acquire().await.unwrap().forget();
    socket.write_all(b"0\r\n\r\n").await.unwrap();
}

/// The pieces of an answer as a client gets them, each of which it takes before the next is sent.
async fn pieces(socket: TcpStream, leave: &Semaphore) -> Vec<Vec<u8>> {
    let mut socket = BufReader::new(socket);
    let mut pieces = Vec::new();
    loop {
        leave.add_permits(1);
        let mut size = String::new();
        socket.read_line(&mut size).await.unwrap();
        let size = usize::from_str_radix(size.trim(), 16).unwrap();
        let mut piece = vec![0; size + 2];
        socket.read_exact(&mut piece).await.unwrap();
        piece.truncate(size);
        if size == 0 {
            return pieces;
        }
        pieces.push(piece);
    }
}

fn plan(url: &str) -> Plan {
    let roles = [
        ("image", Role::Image, url),
        ("text", Role::Text, url),
        ("api", Role::Api, url),
    ];
    let upstreams = vec![
        upstream("vercel", Kind::Openai, &[("main", Role::Any, url)]),
        upstream("novelai", Kind::Novelai, &roles),
    ];
    let routes = vec![route("/v1", 0, false), route("/ai", 1, false)];
    let plan = Plan::new(upstreams, routes).with_pool_keys("vercel", &["vck_1"]);
    plan.with_pool_keys("novelai", &["pst-1"])
}

/// What was counted of each, where it was counted.
fn is_right(case: &str, event: &UsageEvent) {
    let used = event.used;
    match case {
        "ZIP" | "msgpack" => assert_eq!(used.images, Reported(1), "{case}"),
        _ => assert_eq!(
            (used.prompt, used.completion),
            (Reported(3), Reported(5)),
            "{case}"
        ),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_the_same_bytes_in_the_same_pieces_whether_it_is_counted_or_not() {
    let cases = cases().await;
    let (script, leave) = (Arc::<Script>::default(), Arc::new(Semaphore::new(0)));
    let url = upstream_of(Arc::clone(&script), Arc::clone(&leave)).await;
    for counted in [false, true] {
        let world = plan(&url).start();
        let (inlet, mut books) = channel();
        if counted {
            world.edge.on_usage(inlet);
        }
        let mut chance = StdRng::seed_from_u64(3);
        for case in &cases {
            let sent = cut(&case.body, &mut chance);
            *script.answer.lock() = (case.lines.clone(), sent.clone());
            let body = case.request.to_string();
            let lines = format!(
                "content-type: application/json\r\ncontent-length: {}\r\n",
                body.len()
            );
            let mut socket = connect(&world).await;
            let request = head("POST", case.path, &lines) + &body;
            socket.write_all(request.as_bytes()).await.unwrap();
            assert_eq!(read_head(&mut socket).await.status, 200, "{}", case.name);
            let got = tokio::time::timeout(HUNG, pieces(socket, &leave)).await;
            let got =
                got.unwrap_or_else(|_| panic!("{}: a piece is held back, counted: {counted}", case.name));
            assert!(sent == got, "{}: other pieces, counted: {counted}", case.name);
            if counted {
                is_right(case.name, &books.next().await.expect("a line"));
            }
        }
    }
}
