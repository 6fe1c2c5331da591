//! Leaving through outbound proxies: what the jobs ask goes by the ways that requests of clients go.

use potluck_fakes::fault::Fault;
use potluck_fakes::novelai::Account;
use potluck_fakes::openai::OpenAiFake;
use potluck_filters::id::{OutboundProxyId, PoolKeyId};
use potluck_filters::model::{PoolKeyState, Upstream};
use potluck_filters::secret::Secret;
use potluck_store::table::pool_keys::NewCredential;

use super::credit::vercel;
use super::world::*;
use crate::api::AddOutboundProxy;
use crate::caller::By;

impl World {
    /// Adds an outbound proxy.
    async fn proxy(&self, name: &str) -> OutboundProxyId {
        let new = AddOutboundProxy {
            name: name.to_owned(),
            url: "socks5://192.0.2.1:1080".to_owned(),
            login: None,
            enabled: None,
        };
        self.control
            .add_outbound_proxy(&By::OPERATOR, new)
            .await
            .unwrap()
            .id
    }

    async fn leave_through(&self, upstream: &str, list: &[OutboundProxyId]) {
        let mut turn = self.control.turn(&By::job("test")).await.unwrap();
        let change = turn.change();
        change.set_upstream_egress(upstream, Some(list)).await.unwrap();
        turn.end_job().await.unwrap();
    }

    async fn key_leaves_through(&self, key: PoolKeyId, list: &[OutboundProxyId]) {
        let mut turn = self.control.turn(&By::job("test")).await.unwrap();
        turn.change().set_pool_key_egress(key, Some(list)).await.unwrap();
        turn.end_job().await.unwrap();
    }

    /// Has a key looked at once more.
    async fn looked_at_again(&self, key: PoolKeyId) {
        let last = self.row(key).await.next_probe_at;
        self.advance(12 * MINUTE);
        self.until(key, |row| row.next_probe_at > last).await;
    }
}

#[tokio::test]
async fn probes_and_logins_leave_through_the_proxies_of_their_upstream() {
    let world = World::new::<31>().await;
    let paris = world.proxy("paris").await;
    world.leave_through("novelai", &[paris]).await;
    let (_, token) = world.guest("ann").await;
    world.until_state(token, PoolKeyState::Healthy).await;
    world.fake.add(Account {
        token: None,
        ..Account::opus("bob@example.com", "")
    });
    let login = world
        .add_login("bob@example.com", "password of bob@example.com")
        .await;
    world.until_state(login, PoolKeyState::Healthy).await;
    assert!(world.asked(LOGIN) > 0);
    let questions = world.server.records.count();
    assert_eq!(world.tunnels.asked("paris"), questions, "none left straight");
}

#[tokio::test]
async fn the_next_proxy_is_taken_within_one_look_and_a_rest_is_remembered() {
    let world = World::new::<32>().await;
    let (paris, rome) = (world.proxy("paris").await, world.proxy("rome").await);
    world.leave_through("novelai", &[paris, rome]).await;
    world.tunnels.take_down("paris");
    let (_, key) = world.guest("ann").await;
    let row = world.until_state(key, PoolKeyState::Healthy).await;
    assert_eq!(row.probe_streak, 0);
    for _ in 0..6 {
        world.looked_at_again(key).await;
    }
    assert_eq!(world.tunnels.asked("rome"), world.server.records.count());
    assert!(
        world.tunnels.asked("paris") <= 8,
        "{}",
        world.tunnels.asked("paris")
    );
}

#[tokio::test]
async fn where_no_proxy_opens_a_way_nothing_leaves_and_nothing_is_held_against_the_key() {
    let world = World::new::<33>().await;
    let (paris, rome) = (world.proxy("paris").await, world.proxy("rome").await);
    world.leave_through("novelai", &[paris, rome]).await;
    world.tunnels.take_down("paris");
    world.tunnels.take_down("rome");
    let (_, key) = world.guest("ann").await;
    let row = world.until(key, |row| row.probe_streak > 0).await;
    assert_eq!(
        (row.state, world.server.records.count()),
        (PoolKeyState::Pending, 0)
    );
    assert_eq!(
        (world.tunnels.asked("paris"), world.tunnels.asked("rome")),
        (1, 1)
    );
    world.leave_through("novelai", &[]).await;
    world.in_time(key, PoolKeyState::Healthy).await;
    assert_eq!(world.tunnels.asked("paris"), 1);
}

#[tokio::test]
async fn a_keys_own_list_wins_and_an_empty_one_leaves_straight() {
    let world = World::new::<34>().await;
    let (paris, rome) = (world.proxy("paris").await, world.proxy("rome").await);
    let (_, key) = world.guest("ann").await;
    world.until_state(key, PoolKeyState::Healthy).await;
    world.leave_through("novelai", &[paris]).await;
    world.key_leaves_through(key, &[rome]).await;
    world.looked_at_again(key).await;
    let asked = |proxy| world.tunnels.asked(proxy);
    assert_eq!((asked("paris"), asked("rome") > 0), (0, true));
    let before = asked("rome");
    world.key_leaves_through(key, &[]).await;
    world.looked_at_again(key).await;
    assert_eq!((asked("paris"), asked("rome")), (0, before));
}

#[tokio::test]
async fn a_proxy_whose_address_the_upstream_refuses_is_passed_over_the_next_time() {
    let world = World::new::<37>().await;
    let (paris, rome) = (world.proxy("paris").await, world.proxy("rome").await);
    world.leave_through("novelai", &[paris, rome]).await;
    let page = Fault::Status {
        code: 403,
        content_type: "text/html".to_owned(),
        body: "<html>".into(),
        headers: Vec::new(),
    };
    world.server.faults.push(SUBSCRIPTION, page, 1);
    let (_, key) = world.guest("ann").await;
    world.until(key, |row| row.probe_streak == 1).await;
    let first = ["paris", "rome"].map(|proxy| world.tunnels.asked(proxy));
    let at = world.row(key).await.next_probe_at.unwrap();
    world.advance(at - world.now());
    world.until_state(key, PoolKeyState::Healthy).await;
    let then = ["paris", "rome"].map(|proxy| world.tunnels.asked(proxy));
    let other = usize::from(first[0] == 1);
    assert!(then[other] > first[other], "{first:?} {then:?}");
    assert_eq!(then[1 - other], first[1 - other], "{first:?} {then:?}");
}

async fn credit_with_all_down<const N: usize>(direct_when_down: bool) -> (usize, World) {
    let fake = OpenAiFake::start().await.unwrap();
    let mut upstream: Upstream = vercel(&fake.server);
    upstream.egress.direct_when_down = direct_when_down;
    let world = World::beside::<N>(settings(), Tls::Off, vec![upstream]).await;
    let paris = world.proxy("paris").await;
    world.leave_through("vercel", &[paris]).await;
    world.tunnels.take_down("paris");
    fake.keys.add("vck_a", 10);
    let origin = format!("127.0.0.1:{}", fake.server.addr.port());
    let credential = NewCredential::Token(Secret::new("vck_a"));
    let key = world
        .add_to("vercel", credential, &origin, PoolKeyState::Healthy)
        .await;
    let asked =
        |row: &potluck_store::table::pool_keys::PoolKeyRow| row.probe_streak > 0 || row.credit.is_some();
    world.until(key, asked).await;
    (fake.server.records.count(), world)
}

#[tokio::test]
async fn credit_is_asked_for_straight_only_where_that_is_allowed_and_all_proxies_are_down() {
    let (asked, world) = credit_with_all_down::<35>(true).await;
    assert_eq!((asked, world.tunnels.asked("paris")), (1, 1));
    let (asked, world) = credit_with_all_down::<36>(false).await;
    assert_eq!((asked, world.tunnels.asked("paris")), (0, 1));
}
