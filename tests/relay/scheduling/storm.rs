//! Malformed requests of clients cost no pool key anything.

use std::time::Duration;

use potluck_fakes::novelai::{Holder, Settings};

use crate::ask::{image_request, sent};
use crate::raw::{exchange, head};
use crate::world::{World, novelai};

const JSON: &str = "content-type: application/json\r\n";

/// Bodies that no path takes.
fn garbage() -> Vec<Vec<u8>> {
    let image = image_request().to_string();
    vec![
        Vec::new(),
        b"null".to_vec(),
        b"[]".to_vec(),
        b"\"image\"".to_vec(),
        b"{}".to_vec(),
        b"{\"input\":".to_vec(),
        b"\xff\xfe\x00".to_vec(),
        vec![b'['; 20_000],
        vec![b' '; 100_000],
        image.as_bytes()[..image.len() / 2].to_vec(),
    ]
}

/// Requests for images that are not what they should be.
fn images() -> Vec<Vec<u8>> {
    let image = image_request().to_string();
    let with = |from: &str, to: &str| {
        assert!(image.contains(from), "{from}");
        image.replacen(from, to, 1).into_bytes()
    };
    vec![
        with("832", "\"832\""),
        with("832", "-832"),
        with("832", "0"),
        with("832", "8.5"),
        with("832", "1e400"),
        with("832", "99999999999999999999999"),
        with("\"steps\":28", "\"steps\":2800000"),
        with("\"steps\":28", "\"steps\":28,\"steps\":1"),
        with("\"steps\":28", "\"steps\":28,\"Steps\":1"),
        with("\"n_samples\":1", "\"n_samples\":-1"),
        with("\"n_samples\":1", "\"n_samples\":\"1\""),
        with("nai-diffusion-4-5-full", "nai-diffusion-99"),
        with("\"nai-diffusion-4-5-full\"", "7"),
        with("\"nai-diffusion-4-5-full\"", "null"),
        with("\"generate\"", "\"infill\""),
        with("\"generate\"", "\"destroy\""),
    ]
}

/// The paths of images.
const IMAGE: &str = "/ai/generate-image";
const STREAM: &str = "/ai/generate-image-stream";

/// A request after which the relay closes.
fn post(path: &str, lines: &str, body: &[u8]) -> Vec<u8> {
    let lines = format!("{lines}connection: close\r\ncontent-length: {}\r\n", body.len());
    [head("POST", path, &lines).as_bytes(), body].concat()
}

/// Requests whose bodies are not what they should be.
fn with_bad_bodies() -> Vec<Vec<u8>> {
    let mut requests = Vec::new();
    for path in [IMAGE, STREAM] {
        requests.extend(images().iter().map(|body| post(path, JSON, body)));
    }
    let others = [
        "/ai/augment-image",
        "/ai/upscale",
        "/ai/encode-vibe",
        "/ai/generate",
        "/oa/v1/chat/completions",
    ];
    for path in others.into_iter().chain([IMAGE, STREAM]) {
        requests.extend(garbage().iter().map(|body| post(path, JSON, body)));
    }
    requests
}

/// Requests whose heads are not what they should be.
fn with_bad_heads() -> Vec<Vec<u8>> {
    let image = image_request().to_string().into_bytes();
    let lines = [
        "content-type: text/plain\r\n",
        "",
        "content-type: application/json\r\ncontent-type: application/json\r\n",
        "content-type: application/json\r\ncontent-encoding: gzip\r\n",
        "content-type: multipart/form-data\r\n",
        "content-type: multipart/form-data; boundary=x\r\n",
        "content-type: application/json\r\ntransfer-encoding: chunked\r\n",
        "content-type: application/json\r\ncontent-length: 3\r\n",
        "content-type: application/json\r\nno colon\r\n",
        "content-type: application/json\r\nx-potluck-max-wait: never\r\n",
    ];
    let mut requests: Vec<_> = lines
        .into_iter()
        .map(|lines| post(IMAGE, lines, &image))
        .collect();
    let many: String = (0..300).map(|n| format!("x-{n}: 1\r\n")).collect();
    requests.push(post(IMAGE, &many, &image));
    requests.push(post("/ai/generate-image/../../user/login", JSON, &image));
    requests.push(b"BREW /ai/generate-image HTTP/9.9\r\n\r\n".to_vec());
    requests
}

/// Requests whose bodies do not end as announced.
fn with_bad_ends() -> [Vec<u8>; 2] {
    let short = head("POST", IMAGE, &format!("{JSON}content-length: 9999\r\n"));
    let chunked = head(
        "POST",
        IMAGE,
        &format!("{JSON}transfer-encoding: chunked\r\nconnection: close\r\n"),
    );
    [
        [short.as_bytes(), b"{\"input\":"].concat(),
        [chunked.as_bytes(), b"zz\r\n{}\r\n0\r\n\r\n"].concat(),
    ]
}

/// Far longer than any of them is kept open.
const PATIENCE: Duration = Duration::from_secs(20);

async fn storm(world: &World) {
    let requests = with_bad_bodies().into_iter().chain(with_bad_heads());
    for request in requests.chain(with_bad_ends()) {
        let answer = tokio::time::timeout(PATIENCE, exchange(world, &request)).await;
        let shown = String::from_utf8_lossy(&request[..request.len().min(400)]).into_owned();
        let answer = answer.unwrap_or_else(|_| panic!("kept open: {shown}"));
        assert!(!answer.starts_with(b"HTTP/1.1 2"), "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_malformed_requests_leaves_every_key_as_it_was() {
    let upstream = novelai(3, Settings::default()).await;
    let mut plan = upstream.plan();
    plan.settings.client_read = Duration::from_millis(100);
    plan.settings.keep_alive = Duration::from_secs(1);
    let world = plan.start();
    assert_eq!(sent(world.image()).await.status(), 200);
    world.idle().await;
    let before = world.edge.pool_keys();
    let anlas: Vec<_> = upstream.accounts.iter().map(Holder::anlas).collect();
    storm(&world).await;
    world.idle().await;
    assert_eq!(world.edge.pool_keys(), before);
    assert_eq!(
        (
            world.leases(),
            world.queue("waiting"),
            world.pool("novelai", "ready")
        ),
        (0, 0, 3)
    );
    let now: Vec<_> = upstream.accounts.iter().map(Holder::anlas).collect();
    assert_eq!(now, anlas);
    assert_eq!(sent(world.image()).await.status(), 200);
}
