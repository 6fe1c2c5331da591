//! Nodes that come and go while requests are in flight on them, and where a node may not be.

mod health;
mod keys;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use potluck_fakes::node::{NODE_HEADER, NodeFake};
use potluck_filters::id::Revision;
use potluck_filters::model::{HttpVersion, Node, NodePlan, Role};
use potluck_filters::pool::{NodeReport, NodeState, Policy};
use potluck_filters::snapshot::{Delta, NodePlans, PoolKeyChange};

use crate::ask::sent;
use crate::world::{CLIENT_KEY, Plan, World, client, gpu, openai};

async fn fakes(names: &[&str]) -> Vec<NodeFake> {
    join_all(
        names
            .iter()
            .map(|name| async { NodeFake::start(name).await.unwrap() }),
    )
    .await
}

/// Nodes may be added on this machine.
fn at_home(mut plan: Plan) -> Plan {
    for upstream in &mut plan.layout.upstreams {
        upstream.private_networks = Arc::from(["127.0.0.0/8".parse().unwrap()]);
    }
    plan
}

fn added(name: &str, url: &str) -> Node {
    Node {
        name: name.into(),
        role: Role::Any,
        base: url.parse().unwrap(),
        http: HttpVersion::Auto,
    }
}

/// The change of nodes that leads from this revision to the next.
fn change(upstream: &str, from: i64, plan: NodePlan) -> Delta {
    Delta {
        from: Revision(from),
        to: Revision(from + 1),
        nodes: Some(NodePlans::from([(upstream.into(), plan)])),
        ..Delta::default()
    }
}

fn report(world: &World, name: &str) -> Option<NodeReport> {
    let nodes = world.edge.nodes("gpu").unwrap();
    nodes.into_iter().find(|node| node.node == name)
}

fn served_by(answer: &reqwest::Response) -> String {
    answer.headers()[NODE_HEADER].to_str().unwrap().to_owned()
}

/// The node that serves the next request.
async fn next(world: &World) -> String {
    let answer = sent(world.get("/api/echo")).await;
    assert_eq!(answer.status(), 200);
    let node = served_by(&answer);
    answer.bytes().await.unwrap();
    world.idle().await;
    node
}

#[tokio::test(flavor = "multi_thread")]
async fn no_stream_on_a_living_node_is_cut_when_nodes_come_go_and_die() {
    let mut nodes = fakes(&["a", "b", "c"]).await;
    let late = NodeFake::start("d").await.unwrap();
    let mut plan = at_home(gpu(&nodes));
    plan.layout.upstreams[0].policy = Policy::LeastBusy;
    let world = plan.start();
    nodes.iter().for_each(|node| node.pace.step());
    // One client for all: making one costs more than a stream.
    let client = client();
    let get = |path: &str| sent(client.get(world.url(path)).bearer_auth(CLIENT_KEY));
    let streams = (0..200).map(|_| get("/api/stream?events=3"));
    let streams = join_all(streams).await;
    let on = |name: &str| streams.iter().filter(|answer| served_by(answer) == name).count();
    assert!([on("a"), on("b"), on("c")].iter().all(|count| *count >= 60));
    let before = nodes[1].server.records.count();

    let plan = NodePlan {
        added: vec![added("d", &late.server.url())],
        removed: ["b".into()].into(),
        ..NodePlan::default()
    };
    world.edge.apply(change("gpu", 1, plan)).unwrap();
    let first = sent(world.get("/api/stream?events=3")).await;
    assert_eq!(served_by(&first), "d", "nobody is less busy");
    nodes.pop().unwrap().server.stop().await;

    nodes
        .iter()
        .for_each(|node| node.pace.set_interval(Duration::ZERO));
    let ends = streams.into_iter().map(|answer| async {
        let node = served_by(&answer);
        let whole = answer.text().await.is_ok_and(|text| text.contains("event: done"));
        (node, whole)
    });
    for (node, whole) in join_all(ends).await {
        assert_eq!(whole, node != "c", "a stream on {node}");
    }
    assert!(first.text().await.unwrap().contains("event: done"));
    world.idle().await;
    let after: Vec<_> = join_all((0..12).map(|_| get("/api/echo"))).await;
    assert!(
        after
            .iter()
            .all(|answer| ["a", "d"].contains(&&*served_by(answer)))
    );
    assert_eq!(nodes[1].server.records.count(), before, "b got nothing new");
    drop(after);
    world.idle().await;
    assert_eq!(world.leases(), 0);
    assert!(report(&world, "b").is_none() && report(&world, "d").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drained_node_ends_what_it_has_and_comes_back_on_request() {
    let nodes = fakes(&["a", "b"]).await;
    let world = gpu(&nodes).start();
    nodes[0].pace.step();
    let stream = sent(world.get("/api/stream?events=2")).await;
    assert_eq!(served_by(&stream), "a");
    let drained = NodePlan {
        drained: ["a".into()].into(),
        ..NodePlan::default()
    };
    world.edge.apply(change("gpu", 1, drained)).unwrap();
    for _ in 0..3 {
        let answer = sent(world.get("/api/echo")).await;
        assert_eq!(served_by(&answer), "b");
        answer.bytes().await.unwrap();
    }
    let draining = report(&world, "a").unwrap();
    assert_eq!((draining.state, draining.in_flight), (NodeState::Draining, 1));
    nodes[0].pace.set_interval(Duration::ZERO);
    assert!(stream.text().await.unwrap().contains("event: done"));
    world.edge.apply(change("gpu", 2, NodePlan::default())).unwrap();
    let both = [next(&world).await, next(&world).await];
    assert!(both.contains(&"a".to_owned()) && both.contains(&"b".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_node_can_not_be_taken_away() {
    let nodes = fakes(&["a"]).await;
    let world = gpu(&nodes).start();
    for plan in [
        NodePlan {
            removed: ["a".into()].into(),
            ..NodePlan::default()
        },
        NodePlan {
            drained: ["a".into()].into(),
            ..NodePlan::default()
        },
    ] {
        let problems = world.edge.apply(change("gpu", 1, plan)).unwrap_err();
        assert!(problems[0].to_string().contains("no node left"), "{problems:?}");
    }
    assert_eq!(next(&world).await, "a");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_goes_to_an_added_node_only_once_it_is_bound_to_its_host() {
    let (_fake, keys, plan) = openai(1).await;
    let other = potluck_fakes::openai::OpenAiFake::start().await.unwrap();
    other.keys.add(&keys[0], 1_000_000);
    let plan = at_home(plan);
    let origin = format!("127.0.0.1:{}", other.server.addr.port());
    let mut key = plan.pool_keys[0].clone();
    let world = plan.start();
    let url = other.server.url();
    let moved = |from| {
        let plan = NodePlan {
            added: vec![added("new", &url)],
            removed: ["main".into()].into(),
            ..NodePlan::default()
        };
        change("vercel", from, plan)
    };
    world.edge.apply(moved(1)).unwrap();
    let refused = sent(world.chat(false)).await;
    assert_eq!(refused.status(), 503, "the key was not brought for that host");
    assert_eq!(other.server.connections(), 0);
    key.origins = Arc::from([origin.into()]);
    let granted = Delta {
        from: Revision(2),
        to: Revision(3),
        pool_keys: vec![PoolKeyChange::Put(key.into())],
        ..Delta::default()
    };
    world.edge.apply(granted).unwrap();
    assert_eq!(sent(world.chat(false)).await.status(), 200);
    assert_eq!(other.server.records.all()[0].credential, keys[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_added_node_is_not_connected_to_where_its_address_leads_inside() {
    let nodes = fakes(&["a"]).await;
    let inside = NodeFake::start("inside").await.unwrap();
    let port = inside.server.addr.port();
    let world = gpu(&nodes).start();
    for (from, host) in (1..).zip([
        "127.0.0.1",
        "127.1",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::]",
        "ip6-localhost",
    ]) {
        let plan = NodePlan {
            added: vec![added("x", &format!("http://{host}:{port}"))],
            active: Some("x".into()),
            ..NodePlan::default()
        };
        world.edge.apply(change("gpu", from, plan)).unwrap();
        let check = world.edge.check_node("gpu", "x").await.unwrap();
        let said = check.last_check.unwrap();
        assert_eq!(said.error.as_deref(), Some("no address to connect to"), "{host}");
        for _ in 0..2 {
            assert_eq!(next(&world).await, "a", "{host}");
        }
        assert_eq!(inside.server.connections(), 0, "{host}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_new_is_looked_up_before_the_first_request_goes_there() {
    let nodes = fakes(&["a"]).await;
    let named = NodeFake::start("named").await.unwrap();
    let mut plan = at_home(gpu(&nodes));
    plan.layout.upstreams[0].policy = Policy::ActiveFirst;
    let world = plan.start();
    let plan = NodePlan {
        added: vec![added(
            "n",
            &format!("http://localhost:{}", named.server.addr.port()),
        )],
        active: Some("n".into()),
        ..NodePlan::default()
    };
    world.edge.apply(change("gpu", 1, plan)).unwrap();
    assert_eq!(next(&world).await, "named");
    assert_eq!(report(&world, "n").map(|node| node.preferred), Some(true));
}
