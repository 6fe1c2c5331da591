//! What the relay asks upstreams by itself leaves through outbound proxies, as requests do: real ones.

#[path = "../relay/egress/real.rs"]
mod real;

use potluck_filters::model::ProxyKind;
use serde_json::Value;

use crate::installation::{Installation, world};
use crate::relay::Relay;
use real::{PASSWORD, RealProxy, USER};

async fn add(installation: &Installation, proxy: &RealProxy) {
    let (address, scheme) = (proxy.address, scheme(proxy.kind));
    let line = format!("proxies add by-{scheme} {scheme}://{address} --username {USER}");
    installation.feed(&line, &format!("{PASSWORD}\n")).await.ok();
}

fn scheme(kind: ProxyKind) -> &'static str {
    match kind {
        ProxyKind::Socks5 => "socks5",
        ProxyKind::Connect => "http",
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_and_credit_are_asked_through_one_proxy_or_the_other_and_never_past_both() {
    let world = world().await;
    let installation = Installation::new(&world).await;
    let kinds = [ProxyKind::Socks5, ProxyKind::Connect];
    let [mut socks, mut connect] = kinds.map(RealProxy::start);
    for proxy in [&socks, &connect] {
        add(&installation, proxy).await;
    }
    for upstream in ["novelai", "vercel"] {
        let line = format!("proxies assign --upstream {upstream} by-socks5 by-http");
        installation.run(&line).await.ok();
    }
    let relay = Relay::start(&installation).await;
    let token = &world.novelai_accounts[0].token;
    installation
        .feed("pool add novelai --label account", token)
        .await
        .ok();
    installation
        .feed("pool add vercel --label credit", &world.openai_keys[0])
        .await
        .ok();
    for kills in [None, Some(&mut socks)] {
        let _ = kills.map(RealProxy::kill);
        for key in ["account", "credit"] {
            let checked = installation.run(&format!("pool check {key} --json")).await.ok();
            let checked: Value = checked.json();
            assert_eq!(checked["state"], "healthy");
        }
    }
    let asked = || world.novelai.image.records.count() + world.openai.server.records.count();
    let before = asked();
    assert!(before >= 4, "{before}");
    connect.kill();
    for key in ["account", "credit"] {
        installation.run(&format!("pool check {key}")).await;
        let shown = installation.run(&format!("pool show {key} --json")).await.ok();
        assert_eq!(shown.json()["state"], "healthy", "it is not the key's fault");
    }
    assert_eq!(asked(), before, "nothing went straight");
    relay.stop().await;
}
