//! JSON and forms.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::*;
use crate::novelai::png;

const BOUNDARY: &str = "potluck-test-boundary";

/// A picture as base64.
pub(super) fn picture(width: u32, height: u32) -> String {
    STANDARD.encode(png::write((width, height), 0, &[], 0).unwrap())
}

/// A form: picture parts of these names, then the request.
fn form(pictures: &[&str], request: &Value) -> Request<Body> {
    let mut body = Vec::new();
    for name in pictures {
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"blob\"\r\n\
             Content-Type: image/png\r\n\r\n"
        );
        body.extend(head.as_bytes());
        body.extend(png::write((64, 64), 0, &[], 0).unwrap());
        body.extend(b"\r\n");
    }
    let request = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"request\"; filename=\"blob\"\r\n\
         Content-Type: application/json\r\n\r\n{request}\r\n--{BOUNDARY}--\r\n"
    );
    body.extend(request.as_bytes());
    Request::post("/ai/generate-image")
        .header(header::AUTHORIZATION, format!("Bearer {TOKEN}"))
        .header(
            header::CONTENT_TYPE,
            format!("multipart/form-data; boundary={BOUNDARY}"),
        )
        .body(Body::from(body))
        .unwrap()
}

fn img2img(image: &str) -> Value {
    let mut body = image_of(
        "nai-diffusion-5-full",
        &json!({ "image": image, "strength": 0.7 }),
    );
    body["action"] = json!("img2img");
    body
}

#[tokio::test]
async fn a_form_names_its_picture_parts() {
    let table = Table::laid();
    assert_eq!(
        ask(&table.router, form(&["image"], &img2img("image")))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn base64_in_a_form_is_an_unknown_part() {
    let table = Table::laid();
    let (status, message) = ask(&table.router, form(&[], &img2img(&picture(64, 64))))
        .await
        .error();
    assert_eq!(status, 400);
    assert!(
        message.contains("image field references unknown form part \"iVBORw0KGgo"),
        "{message}"
    );
}

#[tokio::test]
async fn json_holds_its_pictures_as_bare_base64() {
    let table = Table::laid();
    assert_eq!(
        table
            .post("/ai/generate-image", &img2img(&picture(64, 64)))
            .await
            .status,
        200
    );
    let prefixed = img2img(&format!("data:image/png;base64,{}", picture(64, 64)));
    assert_eq!(table.post("/ai/generate-image", &prefixed).await.error().0, 400);
}

#[tokio::test]
async fn a_cache_knows_only_what_the_account_has_sent() {
    let table = Table::laid();
    let cached = |entry: Value| image(&json!({ "director_reference_images_cached": [entry] }));
    let without = form(&[], &cached(json!({ "cache_secret_key": "ab12" })));
    let refused = ask(&table.router, without).await;
    assert_eq!(
        refused.json(),
        json!({ "statusCode": 400, "message": "INVALID_CACHE_KEYS", "details": { "invalidKeys": ["ab12"] } })
    );
    let with = form(
        &["director_ref_0"],
        &cached(json!({ "cache_secret_key": "ab12", "data": "director_ref_0" })),
    );
    assert_eq!(ask(&table.router, with).await.status, 200);
    let without = form(&[], &cached(json!({ "cache_secret_key": "ab12" })));
    assert_eq!(ask(&table.router, without).await.status, 200);
    assert_eq!(table.guest.anlas(), 10_000 - 5 - 5);
}

#[tokio::test]
async fn what_cannot_be_read_is_the_clients_fault() {
    let table = Table::laid();
    for body in ["", "{", "[]", "{\"parameters\": {\"width\": \"wide\"}}"] {
        let mut request = post("/ai/generate-image", &json!({}));
        *request.body_mut() = Body::from(body);
        let (status, message) = ask(&table.router, request).await.error();
        assert_eq!(status, 400, "{body}");
        assert!(message.starts_with("Error decoding request:"), "{message}");
    }
}

#[tokio::test]
async fn sizes_beside_the_parameters_do_not_count() {
    let table = Table::laid();
    let mut body = image(&json!({}));
    (body["width"], body["unknown"]) = (json!(1), json!({ "a": 1 }));
    assert_eq!(table.post("/ai/generate-image", &body).await.status, 200);
}
