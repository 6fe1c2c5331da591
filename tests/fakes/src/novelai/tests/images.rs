//! Whole images, and the tools around them.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::*;
use crate::novelai::{png, zip};

#[tokio::test]
async fn images_come_as_a_zip_of_real_pngs() {
    let table = Table::laid();
    let answer = table
        .post(
            "/ai/generate-image",
            &image(&json!({ "n_samples": 2, "width": 128 })),
        )
        .await;
    assert_eq!(
        (answer.status, answer.content_type()),
        (200, "binary/octet-stream")
    );
    assert!(answer.headers.contains_key(header::CONTENT_DISPOSITION));
    let files = zip::read(&answer.body);
    let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["image_0.png", "image_1.png"]);
    assert_ne!(files[0].1, files[1].1);
    assert_eq!(png::size(&files[0].1), Some((128, 64)));
    let text = String::from_utf8_lossy(&files[0].1);
    for said in [
        "Title\0AI generated image",
        "Software\0NovelAI",
        "Source\0NovelAI Diffusion V4.5 4BDE2A90",
    ] {
        assert!(text.contains(said), "{said}");
    }
    assert!(text.contains("\"request_type\":\"PromptGenerateRequest\""));
}

#[tokio::test]
async fn webp_is_named_and_made_so() {
    let answer = Table::laid()
        .post("/ai/generate-image", &image(&json!({ "image_format": "webp" })))
        .await;
    let files = zip::read(&answer.body);
    assert_eq!(files[0].0, "image_0.webp");
    assert_eq!(
        (&files[0].1[..4], &files[0].1[8..12]),
        (b"RIFF".as_slice(), b"WEBP".as_slice())
    );
}

#[tokio::test]
async fn json_comes_to_those_who_accept_it() {
    let table = Table::laid();
    let mut request = post("/ai/generate-image", &image(&json!({ "n_samples": 2 })));
    request
        .headers_mut()
        .insert(header::ACCEPT, "application/json".parse().unwrap());
    let images = ask(&table.router, request).await.json();
    assert_eq!(
        (&images["images"][1]["index"], &images["images"][1]["seed"]),
        (&json!(1), &json!(8))
    );
    let picture = STANDARD
        .decode(images["images"][0]["image"].as_str().unwrap())
        .unwrap();
    assert_eq!(png::size(&picture), Some((64, 64)));
}

#[tokio::test]
async fn the_plain_path_ignores_the_wish_to_stream() {
    let answer = Table::laid()
        .post("/ai/generate-image", &image(&json!({ "stream": "msgpack" })))
        .await;
    assert_eq!(answer.content_type(), "binary/octet-stream");
}

#[tokio::test]
async fn filler_makes_an_image_as_heavy_as_a_real_one() {
    let table = Table::laid();
    table.fake.change(|settings| settings.image_filler = 1_500_000);
    assert!(
        table
            .post("/ai/generate-image", &image(&json!({})))
            .await
            .body
            .len()
            > 1_500_000
    );
}

#[tokio::test]
async fn removing_a_background_gives_three_pictures() {
    let table = Table::laid();
    let tool =
        |name| json!({ "req_type": name, "width": 64, "height": 64, "image": bodies::picture(64, 64) });
    assert_eq!(
        zip::read(&table.post("/ai/augment-image", &tool("bg-removal")).await.body).len(),
        3
    );
    assert_eq!(table.guest.anlas(), 10_000 - 65);
    assert_eq!(
        zip::read(&table.post("/ai/augment-image", &tool("sketch")).await.body).len(),
        1
    );
    assert_eq!(table.guest.anlas(), 10_000 - 65);
    assert_eq!(
        table.post("/ai/augment-image", &tool("pixel-snap")).await.status,
        400
    );
}

#[tokio::test]
async fn upscaling_doubles_both_sides() {
    let table = Table::laid();
    let body = json!({
        "image": bodies::picture(832, 1216), "model": "nai-diffusion-5-full", "declared_blur_sigma": 0,
    });
    let files = zip::read(&table.post("/ai/upscale", &body).await.body);
    assert_eq!(png::size(&files[0].1), Some((1664, 2432)));
    assert_eq!(table.guest.anlas(), 10_000 - 1);
}

#[tokio::test]
async fn upscaling_says_what_it_cannot_do() {
    let table = Table::laid();
    let message = async |model: &str, width| {
        let body = json!({ "image": bodies::picture(width, 2048), "model": model });
        table.post("/ai/upscale", &body).await.error().1
    };
    assert_eq!(
        message("nai-diffusion-5-full", 1976).await,
        "image is too large to upscale: 4046848 pixels, maximum is 3145728"
    );
    assert!(
        message("nai-diffusion-4-full", 64)
            .await
            .ends_with("doesn't support standalone upscaling")
    );
    assert_eq!(message("", 64).await, "Validation error: model  doesn't exist");
}

#[tokio::test]
async fn a_vibe_is_raw_bytes_and_costs_two() {
    let table = Table::laid();
    for field in ["information_extracted", "informationExtracted"] {
        let mut body = json!({ "image": bodies::picture(64, 64), "model": "nai-diffusion-4-5-full" });
        body[field] = json!(0.5);
        let answer = table.post("/ai/encode-vibe", &body).await;
        assert_eq!(
            (answer.status, answer.content_type()),
            (200, "application/binary")
        );
        assert_eq!(answer.body.len(), 48_916);
    }
    assert_eq!(table.guest.anlas(), 10_000 - 4);
}

#[tokio::test]
async fn tags_need_no_token_and_a_known_model() {
    let table = Table::laid();
    let tags = async |query: &str| {
        let path = format!("/ai/generate-image/suggest-tags?{query}");
        ask(&table.router, Request::get(path).body(Body::empty()).unwrap()).await
    };
    let english = tags("model=nai-diffusion-4-5-full&prompt=blue&lang=en")
        .await
        .json();
    assert_eq!(english["tags"][0]["tag"], "blue eyes");
    let japanese = tags("model=nai-diffusion-4-5-full&prompt=%E9%9D%92&lang=jp")
        .await
        .json();
    assert_eq!(japanese.as_array().unwrap().len(), 2);
    assert_eq!(
        tags("model=nai-diffusion-9&prompt=blue").await.error(),
        (400, "Model not found".to_owned())
    );
}
