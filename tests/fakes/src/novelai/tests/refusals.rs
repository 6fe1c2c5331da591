//! Every refusal that a request of its own earns.

use super::*;
use crate::novelai::{Ban, Tier};

async fn refusal(body: &Value) -> (u16, String) {
    Table::laid().post("/ai/generate-image", body).await.error()
}

#[tokio::test]
async fn a_bad_token_is_unauthorized() {
    let table = Table::laid();
    let answer = ask(&table.router, get("/user/subscription", "pst-stranger")).await;
    assert_eq!(
        answer.json(),
        json!({ "statusCode": 401, "message": "Unauthorized" })
    );
    table.fake.revoke_token(&table.guest);
    assert_eq!(table.get("/user/subscription").await.status, 401);
}

#[tokio::test]
async fn a_v4_model_without_its_prompt_is_a_bare_500() {
    for field in ["v4_prompt", "v4_negative_prompt"] {
        let refused = refusal(&image(&json!({ field: null }))).await;
        assert_eq!(refused, (500, "Internal Server Error".to_owned()));
    }
    let v3 = image_of(
        "nai-diffusion-3",
        &json!({ "v4_prompt": null, "v4_negative_prompt": null }),
    );
    assert_eq!(Table::laid().post("/ai/generate-image", &v3).await.status, 200);
}

#[tokio::test]
async fn shapes_that_the_service_cannot_stomach_are_bare_500s_too() {
    let raw = bodies::picture(64, 64);
    assert_eq!(refusal(&image(&json!({ "sm": true }))).await.0, 500);
    assert_eq!(
        refusal(&image(&json!({ "reference_image_multiple": [raw] })))
            .await
            .0,
        500
    );
    let encoded = json!({ "reference_image_multiple": ["AAAA"] });
    assert_eq!(refusal(&image_of("nai-diffusion-5-full", &encoded)).await.0, 500);
}

#[tokio::test]
async fn models_and_actions_that_do_not_exist_are_named() {
    let unknown = image_of("nai-diffusion-5-curated-inpainting", &json!({}));
    assert_eq!(
        refusal(&unknown).await.1,
        "Validation error: model nai-diffusion-5-curated-inpainting doesn't exist"
    );
    let mut infill = image(&json!({}));
    infill["action"] = json!("infill");
    assert!(
        refusal(&infill)
            .await
            .1
            .ends_with("doesn't support action infill")
    );
    let references = json!({ "director_reference_images": [bodies::picture(64, 64)] });
    let (status, message) = refusal(&image_of("nai-diffusion-5-full", &references)).await;
    assert_eq!(status, 400);
    assert!(
        message.starts_with("Error encoding v4 director references:") && message.ends_with("no such host")
    );
}

#[tokio::test]
async fn sizes_out_of_bounds_are_refused() {
    for changes in [
        json!({ "width": 100 }),
        json!({ "width": 0 }),
        json!({ "width": 4096, "height": 4096 }),
        json!({ "steps": 51 }),
        json!({ "n_samples": 9 }),
    ] {
        let (status, message) = refusal(&image(&changes)).await;
        assert_eq!(status, 400, "{changes}");
        assert!(message.starts_with("Validation error:"), "{message}");
    }
}

#[tokio::test]
async fn one_model_sends_the_work_along_with_its_refusal() {
    let table = Table::laid();
    let picture = bodies::picture(64, 64);
    let mut body = image_of(
        "nai-diffusion-5-curated",
        &json!({ "image": picture, "mask": picture }),
    );
    body["action"] = json!("infill");
    let answer = table.post("/ai/generate-image", &body).await;
    assert_eq!(answer.status, 400);
    let zip_at = answer
        .body
        .windows(4)
        .position(|window| window == b"PK\x03\x04")
        .unwrap();
    let refusal: Value = serde_json::from_slice(&answer.body[..zip_at]).unwrap();
    assert_eq!(refusal["statusCode"], 400);
    assert_eq!(&answer.body[answer.body.len() - 22..][..4], b"PK\x05\x06");
}

#[tokio::test]
async fn a_banned_account_makes_nothing_and_is_told_why() {
    let table = Table::laid();
    table.guest.set_ban(Some(Ban {
        status: "banned".to_owned(),
        message: "sharing".to_owned(),
    }));
    assert_eq!(
        table
            .post("/ai/generate-image", &image(&json!({})))
            .await
            .error()
            .0,
        403
    );
    let told = table.get("/user/information").await.json();
    assert_eq!(
        (&told["banStatus"], &told["banMessage"]),
        (&json!("banned"), &json!("sharing"))
    );
}

#[tokio::test]
async fn a_body_over_the_limit_is_413_in_html() {
    let table = Table::laid();
    table.fake.change(|settings| settings.max_body = 100);
    let answer = table.post("/ai/generate-image", &image(&json!({}))).await;
    assert_eq!((answer.status, answer.content_type()), (413, "text/html"));
}

#[tokio::test]
async fn tiers_and_subscriptions_gate_text() {
    let table = Table::laid_for(Account {
        tier: Tier::Tablet,
        ..Account::opus("a@example.com", TOKEN)
    });
    let chat = |model| json!({ "model": model, "messages": [{ "role": "user", "content": "hi" }] });
    let refused = table.post("/oa/v1/chat/completions", &chat("xialong-v1")).await;
    assert_eq!(
        refused.error(),
        (403, "Model not allowed for user tier".to_owned())
    );
    assert_eq!(
        table
            .post("/oa/v1/chat/completions", &chat("glm-4-6"))
            .await
            .status,
        200
    );
    table.guest.set_active(false);
    assert_eq!(
        table
            .post("/oa/v1/chat/completions", &chat("glm-4-6"))
            .await
            .error()
            .0,
        402
    );
}
