//! Nodes that lead inside: whatever got past the checks of an API, nothing is connected to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use potluck_fakes::fault::Fault;
use potluck_fakes::node::NodeFake;
use potluck_filters::model::{BaseUrl, HttpVersion, Kind, Node, NodePlan, Role};
use tokio::net::TcpListener;

use crate::ask::refusal;
use crate::world::{Plan, World, gpu, route, upstream};

#[path = "../../filters/src/node_url/tests/hostile.rs"]
mod table;

/// Counts whoever connects to a port of this machine, over IPv4 and IPv6.
struct Trap {
    port: u16,
    caught: Arc<AtomicUsize>,
}

impl Trap {
    async fn set() -> Self {
        let any = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);
        let listener = TcpListener::bind(any).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let caught = Arc::new(AtomicUsize::new(0));
        count(listener, &caught);
        // Where there is no IPv6, nothing can be connected to over it.
        if let Ok(listener) = TcpListener::bind(SocketAddr::new(Ipv6Addr::LOCALHOST.into(), port)).await {
            count(listener, &caught);
        }
        Self { port, caught }
    }

    fn caught(&self) -> usize {
        self.caught.load(Ordering::SeqCst)
    }
}

fn count(listener: TcpListener, caught: &Arc<AtomicUsize>) {
    let caught = Arc::clone(caught);
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            caught.fetch_add(1, Ordering::SeqCst);
        }
    });
}

/// A relay whose one configured node is the trap.
fn relay(trap: &Trap) -> World {
    let at = format!("http://127.0.0.1:{}", trap.port);
    let nodes = [("configured", Role::Any, at.as_str())];
    let upstreams = vec![upstream("gpu", Kind::Http, &nodes)];
    Plan::new(upstreams, vec![route("/api", 0, false)])
        .impatient()
        .start()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_hostile_node_is_connected_to_however_it_got_there() {
    let trap = Trap::set().await;
    let world = relay(&trap);
    let mut tried = 0;
    for (url, _) in table::HOSTILE {
        let url = url.replace("PORT", &trap.port.to_string());
        // What is no base URL can be no node by any way, and `example.com` itself is nothing hostile.
        let Ok(base) = url.parse::<BaseUrl>() else {
            continue;
        };
        if base.host.contains("example") {
            continue;
        }
        tried += 1;
        let hostile = Node {
            name: format!("hostile-{tried}").into(),
            role: Role::Any,
            base,
            http: HttpVersion::Auto,
        };
        let plan = NodePlan {
            added: vec![hostile],
            removed: ["configured".into()].into(),
            ..NodePlan::default()
        };
        world.change_nodes("gpu", plan);
        let refused = refusal(world.get("/api/echo")).await;
        assert_eq!(refused, (502, "upstream_unreachable".to_owned()), "{url}");
    }
    assert!(tried >= 40, "{tried}");
    assert_eq!(trap.caught(), 0);
    // The trap works: a literal in the configuration is its author's to choose.
    world.change_nodes("gpu", NodePlan::default());
    let broken = refusal(world.get("/api/echo")).await;
    assert_eq!(broken, (502, "upstream_broken".to_owned()));
    assert!(trap.caught() > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_the_clients_to_follow_and_never_the_relays() {
    let trap = Trap::set().await;
    let node = NodeFake::start("node").await.unwrap();
    let world = gpu(std::slice::from_ref(&node)).start();
    for code in [301, 302, 303, 307, 308] {
        let location = format!("http://127.0.0.1:{}/latest/meta-data", trap.port);
        let redirect = Fault::text(code, "").with_header("location", &location);
        node.server.faults.push("/api/echo", redirect, 1);
        let answer = world.get("/api/echo").send().await.unwrap();
        assert_eq!(answer.status().as_u16(), code);
        assert_eq!(answer.headers()["location"], location.as_str());
    }
    assert_eq!(trap.caught(), 0);
}
