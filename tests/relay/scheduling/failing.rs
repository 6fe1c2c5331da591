//! One account of four fails in each of the ways that accounts do: what the clients notice of it.

use std::time::Duration;

use potluck_fakes::fault::Fault;
use potluck_fakes::novelai::{Holder, Settings};
use serde_json::Value;

use super::{arrived, number_of};
use crate::ask::sent;
use crate::world::{CLIENT_KEY, NovelAiWorld, World, client, novelai};

const REQUESTS: u64 = 64;

/// How long an account that says nothing is waited for. The others must answer in this time, however busy the machine is.
const SILENCE: Duration = Duration::from_secs(3);

/// Four accounts, the first of which always fails like this.
async fn first_fails(fault: Fault) -> (NovelAiWorld, World) {
    let upstream = novelai(4, Settings::default()).await;
    let hangs = matches!(fault, Fault::HangBeforeHeaders);
    upstream
        .server
        .faults
        .push(&upstream.tokens[0], fault, usize::MAX);
    let mut plan = upstream.plan();
    let first = &mut plan.layout.upstreams[0];
    if hangs {
        first.timeouts.first_byte = SILENCE;
    }
    first.cool_downs.rate_limited = Duration::from_millis(20);
    (upstream, plan.start())
}

/// All at once: statuses and bodies, by number.
async fn all(world: &World) -> Vec<(u16, Vec<u8>)> {
    let client = &client();
    let all = (0..REQUESTS).map(|seed| async move {
        let answer = sent(world.numbered_by(client, CLIENT_KEY, seed)).await;
        (
            answer.status().as_u16(),
            answer.bytes().await.expect("a whole body").to_vec(),
        )
    });
    futures_util::future::join_all(all).await
}

fn assert_accounts_were_left_in_peace(name: &str, upstream: &NovelAiWorld, world: &World) {
    for account in &upstream.accounts {
        assert_eq!(
            (account.lock_refusals(), account.most_at_once() <= 1),
            (0, true),
            "{name}"
        );
    }
    assert_eq!(world.queue("waiting"), 0, "{name}");
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_was_refused_is_done_elsewhere_and_no_client_notices() {
    for (name, fault) in [
        ("401", Fault::unauthorized()),
        ("402", Fault::not_enough_anlas()),
        ("403 HTML", Fault::cloudflare_html(403)),
        ("429", Fault::busy()),
    ] {
        let (upstream, world) = first_fails(fault).await;
        let answers = all(&world).await;
        let failed: Vec<_> = answers.iter().filter(|(status, _)| *status != 200).collect();
        let shown = failed
            .first()
            .map(|(status, body)| (status, String::from_utf8_lossy(body)));
        assert_eq!(shown, None, "{name}: {} of {REQUESTS}", failed.len());
        world.idle().await;
        assert_accounts_were_left_in_peace(name, &upstream, &world);
        assert_eq!(world.leases(), 0, "{name}");
        assert!(
            !upstream.server.records.of(&upstream.tokens[0]).is_empty(),
            "{name}"
        );
        let made: usize = upstream.accounts.iter().map(Holder::images).sum();
        assert_eq!(made as u64, REQUESTS, "{name}: each image was made once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_work_may_have_been_done_only_those_who_met_the_account_notice_and_nothing_is_sent_twice() {
    for (name, fault, status) in [
        ("500", Fault::novelai(500, "Internal Server Error"), 500),
        ("hang", Fault::HangBeforeHeaders, 504),
        ("reset", Fault::Reset, 502),
    ] {
        let (upstream, world) = first_fails(fault).await;
        let answers = all(&world).await;
        world.idle().await;
        assert_accounts_were_left_in_peace(name, &upstream, &world);
        let met = upstream.server.records.of(&upstream.tokens[0]);
        let met: Vec<u64> = met.iter().map(|record| number_of(&record.body)).collect();
        assert!(!met.is_empty(), "{name}");
        for (seed, (answered, body)) in (0..).zip(&answers) {
            assert_eq!(
                *answered,
                if met.contains(&seed) { status } else { 200 },
                "{name}: {seed}"
            );
            if *answered != 200 {
                let error: Value = serde_json::from_slice(body).expect("an error in JSON");
                assert_eq!(error["statusCode"], status, "{name}");
                assert!(error["message"].is_string(), "{name}");
            }
        }
        let mut seeds = arrived(&upstream);
        seeds.sort_unstable();
        assert!(seeds.into_iter().eq(0..REQUESTS), "{name}: each was sent once");
    }
}
