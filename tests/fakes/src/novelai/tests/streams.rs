//! Image streams, in both encodings, whole and broken.

use super::*;
use crate::novelai::{Mishap, event::Encoding};

fn streamed(encoding: &str, changes: &Value) -> Value {
    let mut body = image(changes);
    body["parameters"]["stream"] = json!(encoding);
    body
}

fn kinds(answer: &Answer) -> Vec<String> {
    answer
        .events()
        .iter()
        .map(|event| event["event_type"].as_str().unwrap().to_owned())
        .collect()
}

/// Lengths that frames declare, and whether the last one is whole.
fn frames(mut body: &[u8]) -> (usize, bool) {
    let mut count = 0;
    while let Some((length, rest)) = body.split_first_chunk() {
        let Some(rest) = rest.get(u32::from_be_bytes(*length) as usize..) else {
            return (count, false);
        };
        (body, count) = (rest, count + 1);
    }
    (count, body.is_empty())
}

#[tokio::test]
async fn a_stream_has_a_preview_for_each_step_but_the_last_and_then_the_picture() {
    let table = Table::laid();
    let answer = table
        .post(
            "/ai/generate-image-stream",
            &streamed("sse", &json!({ "steps": 23 })),
        )
        .await;
    assert_eq!((answer.status, answer.content_type()), (200, "text/event-stream"));
    let events = answer.events();
    assert_eq!(events.len(), 23);
    assert_eq!(events[21]["step_ix"], 21);
    assert_eq!(events[22]["event_type"], "final");
    assert!(events[22]["image"].as_str().unwrap().starts_with("iVBORw0KGgo"));
    assert!(events.iter().all(|event| event["gen_id"].is_u64()));
    assert_eq!(table.guest.images(), 1);
}

#[tokio::test]
async fn msgpack_frames_carry_their_length() {
    let answer = Table::laid()
        .post(
            "/ai/generate-image-stream",
            &streamed("msgpack", &json!({ "n_samples": 2 })),
        )
        .await;
    assert_eq!(answer.content_type(), Encoding::Msgpack.content_type());
    assert_eq!(frames(&answer.body), (2 * 3 + 2, true));
}

#[tokio::test]
async fn previews_may_be_limited() {
    let table = Table::laid();
    table.fake.change(|settings| settings.max_intermediates = 1);
    let answer = table
        .post(
            "/ai/generate-image-stream",
            &streamed("sse", &json!({ "steps": 23 })),
        )
        .await;
    assert_eq!(kinds(&answer), ["intermediate", "final"]);
}

#[tokio::test]
async fn a_picture_to_begin_with_saves_steps() {
    let mut body = streamed(
        "sse",
        &json!({ "steps": 20, "strength": 0.5, "image": bodies::picture(64, 64) }),
    );
    body["action"] = json!("img2img");
    let answer = Table::laid().post("/ai/generate-image-stream", &body).await;
    assert_eq!(answer.events().len(), 10);
}

#[tokio::test]
async fn errors_come_in_the_middle_of_a_success() {
    let table = Table::laid();
    table.guest.script_stream(Mishap::Error {
        after: 2,
        code: 500,
        message: "Error generating image...".to_owned(),
    });
    table.guest.script_stream(Mishap::Retry {
        after: 1,
        message: "again".to_owned(),
    });
    let failed = table
        .post("/ai/generate-image-stream", &streamed("sse", &json!({})))
        .await;
    assert_eq!(failed.status, 200);
    assert_eq!(kinds(&failed), ["intermediate", "intermediate", "error"]);
    assert_eq!(failed.events()[2]["code"], 500);
    let retried = table
        .post("/ai/generate-image-stream", &streamed("sse", &json!({})))
        .await;
    assert_eq!(
        kinds(&retried),
        ["intermediate", "retry", "intermediate", "intermediate", "final"]
    );
}

#[tokio::test]
async fn a_frame_may_be_cut() {
    let table = Table::laid();
    table.guest.script_stream(Mishap::Truncate { after: 2 });
    let answer = table
        .post("/ai/generate-image-stream", &streamed("msgpack", &json!({})))
        .await;
    assert_eq!(frames(&answer.body), (2, false));
    assert!(!table.guest.is_busy());
}
