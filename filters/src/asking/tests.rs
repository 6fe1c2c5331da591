//! What is added to a request, and that nothing of it comes back.

use proptest::prelude::*;

use super::*;

fn asked(body: &str) -> Option<String> {
    asking(JSON, None, body.as_bytes()).map(|body| String::from_utf8(body).unwrap())
}

#[test]
fn a_stream_is_asked_for_its_usage_and_all_else_stays_as_it_is() {
    for (body, expected) in [
        (
            r#"{ "stream" : true,"x": [1 , 2]}"#,
            r#"{"stream_options":{"include_usage":true}, "stream" : true,"x": [1 , 2]}"#,
        ),
        (
            r#"{"stream":true,"stream_options":null}"#,
            r#"{"stream":true,"stream_options":{"include_usage":true}}"#,
        ),
        (
            r#"{"stream":true,"stream_options":{ "chunk": 7 }}"#,
            r#"{"stream":true,"stream_options":{"include_usage":true, "chunk": 7 }}"#,
        ),
        (
            r#"{"stream_options":{"include_usage": false},"stream":true}"#,
            r#"{"stream_options":{"include_usage": true},"stream":true}"#,
        ),
    ] {
        assert_eq!(asked(body).as_deref(), Some(expected), "{body}");
    }
}

#[test]
fn who_asks_wants_no_stream_or_cannot_be_read_is_left_alone() {
    for body in [
        r#"{"stream":true,"stream_options":{"include_usage":true}}"#,
        r#"{"stream":false}"#,
        r#"{"model":"m"}"#,
        r#"{"stream":true,"stream":false}"#,
        r#"{"stream":true,"stream_options":[]}"#,
        r#"{"stream":true"#,
        "[]",
        "",
    ] {
        assert_eq!(asked(body), None, "{body}");
    }
    let body = br#"{"stream":true}"#;
    assert_eq!(asking(JSON, Some("gzip"), body), None);
    assert_eq!(asking(Some("text/plain"), None, body), None);
    assert_eq!(asking(None, None, body), None);
}

/// A stream as it comes and as its client sees it.
const PAIRS: &[(&str, &str)] = &[
    (
        "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"usage\":null}\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n",
    ),
    (
        "data: {\"usage\": null, \"choices\":[{}]}\r\n\r\n",
        "data: {\"choices\":[{}]}\r\n\r\n",
    ),
    (": a comment\n\n", ": a comment\n\n"),
    (
        "data: {\"choices\":[{\"delta\":{\"content\":\"say \\\"usage\\\"\"}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"say \\\"usage\\\"\"}}]}\n\n",
    ),
    // What an upstream says of its own accord is not the relay's to hide.
    (
        "data: {\"choices\":[{\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1}}\n\n",
        "data: {\"choices\":[{\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1}}\n\n",
    ),
    ("data: {\"choices\": [ ],\"usage\":{\"prompt_tokens\":1}}\n\n", ""),
    ("data: [DONE]\n\n", "data: [DONE]\n\n"),
    // No event: the end came too early.
    ("data: {\"choices\":[{}],\"us", "data: {\"choices\":[{}],\"us"),
];

fn stream(side: impl Fn(&(&'static str, &'static str)) -> &'static str) -> String {
    PAIRS.iter().map(side).collect()
}

/// What a client sees of a stream that comes in these pieces.
fn seen<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut hiding = Hiding::default();
    let mut seen = Vec::new();
    let mut pass = |piece: &[u8], end| match hiding.pass(piece, end) {
        Some(shown) => seen.extend(shown),
        None => seen.extend(piece),
    };
    pieces.into_iter().for_each(|piece| pass(piece, false));
    pass(b"", true);
    seen
}

#[test]
fn what_the_question_added_is_hidden() {
    let seen = seen([stream(|pair| pair.0).as_bytes()]);
    assert_eq!(String::from_utf8(seen).unwrap(), stream(|pair| pair.1));
}

#[test]
fn an_event_goes_on_as_soon_as_its_end_is_there() {
    let mut hiding = Hiding::default();
    assert_eq!(hiding.pass(b"data: {}\n\n", false), None, "untouched");
    assert_eq!(
        hiding.pass(b"data: {}\n\ndata: {", false).unwrap(),
        b"data: {}\n\n"
    );
    assert_eq!(hiding.pass(b"}\n\n", false).unwrap(), b"data: {}\n\n");
    assert_eq!(hiding.pass(b"data: {}\n\n", false), None);
}

#[test]
fn an_event_without_an_end_is_not_held_for_ever() {
    let mut hiding = Hiding::default();
    let piece = vec![b'x'; LONGEST / 2 + 1];
    assert_eq!(hiding.pass(&piece, false).unwrap(), b"");
    assert_eq!(hiding.pass(&piece, false).unwrap().len(), 2 * piece.len());
    assert_eq!(hiding.pass(&piece, false), None);
}

proptest! {
    #[test]
    fn it_is_the_same_wherever_a_stream_is_cut(cuts in prop::collection::vec(0_usize..900, 0..12)) {
        let stream = stream(|pair| pair.0);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|at| at.min(stream.len())).collect();
        cuts.sort_unstable();
        let mut rest = stream.as_bytes();
        let mut from = 0;
        let mut pieces = Vec::new();
        for at in cuts {
            let (piece, after) = rest.split_at(at - from);
            pieces.push(piece);
            (rest, from) = (after, at);
        }
        pieces.push(rest);
        prop_assert_eq!(seen(pieces), self::stream(|pair| pair.1).into_bytes());
    }
}
