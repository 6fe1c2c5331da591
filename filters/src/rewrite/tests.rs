//! What changes, what stays byte for byte, and what is refused.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

const JSON: Option<&str> = Some("application/json");

fn open(body: &str) -> Document<'_> {
    Document::open(JSON, None, body.as_bytes(), Kind::Openai).unwrap()
}

fn places(path: &str) -> Places {
    path.parse().unwrap()
}

fn text(body: Option<Vec<u8>>) -> Option<String> {
    body.map(|body| String::from_utf8(body).unwrap())
}

#[test]
fn only_the_bytes_of_the_value_change() {
    let body = "{ \"a\" : [1, {\"model\":\"inner\"}],\n\t\"m\\u006fdel\"  :\"old\" , \"z\":\"\\ud83d\\ude00 \\\" }\"}";
    let changed = with_model(JSON, None, body.as_bytes(), Kind::Openai, "new \"one\"").unwrap();
    assert_eq!(
        text(changed).unwrap(),
        body.replace("\"old\"", r#""new \"one\"""#)
    );
    assert_eq!(
        with_model(JSON, None, b"{\"a\":1}", Kind::Openai, "new"),
        Ok(None)
    );
}

#[test]
fn a_form_keeps_its_parts_and_only_the_models_name_changes() {
    let form = Some("multipart/form-data; boundary=xyz");
    let body = "--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nold\r\n\
                --xyz\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nold\r\n--xyz--\r\n";
    let changed = text(with_model(form, None, body.as_bytes(), Kind::Openai, "whisper-1").unwrap()).unwrap();
    assert_eq!(
        changed,
        body.replace("name=\"model\"\r\n\r\nold", "name=\"model\"\r\n\r\nwhisper-1")
    );
    assert_eq!(
        with_model(form, None, body.as_bytes(), Kind::Openai, "a\r\n--xyz"),
        Err(Unreadable::NotText)
    );
    let novelai = "--xyz\r\nContent-Disposition: form-data; name=\"request\"; filename=\"blob\"\r\n\
                   Content-Type: application/json\r\n\r\n{\"model\":\"a\"}\r\n--xyz--\r\n";
    let changed = text(with_model(form, None, novelai.as_bytes(), Kind::Novelai, "b").unwrap()).unwrap();
    assert_eq!(changed, novelai.replace("\"a\"", "\"b\""));
}

#[test]
fn members_are_taken_out_with_one_comma() {
    for (body, path, without) in [
        (r#"{"a":1}"#, "a", "{}"),
        (r#"{"a":1, "b":2}"#, "a", r#"{"b":2}"#),
        (r#"{"a":1, "b":2}"#, "b", r#"{"a":1}"#),
        (r#"{"a":1, "b":2 , "c":3}"#, "b", r#"{"a":1, "c":3}"#),
        (
            r#"{"t":[{"x":{}},{"x":[1,2],"y":0}, 7]}"#,
            "t[].x",
            r#"{"t":[{},{"y":0}, 7]}"#,
        ),
        (r#"{"t":[[{"x":1}],[]]}"#, "t[][].x", r#"{"t":[[{}],[]]}"#),
        (r#"{"a":{"b":{"c":null}}}"#, "a.b.c", r#"{"a":{"b":{}}}"#),
    ] {
        assert_eq!(
            text(open(body).without(&places(path)).unwrap()).unwrap(),
            without,
            "{body}"
        );
    }
    for path in ["b", "a.b", "a[].b"] {
        assert_eq!(
            open(r#"{"a":"{\"b\":1}"}"#).without(&places(path)),
            Ok(None),
            "{path}"
        );
    }
}

#[test]
fn a_member_is_set_or_added_at_the_top() {
    let with = |body: &str| String::from_utf8(open(body).with("stream", "true").unwrap()).unwrap();
    assert_eq!(with(r#"{"stream": false, "n":1}"#), r#"{"stream": true, "n":1}"#);
    assert_eq!(with(r#" {"n":1}"#), r#" {"stream":true,"n":1}"#);
    assert_eq!(with("{ }"), r#"{"stream":true }"#);
    assert_eq!(open("[1]").with("stream", "true"), Err(Unreadable::NotObject));
}

#[test]
fn what_two_servers_could_read_differently_is_refused() {
    for (body, why) in [
        (r#"{"a":1,"a":2}"#, Unreadable::Twice),
        (r#"{"a":1,"\u0061":2}"#, Unreadable::Twice),
        (r#"{"A":1}"#, Unreadable::CaseVariant),
    ] {
        assert_eq!(open(body).values(&Places::key("a")), Err(why), "{body}");
    }
    let refused = |content_type, encoding, body: &'static [u8]| {
        Document::open(content_type, encoding, body, Kind::Openai).unwrap_err()
    };
    assert_eq!(refused(JSON, None, b"{\"a\":1} {"), Unreadable::Json);
    assert_eq!(refused(JSON, None, b"{\"a\":\"\xff\"}"), Unreadable::Json);
    assert_eq!(refused(JSON, Some("gzip"), b"{}"), Unreadable::ContentEncoding);
    assert_eq!(refused(None, None, b"{}"), Unreadable::ContentType);
    assert_eq!(
        refused(Some("multipart/form-data; boundary=x"), None, b"{}"),
        Unreadable::ContentType
    );
}

#[test]
fn paths_are_keys_and_lists() {
    assert_eq!(
        places("tools[].function.name").to_string(),
        "tools[].function.name"
    );
    assert_eq!(places("tools[].function.name").top(), "tools");
    for wrong in ["", ".", "a.", "[]", "a[0].b", "a[].", "a[b]"] {
        assert_eq!(wrong.parse::<Places>(), Err(PlaceError::Spelling), "{wrong}");
    }
    assert_eq!("a[]".parse::<Places>(), Err(PlaceError::EndsInList));
}

/// JSON in which the looked-for keys are frequent, nested and beside each other.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-c\"\\\\{}\\[\\],: é]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-c]|\\\\\"", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn at<'v>(value: &'v Value, path: &[&str], into: &mut Vec<&'v Value>) {
    match path {
        [] => into.push(value),
        ["[]", rest @ ..] => value
            .as_array()
            .into_iter()
            .flatten()
            .for_each(|v| at(v, rest, into)),
        [key, rest @ ..] => value.get(*key).into_iter().for_each(|v| at(v, rest, into)),
    }
}

proptest! {
    #[test]
    fn what_is_found_replaced_and_removed_is_what_a_parser_would(value in any_json(), pretty: bool, which in 0..4_usize) {
        let value = serde_json::json!({"a": value, "b": 1});
        let body = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        let path: &[&str] = [&["a"][..], &["a", "b"], &["a", "[]", "b"], &["a", "[]", "[]", "c"]][which];
        let places = places(&path.join(".").replace(".[]", "[]"));
        let mut expected = Vec::new();
        at(&value, path, &mut expected);

        let document = open(&body);
        let found = document.values(&places).unwrap();
        let found: Vec<Value> = found.iter().map(|text| serde_json::from_slice(text).unwrap()).collect();
        prop_assert_eq!(found.iter().collect::<Vec<_>>(), expected.clone());

        let replaced = document.replaced(&places, "\"new\"").unwrap();
        let removed = document.without(&places).unwrap();
        prop_assert_eq!(replaced.is_none(), expected.is_empty());
        prop_assert_eq!(removed.is_none(), expected.is_empty());
        if let (Some(replaced), Some(removed)) = (replaced, removed) {
            let replaced: Value = serde_json::from_slice(&replaced).unwrap();
            let mut now = Vec::new();
            at(&replaced, path, &mut now);
            let new = Value::from("new");
            prop_assert_eq!(now, vec![&new; expected.len()]);
            let removed: Value = serde_json::from_slice(&removed).unwrap();
            let mut left = Vec::new();
            at(&removed, path, &mut left);
            prop_assert!(left.is_empty());
        }
    }
}
