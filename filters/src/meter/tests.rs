use proptest::prelude::*;
use serde_json::json;

use super::*;

fn json(body: &str) -> Figures {
    read(b"application/json; charset=utf-8", &[body.as_bytes()])
}

fn read(content_type: &[u8], pieces: &[&[u8]]) -> Figures {
    let mut meter = Meter::new(Some(content_type), 40);
    pieces.iter().for_each(|piece| meter.observe(piece));
    meter.finish()
}

fn events(stream: &str) -> Figures {
    read(b"text/event-stream", &[stream.as_bytes()])
}

fn told(model: &str, prompt: u64, completion: u64, bytes: usize) -> Figures {
    Figures {
        model: Some(model.into()),
        prompt: Figure::Reported(prompt),
        completion: Figure::Reported(completion),
        cost: Figure::None,
        bytes: bytes as u64,
    }
}

#[test]
fn a_completion_says_what_it_used() {
    let body = json!({
        "id": "x", "model": "gpt-5-mini", "choices": [{"message": {"content": "\"usage\": {\"prompt_tokens\": 9}"}}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8},
    });
    let body = body.to_string();
    assert_eq!(json(&body), told("gpt-5-mini", 3, 5, body.len()));
}

#[test]
fn a_response_speaks_of_input_and_output() {
    let body = r#"{"model":"m","output":[{"usage":{"input_tokens":99}}],"usage":{"input_tokens":3,"output_tokens":5}}"#;
    assert_eq!(json(body), told("m", 3, 5, body.len()));
}

#[test]
fn embeddings_have_no_completion() {
    let figures = json(
        r#"{"data":[{"embedding":[0.1,-2e-3]}],"model":"e","usage":{"prompt_tokens":7,"total_tokens":7}}"#,
    );
    assert_eq!(
        (figures.prompt, figures.completion),
        (Figure::Reported(7), Figure::None)
    );
    assert_eq!(figures.tokens(), Figure::Reported(7));
}

#[test]
fn gateways_say_what_it_cost_in_their_own_ways() {
    for body in [
        r#"{"usage":{"prompt_tokens":1,"cost":0.00014}}"#,
        r#"{"usage":{"prompt_tokens":1,"cost":"0.00014"}}"#,
        r#"{"usage":{"prompt_tokens":1,"cost":{"total_cost":1.4e-4}}}"#,
        r#"{"choices":[{"message":{"provider_metadata":{"gateway":{"cost":"0.00014"}}}}],"usage":{"prompt_tokens":1}}"#,
        r#"{"provider_metadata":{"gateway":{"cost":"0.00014"}},"usage":{"prompt_tokens":1}}"#,
    ] {
        let figures = json(body);
        assert_eq!(
            (figures.cost, figures.prompt),
            (Figure::Reported(140), Figure::Reported(1)),
            "{body}"
        );
    }
    let other = r#"{"choices":[{"message":{"gateway":{"cost":"9"}}}],"x":{"usage":{"cost":9}},"cost":9}"#;
    assert_eq!(json(other).cost, Figure::None);
}

#[test]
fn a_stream_says_it_at_its_end() {
    let stream = "data: {\"model\":\"m\",\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"usage\":null}\n\n\
                  : a comment\n\n\
                  event: x\r\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":2,\"completion_tokens\":4}}\r\n\r\n\
                  data: [DONE]\n\n";
    assert_eq!(events(stream), told("m", 2, 4, stream.len()));
}

#[test]
fn a_streamed_response_says_it_in_the_event_of_its_completion() {
    let stream = "event: response.completed\n\
                  data: {\"type\":\"response.completed\",\"response\":{\"model\":\"m\",\"usage\":{\"input_tokens\":2,\"output_tokens\":4}}}\n\n";
    assert_eq!(events(stream), told("m", 2, 4, stream.len()));
}

#[test]
fn the_last_word_counts_also_without_a_blank_line_after_it() {
    let stream = "data: {\"usage\":{\"completion_tokens\":1}}\n\ndata: {\"usage\":{\"completion_tokens\":2}}";
    assert_eq!(events(stream).completion, Figure::Reported(2));
}

#[test]
fn what_a_stream_does_not_say_is_estimated_and_says_so() {
    let stream = "data: {\"model\":\"m\"}\n\ndata: {}\n\ndata:{}\n\ndata: [DONE]\n\n";
    let figures = events(stream);
    assert_eq!(
        (figures.prompt, figures.completion),
        (Figure::Estimated(10), Figure::Estimated(3))
    );
    assert_eq!(
        (figures.tokens(), figures.tokens().source()),
        (Figure::Estimated(13), "estimated")
    );
}

#[test]
fn of_sound_and_pictures_nothing_is_known_but_their_size() {
    let figures = read(b"audio/mpeg", &[b"{\"usage\":{\"prompt_tokens\":3}}"]);
    assert_eq!(
        figures,
        Figures {
            bytes: 29,
            ..Figures::default()
        }
    );
    assert_eq!(Meter::new(None, 0).finish(), Figures::default());
}

#[test]
fn nothing_that_is_too_long_or_too_deep_is_kept() {
    let long = format!(
        r#"{{"usage":{{"x":"{}","prompt_tokens":3}},"model":"m"}}"#,
        "y".repeat(5_000)
    );
    assert_eq!(json(&long).prompt, Figure::None);
    assert_eq!(json(&long).model.as_deref(), Some("m"));
    let deep = format!(
        r#"{{"a":{}{},"usage":{{"prompt_tokens":3}}}}"#,
        "[".repeat(100),
        "]".repeat(100)
    );
    assert_eq!(json(&deep).prompt, Figure::None);
    let model = format!(r#"{{"model":"{}"}}"#, "ä".repeat(100));
    assert_eq!(json(&model).model.unwrap().len(), 64);
}

proptest! {
    #[test]
    fn it_does_not_matter_where_the_pieces_are_cut(cuts in prop::collection::vec(0_usize..400, 0..8), sse: bool) {
        let body = json!({"model": "m\\\"", "x": [{"usage": "\\"}, 1.5, null, [[]]], "usage": {"prompt_tokens": 3, "cost": "0.5"}});
        let text = if sse { format!("event: a\ndata: {body}\n\ndata: [DONE]\n\n") } else { body.to_string() };
        let media: &[u8] = if sse { b"text/event-stream" } else { b"application/json" };
        let mut meter = Meter::new(Some(media), 0);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).chain([0, text.len()]).collect();
        cuts.sort_unstable();
        cuts.windows(2).for_each(|pair| meter.observe(&text.as_bytes()[pair[0]..pair[1]]));
        let figures = meter.finish();
        prop_assert_eq!(figures.model.as_deref(), Some("m\\\""));
        prop_assert_eq!((figures.prompt, figures.cost), (Figure::Reported(3), Figure::Reported(500_000)));
    }

    #[test]
    fn no_body_makes_it_panic(body in prop::collection::vec(any::<u8>(), 0..300), sse: bool) {
        let media: &[u8] = if sse { b"text/event-stream" } else { b"application/json" };
        read(media, &[&body]);
    }

    #[test]
    fn no_document_in_structure_makes_it_panic(body in "[\\[\\]{}:,\"\\\\a ]{0,60}") {
        json(&body);
    }
}
