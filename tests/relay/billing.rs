//! What is counted of a request that does not end well: the table in `docs/billing.md`, row by row.

use std::time::Duration;

use potluck_fakes::fault::Fault;
use potluck_fakes::node::NodeFake;
use potluck_fakes::novelai::Settings;
use potluck_fakes::openai::OpenAiFake;
use potluck_filters::limit::Limit;
use potluck_filters::model::Account;
use potluck_filters::spending::{Booking, Whose};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::ask::{chat_request, image_request, image_stream_request, refusal, sent};
use crate::raw::{connect, head, read_head};
use crate::world::{NovelAiWorld, Plan, World, gpu, novelai, openai};

const IMAGE: &str = "/ai/generate-image";
const STREAM: &str = "/ai/generate-image-stream";
const CHAT: &str = "/v1/chat/completions";
/// Requests per minute, far above what a test sends.
const PLACES: u64 = 50;
const FOR_EVER: Duration = Duration::from_secs(600);

/// What was counted: requests and Anlas of the pool keys, Anlas of the client key, places in its limit.
#[derive(Debug, PartialEq, Eq)]
struct Counted {
    requests: u64,
    anlas: u64,
    budget: u64,
    places: u64,
}

const fn counted(requests: u64, anlas: u64, places: u64) -> Counted {
    Counted {
        requests,
        anlas,
        budget: anlas,
        places,
    }
}

impl World {
    /// All that was counted so far. `probe` is a request that tells what the limit leaves, and whether it
    /// takes a place itself.
    async fn counted(&self, (probe, takes): (RequestBuilder, u64)) -> Counted {
        self.idle().await;
        let spent = self.edge.take_spending(Booking::All);
        let of = |pool_keys: bool| {
            let whose = move |whose| matches!(whose, Whose::PoolKey(_)) == pool_keys;
            spent.iter().filter(move |one| whose(one.whose))
        };
        let answer = sent(probe).await;
        let left = answer.headers()["x-ratelimit-remaining-requests"]
            .to_str()
            .unwrap();
        Counted {
            requests: of(true).map(|one| one.requests).sum(),
            anlas: of(true).map(|one| one.anlas).sum(),
            budget: of(false).map(|one| one.anlas).sum(),
            places: PLACES - takes - left.parse::<u64>().unwrap(),
        }
    }

    /// A client of which nothing but its socket is left.
    async fn asking(&self, path: &str, body: &Value) -> TcpStream {
        let mut socket = connect(self).await;
        let body = body.to_string();
        let lines = format!(
            "content-type: application/json\r\ncontent-length: {}\r\n",
            body.len()
        );
        let request = format!("{}{body}", head("POST", path, &lines));
        socket.write_all(request.as_bytes()).await.unwrap();
        socket
    }
}

fn limited(mut plan: Plan) -> Plan {
    plan.client_keys[0].rate_limit = Limit::AtMost(PLACES as u32);
    plan.layout.upstreams[0].timeouts.first_byte = Duration::from_secs(2);
    plan
}

/// An image that costs Anlas on every account, as a stream or at once.
fn dear(path: &str) -> Value {
    let mut request = if path == STREAM {
        image_stream_request("sse")
    } else {
        image_request()
    };
    request["parameters"]["steps"] = json!(40);
    request
}

/// One Opus account, and the price there of [`dear`].
async fn opus() -> (NovelAiWorld, World, u64) {
    let upstream = novelai(1, Settings::default()).await;
    let mut plan = limited(upstream.plan());
    plan.layout.upstreams[0].timeouts.first_byte = FOR_EVER;
    plan.pool_keys[0].account = Some(Account {
        tier: 3,
        active: true,
        anlas: 10_000,
        battery: None,
        battery_negative: false,
        expires_at: None,
        checked_at: 1,
    });
    let world = plan.start();
    let body = dear(IMAGE).to_string();
    let asked = potluck_filters::cost::read_cost(IMAGE, Some("application/json"), None, body.as_bytes());
    (upstream, world, asked.unwrap().price.full.into())
}

/// Neither takes a place nor an account.
fn unreadable(world: &World) -> (RequestBuilder, u64) {
    (world.post(IMAGE).json(&json!([])), 0)
}

fn charged(upstream: &NovelAiWorld) -> u64 {
    u64::from(10_000 - upstream.accounts[0].anlas())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_the_queue_is_counted_in_its_limit_only() {
    let (upstream, world, _) = opus().await;
    upstream.fake.hold();
    let first = tokio::spawn(sent(world.image()));
    upstream.accounts[0].until_busy().await;
    let waiting = world.asking(IMAGE, &dear(IMAGE)).await;
    world.until_waiting(1).await;
    drop(waiting);
    world.until_waiting(0).await;
    upstream.fake.release();
    assert_eq!(first.await.unwrap().status(), 200);
    // The first one's image was free.
    assert_eq!(world.counted(unreadable(&world)).await, counted(1, 0, 2));
    assert_eq!(charged(&upstream), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_time_in_the_queue_is_up_is_not_counted_at_all() {
    let (upstream, world, _) = opus().await;
    upstream.fake.hold();
    let first = tokio::spawn(sent(world.image()));
    upstream.accounts[0].until_busy().await;
    let late = world
        .post(IMAGE)
        .json(&dear(IMAGE))
        .header("x-potluck-max-wait", "0.05");
    assert_eq!(refusal(late).await, (503, "pool_busy".to_owned()));
    upstream.fake.release();
    assert_eq!(first.await.unwrap().status(), 200);
    assert_eq!(world.counted(unreadable(&world)).await, counted(1, 0, 1));
    assert_eq!(charged(&upstream), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_is_charged_and_counted_in_full_whenever_its_client_leaves() {
    for path in [IMAGE, STREAM] {
        let (upstream, world, cost) = opus().await;
        upstream.fake.hold();
        let mut leaving = world.asking(path, &dear(path)).await;
        upstream.accounts[0].until_busy().await;
        if path == STREAM {
            read_head(&mut leaving).await;
            leaving.read_u8().await.unwrap();
        }
        drop(leaving);
        assert_eq!(world.leases(), 1, "{path}: until the upstream has ended");
        upstream.fake.release();
        upstream.accounts[0].until_idle().await;
        world.idle().await;
        assert_eq!((world.leases(), world.pool("novelai", "ready")), (0, 1), "{path}");
        assert_eq!(
            world.counted(unreadable(&world)).await,
            counted(1, cost, 1),
            "{path}"
        );
        assert_eq!(charged(&upstream), cost, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_was_refused_is_counted_in_the_limit_only() {
    for (name, fault, status) in [
        ("400", Fault::novelai(400, "Validation error"), 400),
        ("402", Fault::not_enough_anlas(), 502),
        ("500", Fault::novelai(500, "Internal Server Error"), 500),
        ("503", Fault::cloudflare_html(503), 503),
    ] {
        let (upstream, world, _) = opus().await;
        upstream.server.faults.push(IMAGE, fault, usize::MAX);
        let answer = sent(
            world
                .post(IMAGE)
                .json(&dear(IMAGE))
                .header("x-potluck-max-wait", "0"),
        )
        .await;
        assert_eq!(answer.status(), status, "{name}");
        assert_eq!(
            world.counted(unreadable(&world)).await,
            counted(0, 0, 1),
            "{name}"
        );
        assert_eq!((world.leases(), charged(&upstream)), (0, 0), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_may_have_been_made_is_counted_in_full_and_its_account_kept() {
    for (name, path, fault) in [
        ("gateway's time-out", IMAGE, Fault::cloudflare_html(524)),
        ("no answer", IMAGE, Fault::Reset),
        ("broken answer", STREAM, Fault::ResetMidBody { after: 1 }),
    ] {
        let (upstream, world, cost) = opus().await;
        upstream.server.faults.push(path, fault, 1);
        // However the client hears of it.
        let _ = sent(world.post(path).json(&dear(path))).await.bytes().await;
        world.idle().await;
        assert_eq!(
            (world.leases(), world.pool("novelai", "ready")),
            (0, 0),
            "{name}: it may work on"
        );
        assert_eq!(
            world.counted(unreadable(&world)).await,
            counted(1, cost, 1),
            "{name}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_ended_in_an_error_page_is_counted_in_full_and_its_account_is_free() {
    let (upstream, world, cost) = opus().await;
    upstream.server.faults.push(IMAGE, Fault::cloudflare_html(500), 1);
    assert_eq!(sent(world.post(IMAGE).json(&dear(IMAGE))).await.status(), 500);
    world.idle().await;
    assert_eq!((world.leases(), world.pool("novelai", "ready")), (0, 1));
    assert_eq!(world.counted(unreadable(&world)).await, counted(1, cost, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_was_given_up_for_lost_is_counted_in_full_and_its_account_kept() {
    let upstream = novelai(1, Settings::default()).await;
    let world = limited(upstream.plan()).start();
    upstream.server.faults.push(IMAGE, Fault::HangBeforeHeaders, 1);
    assert_eq!(refusal(world.image()).await, (504, "upstream_timeout".to_owned()));
    world.idle().await;
    assert_eq!((world.leases(), world.pool("novelai", "ready")), (0, 0));
    // Nothing is known of the account, so nothing is taken to be free.
    let spent = world.counted(unreadable(&world)).await;
    assert_eq!(
        (spent.requests, spent.anlas > 0, spent.anlas, spent.places),
        (1, true, spent.budget, 1)
    );
}

/// What one chat counts for that ends like this; its lease is back then.
async fn chat_ends(
    name: &str,
    fault: Option<Fault>,
    client: impl AsyncFnOnce(&World, &OpenAiFake),
    expected: Counted,
) {
    let (fake, _, plan) = openai(1).await;
    if let Some(fault) = fault {
        fake.server.faults.push(CHAT, fault, 1);
    }
    let world = limited(plan).start();
    client(&world, &fake).await;
    world.idle().await;
    assert_eq!((world.leases(), world.pool("vercel", "ready")), (0, 1), "{name}");
    assert_eq!(
        world.counted((world.get("/v1/models"), 1)).await,
        expected,
        "{name}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_that_reached_its_upstream_counts_as_a_request_and_its_lease_is_back_at_once() {
    let leaves = async |world: &World, fake: &OpenAiFake| {
        fake.pace.set_work(FOR_EVER);
        let leaving = world.asking(CHAT, &chat_request(false)).await;
        fake.server.records.wait_for(1).await;
        drop(leaving);
        fake.server
            .records
            .wait_until(|records| records[0].client_left)
            .await;
    };
    chat_ends("left before the first byte", None, leaves, counted(1, 0, 1)).await;
    let leaves_in_mid_stream = async |world: &World, fake: &OpenAiFake| {
        fake.pace.step();
        fake.pace.release(1);
        let mut leaving = world.asking(CHAT, &chat_request(true)).await;
        read_head(&mut leaving).await;
        leaving.read_u8().await.unwrap();
        drop(leaving);
        fake.server
            .records
            .wait_until(|records| records[0].client_left)
            .await;
        fake.pace.set_interval(Duration::ZERO);
    };
    chat_ends("left in mid-stream", None, leaves_in_mid_stream, counted(1, 0, 1)).await;
    let asks = async |world: &World, _: &OpenAiFake| {
        let _ = sent(world.chat(true)).await.bytes().await;
    };
    for (name, fault, requests) in [
        (
            "an error before the first byte",
            Fault::openai(500, "server_error", "oops", "no"),
            0,
        ),
        ("a gateway's time-out", Fault::cloudflare_html(504), 1),
        ("no answer", Fault::Reset, 1),
        ("a broken stream", Fault::ResetMidBody { after: 30 }, 1),
        ("a time-out", Fault::HangBeforeHeaders, 1),
    ] {
        chat_ends(name, Some(fault), asks, counted(requests, 0, 1)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_to_a_node_is_counted_in_the_limit_only_and_its_lease_is_back_at_once() {
    for fault in [
        None,
        Some(Fault::Reset),
        Some(Fault::HangBeforeHeaders),
        Some(Fault::text(500, "no")),
    ] {
        let node = NodeFake::start("gpu-1").await.unwrap();
        let world = limited(gpu(std::slice::from_ref(&node))).start();
        match fault {
            None => {
                node.pace.step();
                let mut leaving = connect(&world).await;
                leaving
                    .write_all(head("GET", "/api/stream", "").as_bytes())
                    .await
                    .unwrap();
                node.server.records.wait_for(1).await;
                drop(leaving);
                node.server
                    .records
                    .wait_until(|records| records[0].client_left)
                    .await;
            }
            Some(fault) => {
                node.server.faults.push("/echo", fault.clone(), 1);
                node.server.faults.push("/api/echo", fault, 1);
                assert!(
                    sent(world.post("/api/echo").body("x"))
                        .await
                        .status()
                        .is_server_error()
                );
            }
        }
        world.idle().await;
        assert_eq!(world.leases(), 0);
        assert_eq!(
            world.counted((world.post("/api/echo").body("x"), 1)).await,
            counted(0, 0, 1)
        );
    }
}

#[test]
fn each_row_of_the_table_names_tests_that_exist() {
    let page = include_str!("../../docs/billing.md");
    let sources = [
        include_str!("billing.rs"),
        include_str!("budgets.rs"),
        include_str!("scheduling/accounts.rs"),
        include_str!("scheduling/deadlines.rs"),
        include_str!("../serve/kill.rs"),
    ];
    let quoted = page.split('`').skip(1).step_by(2);
    let names: Vec<_> = quoted.filter(|name| name.matches('_').count() >= 5).collect();
    assert!(names.len() >= 8, "{names:?}");
    for name in names {
        let test = format!("async fn {name}()");
        assert!(
            sources.iter().any(|source| source.contains(&test)),
            "no test is called {name}"
        );
    }
}
