//! What is kept of a request whose course was not the plain one.

use std::sync::Arc;

use potluck_fakes::fault::Fault;
use potluck_fakes::novelai::Settings;
use potluck_filters::judge::Outcome;
use potluck_filters::limit::Limit;
use potluck_filters::pool::PassedOver;
use potluck_filters::rejection::LimitSource;
use potluck_filters::trace::{Trace, What};
use potluck_filters::usage::RequestNumber;
use reqwest::Response;

use crate::ask::sent;
use crate::world::{World, novelai};

fn number(answer: &Response) -> RequestNumber {
    let id = answer.headers().get("x-request-id").unwrap();
    RequestNumber::parse(id.to_str().unwrap()).unwrap()
}

impl World {
    /// The trace of the request that was answered so, once it has ended.
    async fn trace(&self, answer: Response) -> Option<Arc<Trace>> {
        let number = number(&answer);
        answer.bytes().await.unwrap();
        self.idle().await;
        self.edge.trace(number)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_was_served_at_once_leaves_none() {
    let upstream = novelai(1, Settings::default()).await;
    let world = upstream.plan().start();
    let answer = sent(world.image()).await;
    assert!(world.trace(answer).await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_attempt_says_why_there_was_one() {
    let upstream = novelai(2, Settings::default()).await;
    upstream.server.faults.push(&upstream.tokens[0], Fault::busy(), 1);
    let world = upstream.plan().start();
    let answer = sent(world.image()).await;
    assert_eq!(answer.status(), 200);
    let trace = world.trace(answer).await.expect("a trace");
    let attempts: Vec<_> = trace
        .steps
        .iter()
        .map(|step| match &step.what {
            What::Attempt(attempt) => attempt,
            other => panic!("{other:?}"),
        })
        .collect();
    let told: Vec<_> = attempts
        .iter()
        .map(|attempt| (attempt.pool_key.unwrap().0, attempt.status, attempt.outcome))
        .collect();
    assert_eq!(told, [(1, Some(429), Outcome::Busy), (2, Some(200), Outcome::Ok)]);
    assert!(attempts.iter().all(|attempt| attempt.node.is_some()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_says_who_stood_by_and_how_long_it_was() {
    let upstream = novelai(1, Settings::default()).await;
    let world = upstream.plan().start();
    upstream.fake.hold();
    let first = tokio::spawn(sent(world.image()));
    upstream.accounts[0].until_busy().await;
    let second = tokio::spawn(sent(world.image()));
    world.until_waiting(1).await;
    upstream.fake.release();
    let plain = number(&first.await.unwrap());
    let answer = second.await.unwrap();
    let trace = world.trace(answer).await.expect("a trace");
    let [none_free, waited, attempt] = &trace.steps[..] else {
        panic!("{trace:?}");
    };
    let What::NoneFree { census } = &none_free.what else {
        panic!("{none_free:?}");
    };
    assert_eq!((census.keys, census.ready), (1, 0));
    assert_eq!(census.named[0].why, PassedOver::Leased);
    assert!(matches!(
        waited.what,
        What::Waited {
            ahead: 0,
            got: true,
            ..
        }
    ));
    assert!(matches!(&attempt.what, What::Attempt(attempt) if attempt.outcome == Outcome::Ok));
    assert!(world.edge.trace(plain).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_says_whose_it_is() {
    let upstream = novelai(1, Settings::default()).await;
    let mut plan = upstream.plan();
    plan.client_keys[0].rate_limit = Limit::AtMost(1);
    let world = plan.start();
    assert_eq!(sent(world.image()).await.status(), 200);
    let answer = sent(world.image()).await;
    assert_eq!(answer.status(), 429);
    let trace = world.trace(answer).await.expect("a trace");
    let [step] = &trace.steps[..] else {
        panic!("{trace:?}")
    };
    let What::Refused {
        code,
        limit_source,
        limit,
        retry_after_ms,
    } = &step.what
    else {
        panic!("{step:?}")
    };
    assert_eq!(
        (&*code.0, *limit_source, *limit),
        ("rate_limited", Some(LimitSource::Relay), Some(1))
    );
    assert!(retry_after_ms.is_some_and(|ms| ms <= 60_000));
}
