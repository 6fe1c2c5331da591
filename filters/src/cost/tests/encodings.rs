//! What hides a body or puts a form together in another way than clients do it: all refused.

use super::Unreadable::{ContentEncoding, ContentType, Form, Json, RequestPart};
use super::*;

/// Cheap, and what must not be taken for it.
const CHEAP: &str =
    r#"{"model":"nai-diffusion-3","parameters":{"width":64,"height":64,"steps":1,"n_samples":1}}"#;

/// A change to the request's part, by what is replaced with what.
const CHANGES: &[(&str, &str, Unreadable)] = &[
    ("\"request\"", "\"REQUEST\"", RequestPart),
    ("\"request\"", "\"request \"", RequestPart),
    ("\"request\"", "'request'", RequestPart),
    ("\"request\"", "\"request[]\"", RequestPart),
    ("\"request\"", "\"req\\uest\"", Form),
    ("name=\"request\"", "name*=utf-8''request", Form),
    ("name=\"request\"", "name=\"a\"; name=\"request\"", Form),
    ("name=\"request\"", "name*0=req; name*1=uest", Form),
    ("form-data", "attachment", Form),
    ("; name", ";\r\n name", Form),
    ("application/json", "text/plain", ContentType),
    (
        "application/json",
        "application/json; charset=utf-16",
        ContentType,
    ),
    ("application/json", "multipart/form-data; boundary=c", ContentType),
    ("\r\n\r\n", "\r\nContent-Type: text/plain\r\n\r\n", Form),
    ("\r\n\r\n", "\r\nContent-Encoding: gzip\r\n\r\n", Form),
    ("\r\n\r\n", "\r\nContent-Transfer-Encoding: base64\r\n\r\n", Form),
    ("\r\n\r\n", "\n\n", Form),
    ("}\r\n", "}\n", Form),
    ("}}\r\n", "}}{}\r\n", Json),
    ("{\"model\"", "\u{feff}{\"model\"", Json),
];

#[test]
fn headers_that_hide_the_body_are_refused() {
    let body = image("nai-diffusion-3", "generate", "");
    for encoding in ["gzip", "br", "deflate", "", "identity,gzip"] {
        let read = read_cost(IMAGES, JSON, Some(encoding), body.as_bytes());
        assert_eq!(read, Err(ContentEncoding), "{encoding}");
    }
    for content_type in [
        None,
        Some(""),
        Some("text/plain"),
        Some("text/json"),
        Some("application/json; charset=utf-16"),
        Some("application/json; charset=utf-8; charset=utf-7"),
        Some("application/json, multipart/form-data"),
        Some("application/x-www-form-urlencoded"),
        Some("multipart/form-data"),
        Some("multipart/mixed; boundary=b"),
        Some("multipart/form-data; boundary=b; boundary=c"),
    ] {
        let read = read_cost(IMAGES, content_type, None, body.as_bytes());
        assert_eq!(read, Err(ContentType), "{content_type:?}");
    }
}

fn read(body: &str) -> Result<u32, Unreadable> {
    read_cost(IMAGES, FORM, None, body.as_bytes()).map(|asked| asked.price.full)
}

#[test]
fn a_form_as_clients_make_it_is_read() {
    let part = request_part(CHEAP);
    assert_eq!(read(&format!("{part}--b--\r\n")), Ok(2));
    assert_eq!(read(&format!("{part}--b--")), Ok(2));
    let unquoted = part.replace("\"request\"", "request");
    assert_eq!(read(&format!("{unquoted}--b--\r\n")), Ok(2));
}

#[test]
fn a_request_part_that_is_anyhow_odd_is_refused() {
    let part = request_part(CHEAP);
    for (what, with, error) in CHANGES {
        let changed = part.replacen(what, with, 1);
        assert_ne!(changed, part, "{what}");
        assert_eq!(
            read(&format!("{changed}--b--\r\n")),
            Err(*error),
            "{what} → {with}"
        );
    }
}

#[test]
fn a_form_without_exactly_one_request_part_is_refused() {
    let cheap = request_part(CHEAP);
    let dear = request_part(&CHEAP.replace("\"steps\":1", "\"steps\":50"));
    let shouted = dear.replace("\"request\"", "\"Request\"");
    for (body, error) in [
        ("--b--\r\n".to_owned(), RequestPart),
        (format!("{cheap}{dear}--b--\r\n"), RequestPart),
        (format!("{cheap}{shouted}--b--\r\n"), RequestPart),
        (format!("{cheap}--b--\r\n{dear}--b--\r\n"), Form),
        (format!("preamble\r\n{cheap}--b--\r\n"), Form),
        (format!("\r\n{cheap}--b--\r\n"), Form),
        (cheap.clone(), Form),
        (format!("{cheap}--c--\r\n"), Form),
    ] {
        assert_eq!(read(&body), Err(error), "{body}");
    }
}
