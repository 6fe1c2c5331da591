//! The tricks that make two readers disagree, and the bodies that clients really send.

use super::Unreadable::{
    CaseVariant, ContentEncoding, ContentType, Form, Json, NotObject, NotText, RequestPart, Twice,
};
use super::*;

const JSON: Option<&str> = Some("application/json");
const FORM: Option<&str> = Some("multipart/form-data; boundary=b");

fn read(content_type: Option<&str>, body: &[u8], kind: Kind) -> Result<Option<String>, Unreadable> {
    read_model(content_type, None, body, kind).map(|model| model.map(|m| m.as_str().to_owned()))
}

fn named(model: &str) -> Result<Option<String>, Unreadable> {
    Ok(Some(model.to_owned()))
}

const JSON_TRICKS: &[(&str, Unreadable)] = &[
    ("", Json),
    (" ", Json),
    ("{", Json),
    (r#"{"model":"a""#, Json),
    (r#"{"model":"a"} x"#, Json),
    (r#"{"model":"a"}{"model":"b"}"#, Json),
    ("{\"model\":\"a\"}\0", Json),
    ("{\"mo\0del\":\"a\"}", Json),
    ("\u{feff}{\"model\":\"a\"}", Json),
    (r"{'model':'a'}", Json),
    (r"{model:1}", Json),
    (r#"{"model":"a",}"#, Json),
    (r#"/**/{"model":"a"}"#, Json),
    (r#"{"x":1 /* "model":"b" */,"model":"a"}"#, Json),
    (r#"{"model":"\ud800"}"#, Json),
    (r#"{"\ud800":1,"model":"a"}"#, Json),
    ("{\"model\":\"a\nb\"}", Json),
    (r#"{"x":NaN,"model":"a"}"#, Json),
    (r#"[{"model":"a"}]"#, NotObject),
    (r#""model""#, NotObject),
    ("17", NotObject),
    ("null", NotObject),
    (r#"{"model":"a","model":"b"}"#, Twice),
    (r#"{"model":"a","model":"a"}"#, Twice),
    (r#"{"model":"a","mod\u0065l":"b"}"#, Twice),
    (
        r#"{"\u006d\u006f\u0064\u0065\u006c":"a","x":{},"model":"b"}"#,
        Twice,
    ),
    (r#"{"Model":"b"}"#, CaseVariant),
    (r#"{"model":"a","Model":"b"}"#, CaseVariant),
    (r#"{"MODEL":"b","model":"a"}"#, CaseVariant),
    (r#"{"model":"a","mod\u0045l":"b"}"#, CaseVariant),
    (r#"{"model":null}"#, NotText),
    (r#"{"model":["a"]}"#, NotText),
    (r#"{"model":{"model":"a"}}"#, NotText),
    (r#"{"model":7}"#, NotText),
    (r#"{"model":true}"#, NotText),
];

#[test]
fn tricks_with_json_are_refused() {
    for (body, error) in JSON_TRICKS {
        assert_eq!(read(JSON, body.as_bytes(), Kind::Novelai), Err(*error), "{body}");
    }
    assert_eq!(
        read(JSON, b"{\"x\":\"\xff\",\"model\":\"a\"}", Kind::Openai),
        Err(Json)
    );
    assert_eq!(read(JSON, b"{\"model\xc0\x80\":1}", Kind::Openai), Err(Json));
}

#[test]
fn plain_json_is_read() {
    for (body, model) in [
        (r#"{"model":"a"}"#, Some("a")),
        (" \r\n\t{ \"model\" : \"a\" } \n", Some("a")),
        (
            r#"{"input":"x","model":"nai-diffusion-4-5-full","parameters":{"model":"b"}}"#,
            Some("nai-diffusion-4-5-full"),
        ),
        (r#"{"mod\u0065l":"a"}"#, Some("a")),
        (r#"{"model":"\u0061\"é"}"#, Some("a\"é")),
        (r#"{"model ":"b","model":""}"#, Some("")),
        (r#"{"parameters":{"model":"b","model":"c","Model":"d"}}"#, None),
        (r"{}", None),
    ] {
        assert_eq!(
            read(JSON, body.as_bytes(), Kind::Openai),
            Ok(model.map(str::to_owned)),
            "{body}"
        );
    }
}

#[test]
fn depth_and_length_cost_no_stack() {
    let deep = format!(
        r#"{{"x":{}{},"model":"a"}}"#,
        "[".repeat(1 << 20),
        "]".repeat(1 << 20)
    );
    assert_eq!(read(JSON, deep.as_bytes(), Kind::Novelai), named("a"));
    let long = format!(r#"{{"image":"{}","model":"a"}}"#, "A".repeat(1 << 22));
    assert_eq!(read(JSON, long.as_bytes(), Kind::Novelai), named("a"));
}

#[test]
fn what_hides_the_body_is_refused() {
    for encoding in ["gzip", "br", "", "identity, gzip", "Identity;q=0"] {
        let read = read_model(JSON, Some(encoding), b"{}", Kind::Openai);
        assert_eq!(read, Err(ContentEncoding), "{encoding}");
    }
    assert_eq!(read_model(JSON, Some("identity"), b"{}", Kind::Openai), Ok(None));
    for content_type in [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonx",
        "application/json, text/plain",
        "application/json; charset=utf-16",
        "application/json; charset=utf-7",
        "application/json x",
        "application/json; charset=utf-8; charset=utf-16",
        "application/json; charset",
        "multipart/mixed; boundary=b",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=a; boundary=b",
        "multipart/form-data; boundary=a; Boundary=b",
        "multipart/form-data; boundary*=utf-8''b",
        "multipart/form-data; boundary*0=b",
        "multipart/form-data; boundary=\"a b\"",
        "multipart/form-data; boundary=\"a\\b\"",
        "multipart/form-data; boundary=\"b",
        "multipart/form-data; boundary=b c",
    ] {
        assert_eq!(
            read(Some(content_type), b"{}", Kind::Openai),
            Err(ContentType),
            "{content_type}"
        );
    }
    let long = format!("multipart/form-data; boundary={}", "x".repeat(71));
    assert_eq!(read(Some(&long), b"{}", Kind::Openai), Err(ContentType));
    assert_eq!(read(None, b"{}", Kind::Openai), Err(ContentType));
    assert_eq!(
        read(
            Some("Application/JSON;Charset=\"UTF-8\"; x=y;"),
            b"{}",
            Kind::Openai
        ),
        Ok(None)
    );
}

/// A form with these parts, each as its headers and content.
fn form(parts: &[(&str, &str)]) -> Vec<u8> {
    let part = |(head, content): &(&str, &str)| format!("--b\r\n{head}\r\n\r\n{content}\r\n");
    let parts: String = parts.iter().map(part).collect();
    format!("{parts}--b--\r\n").into_bytes()
}

const REQUEST: &str =
    "Content-Disposition: form-data; name=\"request\"; filename=\"blob\"\r\nContent-Type: application/json";
const IMAGE: (&str, &str) = (
    "Content-Disposition: form-data; name=\"image\"; filename=\"blob\"\r\nContent-Type: image/png",
    "\u{1}PNG",
);

#[test]
fn novelai_forms_are_read_from_their_request_part() {
    let request = (REQUEST, r#"{"model":"nai-diffusion-5-full"}"#);
    assert_eq!(
        read(FORM, &form(&[IMAGE, request]), Kind::Novelai),
        named("nai-diffusion-5-full")
    );
    let quoted = Some("multipart/form-data; boundary=\"b\"");
    assert_eq!(
        read(quoted, &form(&[request]), Kind::Novelai),
        named("nai-diffusion-5-full")
    );
    let bare = ("content-disposition:form-data;name=request", "{}");
    assert_eq!(read(FORM, &form(&[bare]), Kind::Novelai), Ok(None));
    for (parts, error) in [
        (&[IMAGE][..], RequestPart),
        (&[], RequestPart),
        (&[request, request], RequestPart),
        (
            &[
                request,
                ("Content-Disposition: form-data; name=\"Request\"", "{}"),
            ],
            RequestPart,
        ),
        (
            &[("Content-Disposition: form-data; name=\"REQUEST\"", "{}")],
            RequestPart,
        ),
        (&[(REQUEST, "{\"model\":\"a\",\"Model\":\"b\"}")], CaseVariant),
        (&[(REQUEST, "{\"model\":\"a\"}\r\n{\"model\":\"b\"}")], Json),
        (
            &[(
                "Content-Disposition: form-data; name=\"request\"\r\nContent-Type: text/plain",
                "{}",
            )],
            ContentType,
        ),
    ] {
        assert_eq!(read(FORM, &form(parts), Kind::Novelai), Err(error), "{parts:?}");
    }
}

#[test]
fn openai_forms_are_read_from_their_model_field() {
    let model = ("Content-Disposition: form-data; name=\"model\"", "whisper-1");
    let file = (
        "Content-Disposition: form-data; name=\"file\"; filename=\"ä;b.mp3\"; filename*=utf-8''x",
        "\0\r\n",
    );
    assert_eq!(
        read(FORM, &form(&[file, model]), Kind::Openai),
        named("whisper-1")
    );
    assert_eq!(read(FORM, &form(&[file]), Kind::Openai), Ok(None));
    let binary = "Content-Disposition: form-data; name=\"model\"\r\nContent-Transfer-Encoding: binary";
    assert_eq!(read(FORM, &form(&[(binary, "m")]), Kind::Openai), named("m"));
    for (parts, error) in [
        (&[model, model][..], Twice),
        (
            &[model, ("Content-Disposition: form-data; name=\"Model\"", "x")],
            Twice,
        ),
        (
            &[model, ("Content-Disposition: form-data; name=\"model[]\"", "x")],
            Twice,
        ),
        (
            &[("Content-Disposition: form-data; name=\"model[0]\"", "x")],
            CaseVariant,
        ),
        (
            &[("Content-Disposition: form-data; name=\"MODEL\"", "x")],
            CaseVariant,
        ),
        (
            &[("Content-Disposition: form-data; name=\"model \"", "x")],
            CaseVariant,
        ),
        (
            &[(
                "Content-Disposition: form-data; name=\"model\"; filename=\"f\"",
                "x",
            )],
            NotText,
        ),
    ] {
        assert_eq!(read(FORM, &form(parts), Kind::Openai), Err(error), "{parts:?}");
    }
}

#[test]
fn forms_that_no_client_makes_are_refused() {
    let head = "Content-Disposition: form-data; name=\"model\"";
    let whole = format!("--b\r\n{head}\r\n\r\nx\r\n--b--");
    assert_eq!(read(FORM, whole.as_bytes(), Kind::Openai), named("x"));
    let odd_heads = [
        "Content-Disposition: form-data; name*=utf-8''model",
        "Content-Disposition: form-data; name=\"file\"; name=\"model\"",
        "Content-Disposition: form-data; name=\"file\"; NAME=\"model\"",
        "Content-Disposition: form-data; name=\"mo\\del\"",
        "Content-Disposition: form-data; name=\"a",
        "Content-Disposition: form-data; name=a b",
        "Content-Disposition: form-data; name=",
        "Content-Disposition: form-data",
        "Content-Disposition: attachment; name=\"model\"",
        "Content-Disposition: form-data;\r\n name=\"model\"",
        "Content-Disposition : form-data; name=\"model\"",
        "Content-Disposition: form-data; name=\"a\"\r\nContent-Disposition: form-data; name=\"model\"",
        "Content-Disposition: form-data; name=\"a\"\nContent-Disposition: form-data; name=\"model\"",
        "Content-Disposition: form-data; name=\"model\"\r\nContent-Transfer-Encoding: base64",
        "Content-Disposition: form-data; name=\"model\"\r\nContent-Encoding: gzip",
        "Content-Type: text/plain",
        "",
    ];
    for odd in odd_heads {
        assert_eq!(
            read(FORM, &form(&[(odd, "x")]), Kind::Openai),
            Err(Form),
            "{odd:?}"
        );
    }
    for body in [
        String::new(),
        whole.replace("--b--", ""),
        whole.replace("--b--", "--b"),
        whole.replace("--b--", "--b--x"),
        whole.replace("--b--", "--b--\r\n--b\r\n"),
        whole.replace("--b--", "--b \r\n"),
        format!("\r\n{whole}"),
        format!("preamble\r\n{whole}"),
        whole.replace("\r\n", "\n"),
        whole.replace("\r\n\r\nx\r\n", "\r\n\r\nx\n"),
        whole.replace("\r\n\r\nx\r\n", "\r\n\r\n"),
        whole.replace("x\r\n", "x\r\n--bc\r\n"),
        whole.replace("x\r\n", "x--b\r\n"),
        whole.replace("x\r\n", "x\n--b\n\r\n"),
        whole.replacen("--b\r\n", "--b\n", 1),
        whole.replacen("--b\r\n", "--b\t\r\n", 1),
    ] {
        assert_eq!(read(FORM, body.as_bytes(), Kind::Openai), Err(Form), "{body:?}");
    }
}

#[test]
fn forms_are_bounded() {
    let part = ("Content-Disposition: form-data; name=\"x\"", "");
    assert_eq!(read(FORM, &form(&vec![part; 256]), Kind::Openai), Ok(None));
    assert_eq!(read(FORM, &form(&vec![part; 257]), Kind::Openai), Err(Form));
    let long = format!("Content-Disposition: form-data; name=\"{}\"", "x".repeat(9000));
    assert_eq!(read(FORM, &form(&[(&long, "")]), Kind::Openai), Err(Form));
}

#[test]
fn a_long_name_is_cut_for_logs_between_characters() {
    let long = "é".repeat(60);
    let body = format!(r#"{{"model":"x{long}"}}"#);
    let model = read_model(JSON, None, body.as_bytes(), Kind::Openai)
        .unwrap()
        .unwrap();
    assert_eq!(model.as_str().len(), 121);
    assert_eq!(model.for_log(), format!("x{}", "é".repeat(31)));
}

#[test]
fn a_long_text_is_borrowed_or_only_its_start_is_copied() {
    let plain = format!("\"{}\"", "A".repeat(1 << 20));
    let Long(text) = serde_json::from_str(&plain).unwrap();
    assert!(matches!(text, std::borrow::Cow::Borrowed(text) if text.len() == 1 << 20));
    let escaped = format!("\"\\/{}\"", "é".repeat(1 << 20));
    let Long(text) = serde_json::from_str(&escaped).unwrap();
    assert!(
        matches!(text, std::borrow::Cow::Owned(text) if text.len() == (1 << 18) - 1 && text.starts_with("/é"))
    );
}
