use proptest::prelude::*;
use serde_json::json;

use super::*;

fn json(body: &str) -> Figures {
    read(b"application/json; charset=utf-8", &[body.as_bytes()])
}

fn read(content_type: &[u8], pieces: &[&[u8]]) -> Figures {
    let mut meter = meter(Endpoint::Chat, content_type, None);
    pieces.iter().for_each(|piece| meter.observe(piece));
    meter.finish()
}

fn meter(endpoint: Endpoint, content_type: &[u8], content_encoding: Option<&[u8]>) -> Meter {
    Meter::new(&Head {
        endpoint,
        content_type: Some(content_type),
        content_encoding,
        asked: 40,
    })
}

/// The figures of a body that is cut at these places.
fn cut(mut meter: Meter, body: &[u8], cuts: &[usize]) -> Figures {
    let cuts = cuts.iter().map(|cut| cut % (body.len() + 1));
    let mut cuts: Vec<usize> = cuts.chain([0, body.len()]).collect();
    cuts.sort_unstable();
    cuts.windows(2)
        .for_each(|pair| meter.observe(&body[pair[0]..pair[1]]));
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
        bytes: bytes as u64,
        ..Figures::default()
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
    let nothing = Meter::new(&Head {
        endpoint: Endpoint::Other,
        content_type: None,
        content_encoding: None,
        asked: 0,
    });
    assert_eq!(nothing.finish(), Figures::default());
}

#[test]
fn nothing_that_is_too_long_is_kept_and_depth_hides_nothing() {
    let long = format!(
        r#"{{"usage":{{"x":"{}","prompt_tokens":3}},"model":"m"}}"#,
        "y".repeat(5_000)
    );
    assert_eq!(json(&long).prompt, Figure::None);
    assert_eq!(json(&long).model.as_deref(), Some("m"));
    let deep = format!(
        r#"{{"a":{}{},"b":{}1{},"usage":{{"prompt_tokens":3}}}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000),
        r#"{"c":"#.repeat(100_000),
        "}".repeat(100_000),
    );
    assert_eq!(json(&deep).prompt, Figure::Reported(3));
    assert_eq!(json(&"[".repeat(100_000)).prompt, Figure::None);
    let model = format!(r#"{{"model":"{}"}}"#, "ä".repeat(100));
    assert_eq!(json(&model).model.unwrap().len(), 64);
}

#[test]
fn what_was_cached_is_said_apart() {
    for body in [
        r#"{"usage":{"prompt_tokens":9,"prompt_tokens_details":{"cached_tokens":4,"audio_tokens":0},"completion_tokens":1}}"#,
        r#"{"usage":{"input_tokens":9,"input_tokens_details":{"cached_tokens":4},"output_tokens":1}}"#,
        r#"{"usage":{"input_tokens":9,"cache_read_input_tokens":4,"output_tokens":1,"x":[1,{"cached_tokens":8}],"y":-1.5}}"#,
    ] {
        let figures = json(body);
        assert_eq!(
            (figures.prompt, figures.cached, figures.completion),
            (Figure::Reported(9), Figure::Reported(4), Figure::Reported(1)),
            "{body}"
        );
    }
}

#[test]
fn counts_that_are_no_counts_say_nothing() {
    for body in [
        r#"{"usage":{"prompt_tokens":"3","completion_tokens":-1,"total_tokens":null}}"#,
        r#"{"usage":[3]}"#,
        r#"{"usage":7}"#,
        r#"{"usage":{"prompt_tokens":3"#,
    ] {
        assert_eq!(json(body).tokens(), Figure::None, "{body}");
    }
}

#[test]
fn pictures_are_counted_in_every_form_they_come_in() {
    let drawn = |endpoint, media: &[u8], body: &[u8]| {
        let mut meter = meter(endpoint, media, None);
        meter.observe(body);
        meter.finish().images
    };
    let openai = br#"{"created":1,"data":[{"b64_json":"aaaa"},{"url":"x","usage":{}}],"usage":{"input_tokens":5,"output_tokens":9}}"#;
    assert_eq!(
        drawn(Endpoint::Images, b"application/json", openai),
        Figure::Reported(2)
    );
    assert_eq!(
        drawn(Endpoint::Embeddings, b"application/json", openai),
        Figure::None
    );
    let novelai =
        br#"{"images":[{"image":"aa","index":0},{"image":"bb","index":1},{"image":"cc","index":2}]}"#;
    assert_eq!(
        drawn(Endpoint::GenerateImage, b"application/json", novelai),
        Figure::Reported(3)
    );
    assert_eq!(
        drawn(Endpoint::GenerateImage, b"binary/octet-stream", &archive(4)),
        Figure::Reported(4)
    );
    assert_eq!(
        drawn(Endpoint::ImageTools, b"application/zip", &archive(3)),
        Figure::Reported(3)
    );
    assert_eq!(
        drawn(Endpoint::GenerateImage, b"application/zip", &archive(4)[..70]),
        Figure::None
    );
    assert_eq!(
        drawn(Endpoint::GenerateImage, b"application/msgpack", &frames()),
        Figure::Reported(2)
    );
    assert_eq!(
        drawn(Endpoint::GenerateImage, b"text/event-stream", &drawing()),
        Figure::Reported(2)
    );
    assert_eq!(
        drawn(Endpoint::ImageTools, b"image/png", b"\x89PNG"),
        Figure::Reported(1)
    );
    let stream = b"event: image_generation.partial_image\ndata: {\"b64_json\":\"a\"}\n\nevent: image_generation.completed\ndata: {\"b64_json\":\"a\",\"usage\":{\"input_tokens\":1}}\n\n";
    assert_eq!(
        drawn(Endpoint::Images, b"text/event-stream", stream),
        Figure::Reported(1)
    );
}

#[test]
fn what_frames_a_streamed_response_is_not_taken_for_tokens() {
    let stream = "event: response.created\ndata: {\"response\":{\"model\":\"m\",\"usage\":null}}\n\n\
                  event: response.output_text.delta\ndata: {\"delta\":\"a\"}\n\n\
                  event: response.output_text.delta\ndata: {\"delta\":\"b\"}\n\n\
                  event: response.output_text.done\ndata: {\"text\":\"ab\"}\n\n";
    let figures = events(stream);
    assert_eq!(figures.completion, Figure::Estimated(2));
    assert_eq!(figures.model.as_deref(), Some("m"));
}

/// The end of an archive with so many files, behind what might be one of them.
fn archive(files: u16) -> Vec<u8> {
    let mut bytes = b"PK\x03\x04".to_vec();
    bytes.extend([7; 60]);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend(files.to_le_bytes());
    bytes.extend(files.to_le_bytes());
    bytes.extend([0; 10]);
    bytes
}

fn frame(kind: &str, picture: usize) -> Vec<u8> {
    let mut map = b"\x82\xaaevent_type".to_vec();
    map.push(0xa0 | kind.len() as u8);
    map.extend(kind.as_bytes());
    map.extend(b"\xa5image\xc5");
    map.extend((picture as u16).to_be_bytes());
    // A picture may look like anything.
    map.extend(b"\xaaevent_type\xa5final".iter().cycle().take(picture));
    let mut frame = (map.len() as u32).to_be_bytes().to_vec();
    frame.extend(map);
    frame
}

/// Two pictures, after previews that are long and short.
fn frames() -> Vec<u8> {
    let kinds = [("intermediate", 300), ("final", 200), ("error", 0), ("final", 3)];
    kinds
        .iter()
        .flat_map(|(kind, picture)| frame(kind, *picture))
        .collect()
}

fn drawing() -> Vec<u8> {
    let event =
        |kind: &str| format!("event: {kind}\ndata: {{\"event_type\":\"{kind}\",\"image\":\"aGk=\"}}\n\n");
    ["intermediate", "final", "intermediate", "final"]
        .map(event)
        .concat()
        .into_bytes()
}

fn streamed(model: &str) -> String {
    let delta =
        "data: {\"model\":\"m\\\"\",\"choices\":[{\"delta\":{\"content\":\"a \\\"usage\\\" b\"}}]}\n\n"
            .repeat(4);
    let end = json!({"model": model, "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4, "cost": "0.5"}});
    format!("{delta}: beat\n\ndata: {{\"x\":\ndata: 1}}\r\n\r\nevent: a\ndata: {end}\n\ndata: [DONE]\n\n")
}

fn packed(coding: &str, text: &[u8]) -> Vec<u8> {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    let level = Compression::default();
    // In two blocks, as servers flush them.
    let (one, other) = text.split_at(text.len() / 2);
    macro_rules! pack {
        ($encoder:expr) => {{
            let mut encoder = $encoder;
            encoder.write_all(one).unwrap();
            encoder.flush().unwrap();
            encoder.write_all(other).unwrap();
            encoder.finish().unwrap()
        }};
    }
    match coding {
        "gzip" => pack!(GzEncoder::new(Vec::new(), level)),
        "deflate" => pack!(ZlibEncoder::new(Vec::new(), level)),
        "bare deflate" => pack!(DeflateEncoder::new(Vec::new(), level)),
        other => panic!("{other}"),
    }
}

/// `{"usage":{"prompt_tokens":3,"completion_tokens":4}}` in brotli, stored as it is.
fn brotli() -> Vec<u8> {
    let text = br#"{"usage":{"prompt_tokens":3,"completion_tokens":4}}"#;
    // RFC 7932: a window of 16 bits, a meta-block that is stored, and an empty last one.
    let mut bits = Bits::default();
    bits.put(0, 1);
    bits.put(0, 1);
    bits.put(0, 2);
    bits.put(text.len() as u32 - 1, 16);
    bits.put(1, 1);
    let mut bytes = bits.0;
    bytes.extend(text);
    bytes.push(3);
    bytes
}

/// Bits, the lowest first.
#[derive(Default)]
struct Bits(Vec<u8>, usize);

impl Bits {
    fn put(&mut self, value: u32, count: usize) {
        for at in 0..count {
            if self.1.is_multiple_of(8) {
                self.0.push(0);
            }
            *self.0.last_mut().unwrap() |= ((value >> at & 1) as u8) << (self.1 % 8);
            self.1 += 1;
        }
    }
}

#[test]
fn packed_answers_are_read_and_what_cannot_be_unpacked_says_nothing() {
    let brotli = cut(
        meter(Endpoint::Chat, b"application/json", Some(b"br")),
        &brotli(),
        &[5],
    );
    assert_eq!(brotli.tokens(), Figure::Reported(7));
    let text = br#"{"usage":{"prompt_tokens":3,"completion_tokens":4}}"#;
    for (coding, body) in [
        ("gzip", &text[..]),
        ("zstd", text),
        ("gzip, br", text),
        ("br", b"\xff\xff\xff\xff\xff"),
    ] {
        let figures = cut(
            meter(Endpoint::Chat, b"application/json", Some(coding.as_bytes())),
            body,
            &[],
        );
        assert_eq!(
            (figures.tokens(), figures.bytes),
            (Figure::None, body.len() as u64),
            "{coding}"
        );
    }
    let plain = cut(
        meter(Endpoint::Chat, b"application/json", Some(b"Identity")),
        text,
        &[],
    );
    assert_eq!(plain.tokens(), Figure::Reported(7));
}

#[test]
fn what_unpacks_to_too_much_is_given_up() {
    let mut bomb = br#"{"usage":{"prompt_tokens":3},"x":""#.to_vec();
    bomb.resize(65 << 20, b' ');
    let packed = packed("gzip", &bomb);
    let figures = cut(
        meter(Endpoint::Chat, b"application/json", Some(b"gzip")),
        &packed,
        &[],
    );
    assert_eq!(figures.tokens(), Figure::None);
}

proptest! {
    #[test]
    fn it_does_not_matter_where_the_pieces_are_cut(cuts in prop::collection::vec(any::<usize>(), 0..8), sse: bool) {
        let body = json!({"model": "m\\\"", "x": [{"usage": "\\"}, 1.5, null, [[]]], "usage": {"prompt_tokens": 3, "cost": "0.5"}});
        let (text, media) = if sse {
            (streamed("m\\\""), &b"text/event-stream"[..])
        } else {
            (body.to_string(), &b"application/json"[..])
        };
        let figures = cut(meter(Endpoint::Chat, media, None), text.as_bytes(), &cuts);
        let model = if sse { "m\"" } else { "m\\\"" };
        prop_assert_eq!(figures.model.as_deref(), Some(model));
        prop_assert_eq!((figures.prompt, figures.cost), (Figure::Reported(3), Figure::Reported(500_000)));
    }

    #[test]
    fn nor_where_packed_ones_are(
        cuts in prop::collection::vec(any::<usize>(), 0..8),
        coding in prop::sample::select(vec!["gzip", "deflate", "bare deflate"]),
    ) {
        let text = streamed("m");
        let plain = cut(meter(Endpoint::Chat, b"text/event-stream", None), text.as_bytes(), &[]);
        let packed = packed(coding, text.as_bytes());
        let header = if coding == "gzip" { "gzip" } else { "deflate" };
        let figures = cut(meter(Endpoint::Chat, b"text/event-stream", Some(header.as_bytes())), &packed, &cuts);
        let bytes = packed.len() as u64;
        prop_assert_eq!(figures, Figures { bytes, ..plain });
    }

    #[test]
    fn nor_where_streams_without_usage_and_pictures_are(cuts in prop::collection::vec(any::<usize>(), 0..12)) {
        let text = streamed("m").replace("usage", "use");
        let whole = cut(meter(Endpoint::Chat, b"text/event-stream", None), text.as_bytes(), &[]);
        prop_assert_eq!(cut(meter(Endpoint::Chat, b"text/event-stream", None), text.as_bytes(), &cuts), whole.clone());
        prop_assert_eq!(whole.completion, Figure::Estimated(5));
        for (media, body) in [
            (&b"application/msgpack"[..], frames()),
            (b"text/event-stream", drawing()),
            (b"application/zip", archive(2)),
        ] {
            let figures = cut(meter(Endpoint::GenerateImage, media, None), &body, &cuts);
            prop_assert_eq!(figures.images, Figure::Reported(2));
        }
    }

    #[test]
    fn no_body_makes_it_panic(
        body in prop::collection::vec(any::<u8>(), 0..300),
        media in prop::sample::select(vec!["text/event-stream", "application/json", "application/msgpack", "x/y", "image/png"]),
        coding in prop::sample::select(vec!["", "gzip", "deflate", "br"]),
        cuts in prop::collection::vec(any::<usize>(), 0..4),
    ) {
        for endpoint in [Endpoint::Chat, Endpoint::GenerateImage, Endpoint::Images] {
            cut(meter(endpoint, media.as_bytes(), Some(coding.as_bytes())), &body, &cuts);
        }
        let _ = asked_model(Some(media.as_bytes()), &body);
    }

    #[test]
    fn no_document_in_structure_makes_it_panic(body in "[\\[\\]{}:,\"\\\\a ]{0,60}") {
        json(&body);
        let _ = asked_model(Some(b"application/json"), body.as_bytes());
    }
}
