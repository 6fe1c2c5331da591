//! One origin for all hosts, and each host alone.

use super::*;
use crate::novelai::Host;

#[tokio::test]
async fn one_origin_serves_the_paths_of_all_hosts() {
    let table = Table::laid();
    for path in [
        "/user/subscription",
        "/oa/v1/models",
        "/",
        "/ai/generate-voice?text=a&opus=true",
    ] {
        assert_eq!(table.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn the_api_host_sends_persistent_tokens_to_the_image_host() {
    let table = Table::laid();
    let answer = ask(
        &table.fake.router_for(Host::Api),
        get("/user/subscription", TOKEN),
    )
    .await;
    assert_eq!(
        answer.text(),
        "{\"message\":\"Please refresh NovelAI.net. If using a third-party tool, update to the image URL.\",\
         \"statusCode\":400}"
    );
    assert_eq!(
        ask(
            &table.fake.router_for(Host::Image),
            get("/user/subscription", TOKEN)
        )
        .await
        .status,
        200
    );
}

#[tokio::test]
async fn a_host_does_not_serve_the_paths_of_another() {
    let table = Table::laid();
    let text = table.fake.router_for(Host::Text);
    assert_eq!(
        ask(&text, post("/ai/generate-image", &image(&json!({}))))
            .await
            .error()
            .0,
        404
    );
    let api = table.fake.router_for(Host::Api);
    let (status, message) = ask(&api, post("/ai/generate-image", &image(&json!({}))))
        .await
        .error();
    assert_eq!(status, 404);
    assert!(message.ends_with("Please use image.novelai.net/ai/generate-image."));
    let image_host = table.fake.router_for(Host::Image);
    assert_eq!(
        ask(&image_host, get("/ai/generate-image/request-price", TOKEN))
            .await
            .error()
            .0,
        404
    );
}

#[tokio::test]
async fn voices_and_masks_come_from_the_api_host() {
    let table = Table::laid();
    let api = table.fake.router_for(Host::Api);
    let voice = ask(
        &api,
        get(
            "/ai/generate-voice?text=hello&seed=a&voice=-1&opus=false&version=v2",
            TOKEN,
        ),
    )
    .await;
    assert_eq!((voice.status, voice.content_type()), (200, "audio/mpeg"));
    let body = json!({ "model": "hed", "parameters": { "image": bodies::picture(64, 64) } });
    let mask = ask(&api, post("/ai/annotate-image", &body)).await;
    assert_eq!(
        (mask.status, mask.content_type()),
        (200, "application/x-zip-compressed")
    );
}
