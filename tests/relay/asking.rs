//! `usage: ask`: the books know what a stream used, and its client sees nothing of the question.

use potluck_filters::meter::Figure::Reported;
use serde_json::{Value, json};

use crate::ask::{chat_request, sent};
use crate::usage::Booked;
use crate::world::{Plan, client, openai};

fn asking(mut plan: Plan) -> Booked {
    for upstream in &mut plan.layout.upstreams {
        upstream.asks_usage = true;
    }
    Booked::start(plan)
}

/// A stream's text with the ids taken out, which no two answers share.
fn without_ids(text: &str) -> String {
    let mut parts = text.split("\"id\":\"");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| {
        all + part.split_once('"').map_or(part, |(_, rest)| rest)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_books_know_what_a_stream_used_and_its_client_sees_nothing_of_the_question() {
    let (fake, keys, plan) = openai(1).await;
    let mut booked = asking(plan);
    let prompt = json!({"model": "gpt-5-mini", "prompt": "hello there world", "stream": true});
    for (path, body) in [("chat/completions", chat_request(true)), ("completions", prompt)] {
        let direct = client().post(format!("{}/v1/{path}", fake.server.url()));
        let direct = sent_directly(direct.bearer_auth(&keys[0]).json(&body)).await;
        let relayed = booked.world.post(&format!("/v1/{path}")).json(&body);
        let relayed = sent(relayed).await.text().await.unwrap();
        assert_eq!(without_ids(&relayed), without_ids(&direct), "{path}");
        assert!(!relayed.contains("usage") && relayed.ends_with("data: [DONE]\n\n"));

        let event = booked.event().await;
        let used = (event.used.prompt, event.used.completion);
        assert_eq!(used, (Reported(3), Reported(5)), "{path}");
        assert_eq!(event.answered_bytes, relayed.len() as u64);
        assert_eq!(event.asked_bytes, body.to_string().len() as u64);
        let records = fake.server.records.all();
        let asked: Value = serde_json::from_slice(&records.last().unwrap().body).unwrap();
        assert_eq!(asked["stream_options"], json!({"include_usage": true}));
    }
}

async fn sent_directly(request: reqwest::RequestBuilder) -> String {
    request.send().await.unwrap().text().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_gets_the_answer_and_who_wants_no_stream_is_not_touched() {
    let (fake, _, plan) = openai(1).await;
    let mut booked = asking(plan);
    let mut asks = chat_request(true);
    asks["stream_options"] = json!({"include_usage": true});
    for body in [asks, chat_request(false)] {
        let request = booked.world.post("/v1/chat/completions").json(&body);
        let text = sent(request).await.text().await.unwrap();
        assert!(text.contains("\"prompt_tokens\":3"), "{text}");
        assert_eq!(booked.event().await.used.completion, Reported(5));
        let records = fake.server.records.all();
        assert_eq!(records.last().unwrap().body, body.to_string().as_bytes());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_event_still_arrives_before_the_next_is_made() {
    let (fake, _, plan) = openai(1).await;
    let booked = asking(plan);
    fake.pace.step();
    let request = booked
        .world
        .post("/v1/chat/completions")
        .json(&chat_request(true));
    let mut answer = sent(request).await;
    for _ in 0..5 {
        fake.pace.release(1);
        let event = answer.chunk().await.unwrap().unwrap();
        assert!(
            event.starts_with(b"data: ") && event.ends_with(b"\n\n"),
            "{event:?}"
        );
    }
    fake.pace.set_interval(std::time::Duration::ZERO);
    assert!(answer.text().await.unwrap().ends_with("data: [DONE]\n\n"));
}
