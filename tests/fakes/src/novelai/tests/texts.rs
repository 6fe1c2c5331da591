//! Texts, in NovelAI's own form and in OpenAI's.

use super::*;
use crate::novelai::Mishap;

fn story(model: &str, use_string: bool) -> Value {
    json!({ "model": model, "input": "Once", "parameters": { "use_string": use_string, "max_length": 3 } })
}

fn chat(stream: bool) -> Value {
    json!({ "model": "glm-4-6", "messages": [{ "role": "user", "content": "hi" }], "stream": stream, "tools": [] })
}

#[tokio::test]
async fn a_text_is_plain_or_packed() {
    let table = Table::laid();
    let output = async |body| {
        table.post("/ai/generate", &body).await.json()["output"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(output(story("kayra-v1", true)).await, " Everyone brings a");
    assert_eq!(output(story("kayra-v1", false)).await.len(), 8); // 6 bytes
    assert_eq!(output(story("llama-3-erato-v1", false)).await.len(), 16); // 12 bytes
}

#[tokio::test]
async fn a_text_stream_is_named_events_of_which_the_last_is_final() {
    let answer = Table::laid()
        .post("/ai/generate-stream", &story("kayra-v1", true))
        .await;
    assert_eq!((answer.status, answer.content_type()), (200, "text/event-stream"));
    assert!(answer.text().starts_with("event:newToken\nid:1\ndata:{"));
    let events = answer.events();
    let finals: Vec<_> = events
        .iter()
        .map(|event| event["final"].as_bool().unwrap())
        .collect();
    assert_eq!(finals, [false, false, true]);
}

#[tokio::test]
async fn a_text_stream_may_fail_in_the_middle() {
    let table = Table::laid();
    table.guest.script_stream(Mishap::Error {
        after: 1,
        code: 500,
        message: "out of pots".to_owned(),
    });
    let answer = table.post("/ai/generate-stream", &story("kayra-v1", true)).await;
    assert_eq!(
        answer.events()[1],
        json!({ "error": "500", "message": "out of pots" })
    );
}

#[tokio::test]
async fn models_are_where_they_belong() {
    let table = Table::laid();
    let (status, message) = table.post("/ai/generate", &story("glm-4-6", true)).await.error();
    assert_eq!(status, 403);
    assert!(message.contains("only available via OpenAI-compatible API"));
    assert!(
        table
            .post("/ai/generate", &story("clio-v1", true))
            .await
            .error()
            .1
            .contains("model does not exist")
    );
}

#[tokio::test]
async fn a_whole_chat_answer_has_no_message() {
    let answer = Table::laid()
        .post("/oa/v1/chat/completions", &chat(false))
        .await
        .json();
    assert_eq!(answer["object"], "chat.completion.chunk");
    assert_eq!(answer["choices"][0]["text"], "");
    assert!(answer["choices"][0].get("message").is_none());
    assert_eq!(answer["choices"][0]["token_ids"].as_array().unwrap().len(), 8);
}

#[tokio::test]
async fn a_chat_stream_is_as_openai_has_it() {
    let answer = Table::laid().post("/oa/v1/chat/completions", &chat(true)).await;
    let words: String = answer
        .events()
        .iter()
        .map(|event| event["choices"][0]["delta"]["content"].as_str().unwrap())
        .collect();
    assert_eq!(words, " Everyone brings a dish and nobody goes hungry.");
    assert!(answer.text().ends_with("data: [DONE]\n\n"));
    let prompt = json!({ "model": "xialong-v1", "prompt": "Once", "stream": true, "max_tokens": 2 });
    let answer = Table::laid().post("/oa/v1/completions", &prompt).await;
    assert_eq!(answer.events()[1]["choices"][0]["text"], " brings");
}

#[tokio::test]
async fn content_must_be_a_string() {
    let mut body = chat(false);
    body["messages"][0]["content"] = json!([{ "type": "text", "text": "hi" }]);
    let (status, message) = Table::laid().post("/oa/v1/chat/completions", &body).await.error();
    assert_eq!(status, 400);
    assert!(message.contains("cannot unmarshal array into Go struct field"));
}

#[tokio::test]
async fn tokens_are_counted_and_models_listed() {
    let table = Table::laid();
    let body = json!({ "model": "glm-4-6", "prompt": "one two three" });
    let counted = table.post("/oa/v1/internal/token-count", &body).await.json();
    assert_eq!(
        (&counted["length"], counted["encoded"].as_array().unwrap().len()),
        (&json!(3), 3)
    );
    assert_eq!(
        table.get("/oa/v1/models").await.json()["data"][0]["id"],
        "glm-4-6"
    );
    table.fake.change(|settings| settings.lists_text_models = false);
    assert_eq!(table.get("/oa/v1/models").await.json()["data"], json!([]));
}
