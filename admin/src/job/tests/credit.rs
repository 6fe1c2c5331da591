//! Credit: what an upstream tells of its keys becomes what edges draw by.

use potluck_fakes::fault::Fault;
use potluck_fakes::node::NodeFake;
use potluck_fakes::openai::OpenAiFake;
use potluck_filters::credit::CreditTerms;
use potluck_filters::id::PoolKeyId;
use potluck_filters::judge::JudgeTable;
use potluck_filters::life::Seen;
use potluck_filters::model::{Kind, Node, PoolKeyState, Role, Upstream};
use potluck_filters::secret::Secret;
use potluck_filters::spending::{Spending, Whose, day_of};
use potluck_store::table::pool_keys::NewCredential;

use super::world::upstream::upstream;
use super::world::*;
use crate::caller::By;

const CREDITS: &str = "/v1/credits";
const DAY: i64 = 24 * HOUR;

/// The jobs with an upstream that is asked for credit, and its fake.
struct Bank {
    world: World,
    fake: OpenAiFake,
}

async fn bank<const N: usize>() -> Bank {
    let fake = OpenAiFake::start().await.unwrap();
    let world = World::beside::<N>(settings(), Tls::Off, vec![vercel(&fake.server)]).await;
    Bank { world, fake }
}

pub(super) fn vercel(server: &potluck_fakes::FakeServer) -> Upstream {
    let mut vercel = upstream(server);
    vercel.nodes.retain(|node| node.role == Role::Image);
    vercel.nodes = vercel
        .nodes
        .into_iter()
        .map(|node| Node {
            name: "main".into(),
            role: Role::Any,
            ..node
        })
        .collect();
    Upstream {
        name: "vercel".into(),
        kind: Kind::Openai,
        judge: JudgeTable::for_kind(Kind::Openai),
        credit: Some(CreditTerms {
            path: CREDITS.into(),
            balance: "/balance".into(),
            less: None,
            used: Some("/total_used".into()),
        }),
        ..vercel
    }
}

impl Bank {
    async fn key(&self, name: &str, balance: u64) -> PoolKeyId {
        self.fake.keys.add(name, balance);
        let origin = format!("127.0.0.1:{}", self.fake.server.addr.port());
        let credential = NewCredential::Token(Secret::new(name));
        self.world
            .add_to("vercel", credential, &origin, PoolKeyState::Healthy)
            .await
    }

    /// Passes an interval and waits for the next look.
    async fn next_look(&self, key: PoolKeyId) {
        let last = self.world.row(key).await.next_probe_at;
        self.world.advance(12 * MINUTE);
        self.world.until(key, |row| row.next_probe_at > last).await;
    }

    fn served(&self, key: PoolKeyId) -> Option<u64> {
        self.world
            .served(key)
            .unwrap()
            .credit
            .map(|credit| credit.balance)
    }

    async fn books(&self, key: PoolKeyId, requests: u64) {
        let spending = Spending {
            whose: Whose::PoolKey(key),
            day: day_of(self.world.now()),
            requests,
            anlas: 0,
        };
        self.world.control.store().book(&[spending]).await.unwrap();
    }
}

fn status(code: u16, body: &str) -> Fault {
    Fault::Status {
        code,
        content_type: "application/json".to_owned(),
        body: body.to_owned().into(),
        headers: Vec::new(),
    }
}

#[tokio::test]
async fn a_balance_is_asked_for_with_each_key_and_served_with_it() {
    let bank = bank::<24>().await;
    let (rich, poor) = (
        bank.key("vck_rich", 95_500_000).await,
        bank.key("vck_poor", 10).await,
    );
    for (key, balance) in [(rich, 95_500_000), (poor, 10)] {
        let row = bank.world.until(key, |row| row.credit.is_some()).await;
        let credit = row.credit.unwrap();
        assert_eq!((credit.balance, credit.used), (balance, Some(0)));
        assert_eq!(
            (credit.asked_at, row.credit_at),
            (bank.world.now(), Some(bank.world.now()))
        );
        assert_eq!(row.next_probe_at, Some(bank.world.now() + 10 * MINUTE));
        assert_eq!(bank.served(key), Some(balance));
    }
}

#[tokio::test]
async fn edges_hear_of_a_balance_that_changed_enough_or_of_a_key_that_served() {
    let bank = bank::<25>().await;
    let key = bank.key("vck_a", 10_000_000).await;
    bank.world.until(key, |row| row.credit.is_some()).await;
    let before = bank.world.pushed();
    for balance in [10_000_000, 9_950_000] {
        bank.fake.keys.set_balance("vck_a", balance);
        bank.next_look(key).await;
    }
    assert_eq!(bank.world.pushed(), before, "not by a hundredth");
    let row = bank.world.row(key).await;
    assert_eq!(row.credit.unwrap().balance, 10_000_000, "as edges have it");
    assert_eq!(row.credit_at, Some(bank.world.now()), "but it was looked at");
    bank.fake.keys.set_balance("vck_a", 5_000_000);
    bank.next_look(key).await;
    assert_eq!(bank.served(key), Some(5_000_000));
    bank.books(key, 1).await;
    let before = bank.world.pushed();
    bank.next_look(key).await;
    assert_eq!(
        bank.world.pushed(),
        before + 1,
        "the edge has taken something off by itself"
    );
}

#[tokio::test]
async fn an_upstream_that_tells_nobody_is_asked_once_a_day_and_its_keys_serve() {
    let node = NodeFake::start("gpu").await.unwrap();
    let world = World::beside::<26>(settings(), Tls::Off, vec![vercel(&node.server)]).await;
    let origin = format!("127.0.0.1:{}", node.server.addr.port());
    let credential = NewCredential::Token(Secret::new("vck_a"));
    let key = world
        .add_to("vercel", credential, &origin, PoolKeyState::Healthy)
        .await;
    let row = world.until(key, |row| row.credit_at.is_some()).await;
    assert_eq!((row.credit, row.state), (None, PoolKeyState::Healthy));
    assert_eq!(row.next_probe_at, Some(world.now() + DAY));
    assert!(world.served(key).is_some());
    let world = world.restarted().await;
    world.advance(DAY - 1);
    world.until_reported().await;
    assert_eq!(node.server.records.count(), 1, "that is remembered");
    world.advance(1);
    world.until(key, |row| row.credit_at == Some(world.now())).await;
}

#[tokio::test]
async fn a_refused_question_alone_takes_no_key_out_however_often_it_comes() {
    let bank = bank::<27>().await;
    bank.fake
        .server
        .faults
        .push(CREDITS, status(401, "{}"), usize::MAX);
    let key = bank.key("vck_a", 10).await;
    for streak in 1..=5 {
        let row = bank.world.until(key, |row| row.probe_streak == streak).await;
        assert_eq!((row.state, row.credit), (PoolKeyState::Healthy, None));
        bank.world.advance(10 * MINUTE);
    }
    assert!(bank.world.served(key).is_some());
}

#[tokio::test]
async fn a_refused_attempt_and_a_refused_question_take_it_out_until_either_works() {
    let bank = bank::<28>().await;
    let key = bank.key("vck_a", 10).await;
    bank.world.until(key, |row| row.credit.is_some()).await;
    bank.fake.keys.revoke("vck_a");
    bank.world.report(key, Seen::CredentialRefused);
    bank.world.until_reported().await;
    bank.world.advance(40_000);
    let row = bank.world.until_state(key, PoolKeyState::Invalid).await;
    assert_eq!(row.state_reason.as_deref(), Some("unauthorized"));
    assert!(bank.world.served(key).is_none());
    bank.fake.keys.add("vck_a", 77);
    bank.world.in_time(key, PoolKeyState::Healthy).await;
    assert_eq!(bank.served(key), Some(77));
}

#[tokio::test]
async fn a_question_that_fails_or_makes_no_sense_keeps_what_was_known() {
    let bank = bank::<29>().await;
    let key = bank.key("vck_a", 10).await;
    bank.world.until(key, |row| row.credit.is_some()).await;
    for fault in [
        status(500, "{}"),
        status(200, "{}"),
        status(429, "{}"),
        Fault::Truncate { after: 3 },
        Fault::Status {
            code: 302,
            content_type: "text/plain".to_owned(),
            body: "elsewhere".into(),
            headers: vec![("location".to_owned(), bank.world.server.url())],
        },
    ] {
        let streak = bank.world.row(key).await.probe_streak;
        bank.fake.server.faults.push(CREDITS, fault, 1);
        bank.world.advance(12 * MINUTE);
        let row = bank.world.until(key, |row| row.probe_streak > streak).await;
        assert_eq!(row.credit.unwrap().balance, 10);
    }
    assert_eq!(bank.world.server.records.count(), 0, "no redirect was followed");
    bank.next_look(key).await;
    assert_eq!(bank.world.row(key).await.probe_streak, 0);
}

#[tokio::test]
async fn people_who_want_it_asked_now_do_not_wait() {
    let bank = bank::<30>().await;
    let key = bank.key("vck_a", 10).await;
    bank.world.until(key, |row| row.credit.is_some()).await;
    bank.fake.keys.set_balance("vck_a", 20_000_000);
    bank.world
        .control
        .check_pool_key(&By::OPERATOR, key)
        .await
        .unwrap();
    bank.world
        .until(key, |row| {
            row.credit.is_some_and(|credit| credit.balance == 20_000_000)
        })
        .await;
    assert_eq!(bank.served(key), Some(20_000_000));
}
