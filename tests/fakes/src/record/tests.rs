//! Records keep order, find credentials and wait without sleeping.

use super::*;
use axum::http::Request;

fn record(token: &str) -> Record {
    let request = Request::builder()
        .uri("/a%2Fb?x=1")
        .header("authorization", format!("Bearer {token}"));
    let (parts, ()) = request.body(()).unwrap().into_parts();
    Record::arrived(&parts, 0, Instant::now())
}

#[test]
fn a_target_is_kept_as_sent_and_its_credential_is_found() {
    let record = record("pst-abc");
    assert_eq!(record.target, "/a%2Fb?x=1");
    assert_eq!(record.path(), "/a%2Fb");
    assert_eq!(record.credential, "pst-abc");
}

#[test]
fn the_api_key_header_counts_when_there_is_no_bearer() {
    let mut headers = HeaderMap::new();
    headers.insert("x-api-key", "k1".parse().unwrap());
    assert_eq!(credential(&headers), "k1");
    headers.insert("authorization", "bearer k2".parse().unwrap());
    assert_eq!(credential(&headers), "k2");
}

#[test]
fn only_requests_in_work_at_one_time_overlap() {
    let records = Records::new();
    let first = records.begin(record("a"));
    let other = records.begin(record("b"));
    drop(first);
    let second = records.begin(record("a"));
    let third = records.begin(record("a"));
    assert_eq!(records.max_overlap("a"), 2);
    assert_eq!(records.max_overlap("b"), 1);
    assert_eq!(records.max_overlap("c"), 0);
    drop((other, second, third));
}

#[test]
fn a_dropped_exchange_means_that_the_client_left() {
    let records = Records::new();
    drop(records.begin(record("a")));
    let mut done = records.begin(record("a"));
    done.settle();
    drop(done);
    let left: Vec<_> = records.all().iter().map(|record| record.client_left).collect();
    assert_eq!(left, [true, false]);
}

#[test]
fn only_the_last_requests_are_kept_where_there_is_a_bound() {
    let records = Records::keeping(2);
    let exchanges: Vec<_> = (0..5).map(|_| records.begin(record("a"))).collect();
    drop(exchanges);
    let kept: Vec<_> = records.all().iter().map(|record| record.sequence).collect();
    assert_eq!(kept, [3, 4]);
    assert_eq!(records.count(), 5);
    assert!(records.all().iter().all(|record| record.ended.is_some()));
}

#[tokio::test]
async fn waiting_ends_when_the_request_arrives() {
    let records = Records::new();
    let waiting = tokio::spawn({
        let records = records.clone();
        async move { records.wait_for(1).await.len() }
    });
    tokio::task::yield_now().await;
    let _exchange = records.begin(record("a"));
    assert_eq!(waiting.await.unwrap(), 1);
}
