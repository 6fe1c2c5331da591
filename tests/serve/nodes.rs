//! Nodes come and go while requests run.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use potluck_fakes::node::NodeFake;
use reqwest::{Client, Response};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::api::Api;
use crate::installation::{Installation, world};
use crate::relay::Relay;
use crate::requests::client;

const STREAMS: usize = 200;
/// Numbered events of each stream, and one named `done`.
const EVENTS: usize = 3;
pub(crate) const NODES: &str = "upstreams/gpu/nodes";
const LOOPBACK: &str = "--set upstreams.gpu.private_networks=[127.0.0.0/8]";

/// Which node answered.
fn node(answer: &Response) -> String {
    let name = answer.headers().get("x-fake-node");
    name.and_then(|name| name.to_str().ok())
        .unwrap_or("none")
        .to_owned()
}

/// A member's program.
pub(crate) struct Member {
    client: Client,
    relay: String,
    key: String,
}

impl Member {
    pub(crate) async fn of(installation: &Installation, relay: &Relay) -> Self {
        let (_, key) = installation.client_key().await;
        let relay = relay.url("");
        let client = client();
        Self { client, relay, key }
    }

    async fn get(&self, path: &str) -> Response {
        let asked = self.client.get(format!("{}{path}", self.relay));
        asked.bearer_auth(&self.key).send().await.expect("an answer")
    }

    pub(crate) async fn echo(&self) -> (u16, String) {
        let answer = self.get("/api/echo").await;
        (answer.status().as_u16(), node(&answer))
    }
}

/// A stream that is being read, and the node it comes from.
struct Stream {
    node: String,
    reader: JoinHandle<Result<String, reqwest::Error>>,
}

/// Opens a stream: its head is there, and not one event has been let go. Each that comes later is counted.
async fn stream(member: &Member, seen: &Arc<Semaphore>) -> Stream {
    let mut answer = member.get(&format!("/api/stream?events={EVENTS}")).await;
    assert_eq!(answer.status(), 200);
    let (node, seen) = (node(&answer), Arc::clone(seen));
    let reader = tokio::spawn(async move {
        let mut text = String::new();
        while let Some(chunk) = answer.chunk().await? {
            let before = text.matches("\n\n").count();
            text.push_str(&String::from_utf8_lossy(&chunk));
            seen.add_permits(text.matches("\n\n").count() - before);
        }
        Ok(text)
    });
    Stream { node, reader }
}

/// The nodes of `gpu`, each with its state.
pub(crate) async fn nodes(api: &Api) -> Vec<(String, String)> {
    let (status, list) = api.get(NODES).await;
    assert_eq!(status, 200, "{list}");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let items = list["items"].as_array().expect("items").iter();
    items
        .map(|node| (text(&node["name"]), text(&node["state"])))
        .collect()
}

fn pair(name: &str, state: &str) -> (String, String) {
    (name.to_owned(), state.to_owned())
}

async fn add(api: &Api, node: &NodeFake) {
    let body = json!({ "name": node.name, "url": node.server.url(), "metadata": { "of": "a test" } });
    let (status, added) = api.post(NODES, &body).await;
    assert_eq!(status, 201, "{added}");
}

/// Streams on three nodes, one of which was added at run time.
struct Scene {
    api: Api,
    member: Member,
    streams: Vec<Stream>,
    seen: Arc<Semaphore>,
}

impl Scene {
    /// All streams are open, and no event of theirs has been let go.
    async fn begin(three: [&NodeFake; 3], installation: &Installation, relay: &Relay) -> Self {
        let api = Api::of(installation, relay);
        let member = Member::of(installation, relay).await;
        add(&api, three[2]).await;
        api.patch("upstreams/gpu", &json!({ "policy": "least-busy" }))
            .await;
        for node in three {
            node.pace.step();
        }
        let seen = Arc::new(Semaphore::new(0));
        let opened = (0..STREAMS).map(|_| stream(&member, &seen));
        let streams = futures_util::future::join_all(opened).await;
        Self {
            api,
            member,
            streams,
            seen,
        }
    }

    /// Lets an event of each stream of this node go, and waits until all clients together have got as many.
    async fn pass(&self, node: &NodeFake) {
        let running = self.streams.iter().filter(|stream| stream.node == node.name);
        let running = running.count();
        assert!(running >= STREAMS / 4, "only {running} streams on {}", node.name);
        node.pace.release(running);
        let events = u32::try_from(running).expect("few");
        self.seen.acquire_many(events).await.expect("events").forget();
    }

    /// Reads the streams to their ends: all were whole but those of the dead node.
    async fn end(self, dead: &str) {
        for stream in self.streams {
            let read = stream.reader.await.expect("a reader");
            let whole = read.is_ok_and(|text| {
                text.matches("data: {\"").count() == EVENTS + 1 && text.contains("event: done")
            });
            assert_eq!(whole, stream.node != dead, "a stream of {}", stream.node);
        }
    }
}

/// The nodes that serve now.
async fn used(member: &Member) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for _ in 0..12 {
        let (status, node) = member.echo().await;
        assert_eq!(status, 200);
        used.insert(node);
    }
    used
}

fn names(nodes: &[&NodeFake]) -> BTreeSet<String> {
    nodes.iter().map(|node| node.name.clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_streams_run_on_while_nodes_are_added_removed_and_killed() {
    let world = world().await;
    let (stays, leaves) = (&world.nodes[0], &world.nodes[1]);
    let installation = Installation::furnished(&world).await;
    let relay = Relay::start_with(&installation, LOOPBACK).await;
    let dies = NodeFake::start("dies").await.expect("a node");
    let scene = Scene::begin([stays, leaves, &dies], &installation, &relay).await;
    let (api, member) = (&scene.api, &scene.member);
    for node in [stays, leaves, &dies] {
        scene.pass(node).await;
    }

    // The new node has nothing to do yet, so the next request is its own.
    let comes = NodeFake::start("comes").await.expect("a node");
    add(api, &comes).await;
    assert_eq!(member.echo().await, (200, "comes".to_owned()));

    let (status, gone) = api.delete(&format!("{NODES}/{}", leaves.name)).await;
    assert_eq!((status, &gone["state"]), (200, &json!("removed")), "{gone}");
    api.patch("upstreams/gpu", &json!({ "policy": "round-robin" }))
        .await;
    assert_eq!(used(member).await, names(&[stays, &dies, &comes]));
    for node in [stays, leaves] {
        scene.pass(node).await;
    }

    let dead = dies.name.clone();
    dies.server.stop().await;
    assert_eq!(used(member).await, names(&[stays, &comes]));
    for node in [stays, leaves] {
        node.pace.set_interval(Duration::ZERO);
    }
    let before = nodes(api).await;
    scene.end(&dead).await;

    let states = [
        (&*stays.name, "active"),
        (&*leaves.name, "removed"),
        ("dies", "active"),
        ("comes", "active"),
    ];
    assert_eq!(before, states.map(|(name, state)| pair(name, state)));
    relay.stop().await;
    let relay = Relay::start_with(&installation, LOOPBACK).await;
    let api = Api::of(&installation, &relay);
    assert_eq!(nodes(&api).await, before);
    let (_, node) = api.get(&format!("{NODES}/comes")).await;
    assert_eq!(node["metadata"], json!({ "of": "a test" }));
    let member = Member::of(&installation, &relay).await;
    assert_eq!(used(&member).await, names(&[stays, &comes]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_is_checked_on_demand_and_shown_with_what_was_found() {
    let world = world().await;
    let installation = Installation::furnished(&world).await;
    let path = "--set upstreams.gpu.health.path=/health";
    let relay = Relay::start_with(&installation, path).await;
    let name = &world.nodes[0].name;
    let line = format!("nodes check gpu {name} --json {path}");
    let checked = installation.run(&line).await.ok().json();
    assert_eq!(checked["live"]["last_check"]["ok"], true, "{checked}");
    world.nodes[0].set_healthy(false);
    let ended = installation.run(&line).await;
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert!(ended.err.contains("is not well"), "{}", ended.err);
    let api = Api::of(&installation, &relay);
    let (_, list) = api.get(NODES).await;
    assert_eq!(list["items"][0]["live"]["last_check"]["ok"], false, "{list}");
    let shown = installation.run("nodes list gpu").await.ok().out;
    let row = shown.lines().find(|line| line.contains(name.as_str()));
    assert!(row.is_some_and(|row| row.contains("active")), "{shown}");
}
