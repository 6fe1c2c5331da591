//! Requests with a key of their own.

use super::each;
use crate::table::idempotency::{Begun, KEPT_MS, RequestMark};

fn mark(caller: &str, key: u8, request: u8) -> RequestMark {
    RequestMark {
        caller: caller.to_owned(),
        key: [key; 32],
        request: [request; 32],
    }
}

#[tokio::test]
async fn a_request_is_begun_once_and_answered_alike_for_a_day() {
    each(async |database| {
        let store = database.open().await;
        let one = mark("user 1", 1, 1);
        assert_eq!(store.begin_request(&one, 5).await.unwrap(), Begun::New);
        assert_eq!(store.begin_request(&one, 5).await.unwrap(), Begun::UnderWay);
        assert_eq!(
            store.begin_request(&mark("user 1", 1, 2), 6).await.unwrap(),
            Begun::Other
        );
        store.end_request(&one, "{\"status\":201}").await.unwrap();
        store.close().await;

        let store = database.open().await;
        let answered = Begun::Answered("{\"status\":201}".to_owned());
        assert_eq!(store.begin_request(&one, 5 + KEPT_MS).await.unwrap(), answered);
        assert_eq!(
            store.begin_request(&mark("user 1", 1, 2), 7).await.unwrap(),
            Begun::Other
        );
        assert_eq!(
            store.begin_request(&mark("user 2", 1, 2), 7).await.unwrap(),
            Begun::New
        );
        assert_eq!(
            store.begin_request(&mark("user 1", 2, 1), 7).await.unwrap(),
            Begun::New
        );
        assert_eq!(store.begin_request(&one, 6 + KEPT_MS).await.unwrap(), Begun::New);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_request_that_did_nothing_frees_its_key() {
    each(async |database| {
        let store = database.open().await;
        store.begin_request(&mark("operator", 1, 1), 5).await.unwrap();
        store.forget_request(&mark("operator", 1, 1)).await.unwrap();
        assert_eq!(
            store.begin_request(&mark("operator", 1, 2), 5).await.unwrap(),
            Begun::New
        );
        store.close().await;
    })
    .await;
}
