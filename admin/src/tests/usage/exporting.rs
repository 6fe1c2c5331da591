//! Exports: whole, in both forms, noted, and never more of them in memory than a page.

use super::*;

async fn lines(net: &Net, path: &str) -> Vec<String> {
    let request = Request::builder().uri(path).body(Body::empty()).unwrap();
    let answer = net.relay.router.clone().oneshot(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn an_export_has_every_request_once_and_is_noted() {
    let net = Net::with_books().await;
    let ann = net.user("ann").await;
    let mut events: Vec<_> = (1..=3).map(|number| event(number, ann, 1)).collect();
    events[0].model = Some("=HYPERLINK(1)".into());
    net.relay.book(1, events).await;
    let ndjson = lines(&net, "/manage/v1/requests/export").await;
    assert_eq!(ndjson.len(), 3);
    let last: Value = serde_json::from_str(&ndjson[2]).unwrap();
    assert_eq!(
        (&last["request_id"], &last["user"]),
        (&json!("feed0000000000000001"), &json!(ann.0))
    );
    let csv = lines(&net, "/manage/v1/requests/export?format=csv").await;
    assert_eq!(csv.len(), 4);
    let names: Vec<&str> = csv[0].split(',').collect();
    assert_eq!(names.len(), csv[1].split(',').count(), "{}", csv[1]);
    let place = names
        .iter()
        .position(|name| *name == "prompt_tokens_source")
        .unwrap();
    assert_eq!(csv[1].split(',').nth(place), Some("\"reported\""));
    assert!(csv[3].contains("\"'=HYPERLINK(1)\""), "{}", csv[3]);
    let audit = net.relay.get("/manage/v1/audit?act=usage.exported").await.1;
    assert_eq!(audit["items"].as_array().unwrap().len(), 2, "{audit}");
    assert_eq!(audit["items"][0]["after"]["format"], "csv");
}

#[tokio::test]
async fn a_page_is_read_when_it_is_wanted_and_not_before() {
    let net = Net::with_books().await;
    let ann = net.user("ann").await;
    let events = (1..=2500).map(|number| event(number, ann, 1)).collect();
    net.relay.book(1, events).await;
    let path = "/manage/v1/requests/export";
    let frames = async || {
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        let answer = net.relay.router.clone().oneshot(request).await.unwrap();
        answer.into_body()
    };
    let mut body = frames().await;
    let mut sizes = Vec::new();
    while let Some(frame) = body.frame().await {
        let data = frame.unwrap().into_data().unwrap();
        let lines = data.iter().filter(|byte| **byte == b'\n').count();
        sizes.extend((lines > 0).then_some(lines));
    }
    assert_eq!(sizes, [1000, 1000, 500]);
    // The first page is there, since it was read before the answer began; the next one is not.
    let mut body = frames().await;
    net.relay.control.usage().unwrap().close().await;
    let mut taken = 0;
    let end = loop {
        match body.frame().await.unwrap() {
            Ok(frame) => {
                taken += frame
                    .into_data()
                    .unwrap()
                    .iter()
                    .filter(|byte| **byte == b'\n')
                    .count();
            }
            Err(error) => break error,
        }
    };
    assert_eq!(taken, 1000, "{end}");
}
