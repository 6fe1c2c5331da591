//! Whose is what, which ids a body names, what an answer shows, and pages.

use serde_json::Value;

use super::*;
use crate::reader::Unreadable;

fn object(owner: i64, key: i64, kind: ObjectKind, created_at: i64) -> Object {
    Object {
        owner: UserId(owner),
        key: PoolKeyId(key),
        kind,
        created_at,
        about: None,
    }
}

fn names(body: &str) -> Vec<String> {
    let named = named_in(Some("application/json"), None, body.as_bytes()).unwrap();
    named.ids.into_iter().collect()
}

#[test]
fn an_id_stays_with_whoever_had_it_first() {
    let mut objects = Objects::default();
    assert!(objects.record("file-1", object(1, 7, ObjectKind::File, 5)));
    assert!(
        !objects.record("file-1", object(2, 7, ObjectKind::File, 6)),
        "another's"
    );
    assert!(
        !objects.record("file-1", object(1, 8, ObjectKind::File, 6)),
        "under another key"
    );
    assert_eq!(objects.get("file-1", UserId(1)).unwrap().key, PoolKeyId(7));
    assert_eq!(objects.get("file-1", UserId(2)), None);
    assert_eq!(objects.get("file-2", UserId(1)), None);
}

#[test]
fn changes_are_told_once_and_only_where_something_changed() {
    let mut objects = Objects::default();
    objects.record("batch_1", object(1, 7, ObjectKind::Batch, 5));
    objects.record("batch_1", object(1, 7, ObjectKind::Batch, 9));
    assert_eq!(objects.take_changes().len(), 1);
    let shown = Object {
        about: Some("{}".into()),
        ..object(1, 7, ObjectKind::Batch, 9)
    };
    objects.record("batch_1", shown.clone());
    objects.record("batch_1", shown);
    let kept = Object {
        about: Some("{}".into()),
        ..object(1, 7, ObjectKind::Batch, 5)
    };
    assert_eq!(objects.take_changes(), [Change::Put("batch_1".into(), kept)]);
    objects.remove("batch_1");
    objects.remove("batch_1");
    assert_eq!(objects.take_changes(), [Change::Gone("batch_1".into())]);
    assert_eq!(objects.get("batch_1", UserId(1)), None);
}

#[test]
fn responses_end_after_thirty_days_and_nothing_else_does() {
    let mut objects = Objects::default();
    objects.restore("resp_1".into(), object(1, 7, ObjectKind::Response, 0));
    objects.restore("conv_1".into(), object(1, 7, ObjectKind::Conversation, 0));
    objects.record("resp_2", object(1, 7, ObjectKind::Response, 1));
    objects.tidy(RESPONSES_KEPT_MS);
    assert_eq!(objects.get("resp_1", UserId(1)), None);
    assert!(objects.get("resp_2", UserId(1)).is_some());
    assert!(objects.get("conv_1", UserId(1)).is_some());
}

#[test]
fn every_place_that_can_name_an_object_is_read() {
    for (body, ids) in [
        (r#"{"model":"m","input":"hello"}"#, &[][..]),
        (r#"{"previous_response_id":"resp_1"}"#, &["resp_1"]),
        (r#"{"previous_response_id":null}"#, &[]),
        (r#"{"conversation":"conv_1"}"#, &["conv_1"]),
        (r#"{"conversation":{"id":"conv_1"}}"#, &["conv_1"]),
        (r#"{"prompt":{"id":"pmpt_1","version":"2"}}"#, &["pmpt_1"]),
        (r#"{"prompt":"Once upon a time"}"#, &[]),
        (
            r#"{"input_file_id":"file-1","endpoint":"/v1/responses"}"#,
            &["file-1"],
        ),
        (
            r#"{"training_file":"file-1","validation_file":"file-2"}"#,
            &["file-1", "file-2"],
        ),
        (
            r#"{"input":[{"role":"user","content":[{"type":"input_file","file_id":"file-1"}]}]}"#,
            &["file-1"],
        ),
        (
            r#"{"messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"file-1"}}]}]}"#,
            &["file-1"],
        ),
        (
            r#"{"tools":[{"type":"file_search","vector_store_ids":["vs_1","vs_2"]}]}"#,
            &["vs_1", "vs_2"],
        ),
        (
            r#"{"tools":[{"type":"code_interpreter","container":{"type":"auto","file_ids":["file-1"]}}]}"#,
            &["file-1"],
        ),
        (
            r#"{"tools":[{"type":"code_interpreter","container":"cntr_1"}]}"#,
            &["cntr_1"],
        ),
        (
            r#"{"input":[{"type":"item_reference","id":"msg_1"}]}"#,
            &["msg_1"],
        ),
        (r#"{"input":[{"id":"msg_1"}]}"#, &["msg_1"]),
        (
            r#"{"input":[{"id":"msg_1","type":"message","role":"assistant","content":[]}]}"#,
            &[],
        ),
        (r#"{"items":[{"id":"msg_1","type":null}]}"#, &["msg_1"]),
        (r#"{"model":"ft:gpt-5-mini:org::1"}"#, &["ft:gpt-5-mini:org::1"]),
        (r#"{"body":{"input":[{"file_id":"file-1"}]}}"#, &["file-1"]),
    ] {
        assert_eq!(names(body), ids, "{body}");
    }
}

#[test]
fn tricks_hide_no_object() {
    for body in [
        r#"{"previous_response_id":"resp_mine","previous_response_id":"resp_1"}"#,
        r#"{"previous_response_id":"resp_1","previous_response_id":null}"#,
        r#"{"PREVIOUS_Response_id":"resp_1"}"#,
        r#"{"previou\u0073_response_id":"resp\u005f1"}"#,
        "{\"previou\u{17f}_response_id\":\"resp_1\"}",
        r#"[{"previous_response_id":"resp_1"}]"#,
        r#"{"previous_response_id":["resp_1"]}"#,
    ] {
        assert!(names(body).contains(&"resp_1".to_owned()), "{body}");
    }
}

#[test]
fn what_is_only_passed_on_names_nothing() {
    for body in [
        r#"{"metadata":{"file_id":"mine"}}"#,
        r#"{"tools":[{"type":"function","parameters":{"properties":{"file_id":{"default":"x"}}}}]}"#,
        r#"{"input":"the file_id is file-1"}"#,
        r#"{"text":{"format":{"schema":{"examples":[{"file_id":"x"}]}}}}"#,
    ] {
        assert_eq!(names(body), [""; 0], "{body}");
    }
}

#[test]
fn an_uploaded_batch_is_read_line_by_line() {
    let form = |purpose: &str, lines: &str| {
        let part = |name: &str, content: &str| {
            format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{content}\r\n")
        };
        let file = format!(
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.jsonl\"\r\n\r\n{lines}\r\n"
        );
        let body = format!("{}{file}--b--\r\n", part("purpose", purpose));
        named_in(Some("multipart/form-data; boundary=b"), None, body.as_bytes())
    };
    let lines = "{\"body\":{\"previous_response_id\":\"resp_1\"}}\n\n{\"body\":{\"file_id\":\"file-2\"}}\r\n";
    let found: Vec<String> = form("batch", lines).unwrap().ids.into_iter().collect();
    assert_eq!(found, ["file-2", "resp_1"]);
    assert!(form("user_data", lines).unwrap().ids.is_empty());
    assert_eq!(form("batch", "not JSON"), Err(Unreadable::Json));
}

#[test]
fn what_cannot_be_read_without_doubt_is_refused() {
    let read = |media, coding, body: &[u8]| named_in(media, coding, body);
    let json = Some("application/json");
    assert_eq!(read(json, None, b"{").unwrap_err(), Unreadable::Json);
    assert_eq!(read(json, None, b"{} {}").unwrap_err(), Unreadable::Json);
    assert_eq!(
        read(json, Some("gzip"), b"{}").unwrap_err(),
        Unreadable::ContentEncoding
    );
    assert_eq!(read(None, None, b"{}").unwrap_err(), Unreadable::ContentType);
    assert_eq!(
        read(Some("text/plain"), None, b"{}").unwrap_err(),
        Unreadable::ContentType
    );
    assert_eq!(read(None, None, b"").unwrap(), Named::default());
    assert!(read(json, None, br#"{"store":false}"#).unwrap().unstored);
    assert!(
        !read(json, None, br#"{"store":true,"x":{"store":false}}"#)
            .unwrap()
            .unstored
    );
}

fn watch(kind: ObjectKind, events: bool, answer: &str, step: usize) -> Option<(usize, Seen)> {
    let mut sighting = Sighting::new(kind, events);
    let mut pieces = answer.as_bytes().chunks(step).enumerate();
    pieces.find_map(|(number, piece)| Some(((number + 1) * step, sighting.observe(piece)?)))
}

#[test]
fn an_object_is_seen_with_the_piece_that_completes_it() {
    let file = r#"{"id":"file-1","object":"file","purpose":"batch","bytes":3}"#;
    let (at, seen) = watch(ObjectKind::File, false, file, 1).unwrap();
    assert_eq!((at, &*seen.id), (file.len(), "file-1"));
    let about: Value = serde_json::from_str(&seen.about.unwrap()).unwrap();
    assert_eq!(about["purpose"], "batch");
    // Of a long answer the beginning will do.
    let response = format!(
        r#"{{"object":"response","id":"resp_1","output":"{}"}}"#,
        "x".repeat(200_000)
    );
    let (at, seen) = watch(ObjectKind::Response, false, &response, 7).unwrap();
    assert!(at < 60, "{at}");
    assert_eq!((&*seen.id, seen.about), ("resp_1", None));
}

#[test]
fn a_stream_shows_its_response_in_the_first_event() {
    let stream = "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"object\":\"response\",\
                  \"id\":\"resp_1\",\"tools\":[]}}\n\nevent: x\ndata: {\"response\":{\"id\":\"resp_2\"}}\n\n";
    for step in [1, 5, 1000] {
        let (_, seen) = watch(ObjectKind::Response, true, stream, step).unwrap();
        assert_eq!(&*seen.id, "resp_1");
    }
    let other = "data: {\"type\":\"ping\"}\n\n";
    assert_eq!(watch(ObjectKind::Response, true, other, 3), None);
}

#[test]
fn what_a_batch_or_a_job_made_is_seen_with_it() {
    let batch = r#"{"id":"batch_1","output_file_id":"file-2","error_file_id":null}"#;
    let (_, seen) = watch(ObjectKind::Batch, false, batch, 9).unwrap();
    assert_eq!(seen.more, [(ObjectKind::File, "file-2".into())]);
    let job = r#"{"id":"ftjob-1","result_files":["file-3"],"fine_tuned_model":"ft:m"}"#;
    let (_, seen) = watch(ObjectKind::Job, false, job, 9).unwrap();
    assert_eq!(
        seen.more,
        [
            (ObjectKind::File, "file-3".into()),
            (ObjectKind::Model, "ft:m".into())
        ]
    );
}

#[test]
fn an_endless_answer_is_not_kept() {
    let mut sighting = Sighting::new(ObjectKind::File, false);
    for _ in 0..100 {
        assert_eq!(sighting.observe(&[b' '; 1024]), None);
    }
    assert_eq!(sighting.observe(br#"{"id":"file-1"}"#), None);
}

fn listed(objects: &Objects, owner: i64, query: &str) -> (Vec<String>, bool) {
    let query = PageQuery::parse(ObjectKind::File, query).unwrap();
    let list = page(&[objects], UserId(owner), &query).unwrap();
    let list: Value = serde_json::from_slice(&list).unwrap();
    let ids = list["data"].as_array().unwrap().iter();
    let ids: Vec<String> = ids.map(|one| one["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(list["first_id"].as_str(), ids.first().map(String::as_str));
    assert_eq!(list["last_id"].as_str(), ids.last().map(String::as_str));
    (ids, list["has_more"].as_bool().unwrap())
}

#[test]
fn pages_show_ones_own_the_newest_first() {
    let mut objects = Objects::default();
    for n in 1..=5 {
        let purpose = if n % 2 == 0 { "batch" } else { "user_data" };
        let about = format!(r#"{{"id":"file-{n}","purpose":"{purpose}"}}"#);
        let object = Object {
            about: Some(about.into()),
            ..object(1, 7, ObjectKind::File, n)
        };
        objects.record(&format!("file-{n}"), object);
    }
    objects.record("file-9", object(2, 7, ObjectKind::File, 9));
    objects.record("batch_1", object(1, 7, ObjectKind::Batch, 9));
    let of = |ids: &[i64]| ids.iter().map(|n| format!("file-{n}")).collect::<Vec<_>>();
    assert_eq!(listed(&objects, 1, ""), (of(&[5, 4, 3, 2, 1]), false));
    assert_eq!(listed(&objects, 1, "limit=2"), (of(&[5, 4]), true));
    assert_eq!(listed(&objects, 1, "limit=2&after=file-4"), (of(&[3, 2]), true));
    assert_eq!(listed(&objects, 1, "limit=2&after=file%2D2"), (of(&[1]), false));
    assert_eq!(listed(&objects, 1, "order=asc&limit=1"), (of(&[1]), true));
    assert_eq!(listed(&objects, 1, "purpose=batch&limit=1"), (of(&[4]), true));
    assert_eq!(listed(&objects, 2, ""), (of(&[9]), false));
    assert_eq!(listed(&objects, 3, ""), (vec![], false));
    let foreign = PageQuery::parse(ObjectKind::File, "after=file-9").unwrap();
    assert_eq!(page(&[&objects], UserId(1), &foreign), Err(BadPage));
    for query in ["limit=0", "limit=-1", "limit=x", "order=newest"] {
        assert_eq!(PageQuery::parse(ObjectKind::File, query), Err(BadPage), "{query}");
    }
}

#[test]
fn kinds_have_words_of_their_own() {
    for kind in ObjectKind::ALL {
        assert_eq!(ObjectKind::parse(kind.as_str()), Some(kind));
    }
    assert_eq!(ObjectKind::parse("vector_store"), None);
}
