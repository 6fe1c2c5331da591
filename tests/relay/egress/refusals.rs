//! Proxies that refuse or misbehave: told apart, bounded in time, and never held against node or key.

use std::time::Duration;

use potluck_fakes::fault::Fault;
use potluck_fakes::node::NodeFake;
use potluck_fakes::novelai::Settings;
use potluck_filters::model::{ProxyKind, ProxyLogin};
use potluck_filters::secret::Secret;

use super::known::proxy;
use super::real::{PASSWORD, RealProxy, USER};
use super::scripted::{Act, start};
use super::{KINDS, all_of, cooling, gpu_through, troubles};
use crate::ask::{refusal, sent};
use crate::world::{World, novelai, openai};

const UNREACHABLE: (u16, &str) = (502, "upstream_unreachable");

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_is_refused_is_the_proxys_matter_and_shows_nowhere() {
    let (fake, keys, plan) = openai(2).await;
    let world = plan.start();
    let mut id = 0;
    for kind in KINDS {
        let real = RealProxy::start(kind);
        for login in [None, Some("wrong")] {
            id += 1;
            let mut proxy = real.proxy(id);
            proxy.login = login.map(|text| ProxyLogin::new(Secret::new(USER), Secret::new(text)).unwrap());
            world.leave_through(all_of("vercel", &[proxy.clone()]));
            let (status, code) = refusal(world.chat(false)).await;
            assert_eq!((status, code.as_str()), UNREACHABLE, "{kind:?} {login:?}");
            world.idle().await;
            assert_eq!(troubles(&world, id)[0], "login-refused", "{kind:?} {login:?}");
            assert_eq!((fake.server.records.count(), keys.len()), (0, 2));
            assert_eq!(world.pool("vercel", "cooling"), 0, "no key is blamed");
            assert_eq!(
                world.edge.report()["upstreams"]["vercel"]["nodes"][0]["cooling"],
                false
            );
            let shown = format!("{proxy:?} {:?}", super::report(&world, id));
            assert!(!shown.contains(USER) && !shown.contains(PASSWORD), "{shown}");
        }
    }
}

/// A relay that gives connections so many seconds.
fn within(node: &NodeFake, seconds: u64) -> World {
    let mut plan = gpu_through(std::slice::from_ref(node), &[]);
    plan.layout.upstreams[0].timeouts.connect = Duration::from_secs(seconds);
    plan.start()
}

/// Whether nothing but the time ends it.
fn is_endless(act: Act) -> bool {
    match act {
        Act::Hang | Act::SayAndWait(_) => true,
        Act::Say(_) | Act::SayTwice(..) | Act::Close => false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_proxy_does_instead_ends_in_time_and_is_told_apart() {
    const CONNECT: ProxyKind = ProxyKind::Connect;
    const SOCKS: ProxyKind = ProxyKind::Socks5;
    let endless: &'static [u8] = Box::leak([b'x'; 20_000].into());
    let long_head: &'static [u8] = {
        let mut head = b"HTTP/1.1 200 ok\r\nx: ".to_vec();
        head.resize(20_000, b'y');
        Box::leak(head.into())
    };
    let node = NodeFake::start("gpu-1").await.unwrap();
    let (hurried, patient) = (within(&node, 1), within(&node, 30));
    let cases = [
        (CONNECT, Act::Say(b"HTTP/1.1 407 No\r\n\r\n"), "login-refused"),
        (CONNECT, Act::Say(b"HTTP/1.1 403 Filtered\r\n\r\n"), "forbidden"),
        (CONNECT, Act::Say(b"SSH-2.0-OpenSSH\r\n"), "garbled"),
        (CONNECT, Act::Say(b"HTTP/1.1 302 Found\r\n\r\n"), "garbled"),
        (CONNECT, Act::Say(endless), "garbled"),
        (CONNECT, Act::Say(long_head), "garbled"),
        (CONNECT, Act::Say(b"HTTP/1.1 200 o"), "unreachable"),
        (CONNECT, Act::Close, "unreachable"),
        (CONNECT, Act::Hang, "not-through"),
        (CONNECT, Act::SayAndWait(b"HTTP/1.1 2"), "not-through"),
        (SOCKS, Act::Say(b"\x05\xff"), "login-refused"),
        (SOCKS, Act::Say(b"HTTP/1.1 400 Bad\r\n\r\n"), "garbled"),
        (SOCKS, Act::SayTwice(b"\x05\x02", b"\x01\x01"), "login-refused"),
        (
            SOCKS,
            Act::SayTwice(b"\x05\x00", b"\x05\x02\x00\x01\x00"),
            "forbidden",
        ),
        (
            SOCKS,
            Act::SayTwice(b"\x05\x00", b"\x05\x05\x00\x01\x00"),
            "not-through",
        ),
        (
            SOCKS,
            Act::SayTwice(b"\x05\x00", b"\x05\x00\x00\x07\x00"),
            "garbled",
        ),
        (
            SOCKS,
            Act::SayTwice(b"\x05\x00", b"\x05\x00\x00\x03\xff123"),
            "unreachable",
        ),
        (SOCKS, Act::Close, "unreachable"),
        (SOCKS, Act::Hang, "slow"),
    ];
    for (id, (kind, act, word)) in (1..).zip(cases) {
        let world = if is_endless(act) { &hurried } else { &patient };
        let at = start(act).await;
        world.leave_through(all_of("gpu", &[proxy(id, kind, at)]));
        let (status, code) = refusal(world.post("/api/echo").body("x")).await;
        assert_eq!((status, code.as_str()), UNREACHABLE, "{kind:?} {act:?}");
        assert_eq!(troubles(world, id)[0], word, "{kind:?} {act:?}");
    }
    assert_eq!(node.server.connections(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_one_proxy_is_made_good_by_the_next_within_the_request() {
    let refuses = start(Act::Say(b"HTTP/1.1 403 Filtered\r\n\r\n")).await;
    let real = RealProxy::start(KINDS[0]);
    let upstream = novelai(1, Settings::default()).await;
    let mut plan = upstream.plan();
    plan.egress = all_of("novelai", &[proxy(2, KINDS[1], refuses), real.proxy(1)]);
    // Key 1 begins with the second of the list.
    plan.egress.upstreams.insert(
        "novelai".into(),
        [1, 2].map(potluck_filters::id::OutboundProxyId).into(),
    );
    let world = plan.start();
    for _ in 0..3 {
        assert_eq!(sent(world.image()).await.status(), 200);
        world.idle().await;
    }
    assert_eq!(troubles(&world, 2)[0], "forbidden");
    assert_eq!(world.pool("novelai", "cooling"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_that_would_not_have_us_from_there_is_asked_again_from_elsewhere_on_the_same_key() {
    let real = KINDS.map(RealProxy::start);
    let upstream = novelai(1, Settings::default()).await;
    let page = Fault::cloudflare_html(403).with_header("retry-after", "600");
    upstream.server.faults.push("*", page, 1);
    let mut plan = upstream.plan().impatient();
    plan.egress = all_of("novelai", &[real[0].proxy(1), real[1].proxy(2)]);
    let world = plan.start();
    assert_eq!(sent(world.image()).await.status(), 200);
    world.idle().await;
    let tokens: Vec<_> = upstream
        .server
        .records
        .all()
        .iter()
        .map(|record| record.credential.clone())
        .collect();
    assert_eq!(tokens, [upstream.tokens[0].clone(), upstream.tokens[0].clone()]);
    // Key 1 of two proxies begins with the second.
    assert!(cooling(&world, 2) && !cooling(&world, 1));
    assert_eq!(troubles(&world, 2), ["cdn-page", ""]);
    assert_eq!(
        super::report(&world, 2).upstreams[0]
            .rests_ms
            .map(|ms| ms > 500_000),
        Some(true)
    );
    assert_eq!(world.pool("novelai", "cooling"), 0);
    assert_eq!(sent(world.image()).await.status(), 200);
    assert_eq!(troubles(&world, 2).len(), 2, "the next request leaves it alone");
}
