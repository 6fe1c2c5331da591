//! One generation at a time, whoever listens.

use super::*;

/// Begins a request that cannot end yet.
async fn begun(table: &Table, request: Request<Body>) -> tokio::task::JoinHandle<Answer> {
    let router = table.router.clone();
    let task = tokio::spawn(async move { ask(&router, request).await });
    table.guest.until_busy().await;
    task
}

#[tokio::test]
async fn a_second_generation_is_refused_while_the_first_runs() {
    let table = Table::laid();
    table.fake.hold();
    let first = begun(&table, post("/ai/generate-image", &image(&json!({})))).await;
    let second = table.post("/ai/generate-image", &image(&json!({}))).await;
    assert_eq!(
        second.json(),
        json!({ "statusCode": 429, "message": "Concurrent generation is locked" })
    );
    table.fake.release();
    assert_eq!(first.await.unwrap().status, 200);
    assert_eq!(
        table.post("/ai/generate-image", &image(&json!({}))).await.status,
        200
    );
    let guest = &table.guest;
    assert_eq!(
        (
            guest.generations(),
            guest.images(),
            guest.lock_refusals(),
            guest.most_at_once()
        ),
        (2, 2, 1, 1)
    );
}

#[tokio::test]
async fn a_client_that_leaves_frees_nothing() {
    for path in ["/ai/generate-image", "/ai/generate-image-stream"] {
        let table = Table::laid();
        table.fake.hold();
        let left = begun(&table, post(path, &image(&json!({})))).await;
        left.abort();
        assert!(left.await.unwrap_err().is_cancelled());
        assert_eq!(
            table.post("/ai/generate-image", &image(&json!({}))).await.status,
            429,
            "{path}"
        );
        table.fake.release();
        table.guest.until_idle().await;
        assert_eq!(table.guest.images(), 1, "{path}");
        assert_eq!(
            table.post("/ai/generate-image", &image(&json!({}))).await.status,
            200,
            "{path}"
        );
    }
}

#[tokio::test]
async fn text_shares_the_lock_or_has_its_own() {
    let table = Table::laid();
    table.fake.hold();
    let _image = begun(&table, post("/ai/generate-image", &image(&json!({})))).await;
    let text = json!({ "model": "kayra-v1", "input": "a", "parameters": { "use_string": true } });
    assert_eq!(table.post("/ai/generate", &text).await.status, 429);
    table.fake.change(|settings| settings.text_lock_shared = false);
    // The head of a stream comes at once, while the image is still held.
    let head = table
        .router
        .clone()
        .oneshot(post("/ai/generate-stream", &text))
        .await
        .unwrap();
    assert_eq!(head.status(), 200);
    table.fake.release();
    table.guest.until_idle().await;
    assert_eq!((table.guest.generations(), table.guest.most_at_once()), (2, 1));
}

#[tokio::test]
async fn a_refused_request_costs_nothing_and_leaves_no_lock() {
    let table = Table::laid();
    table.guest.set_anlas(1, 0);
    let large = image(&json!({ "width": 1024, "height": 1536, "steps": 28 }));
    assert_eq!(
        table.post("/ai/generate-image", &large).await.error(),
        (402, "Not enough Anlas".to_owned())
    );
    assert_eq!(table.guest.anlas(), 1);
    assert!(!table.guest.is_busy());
}
