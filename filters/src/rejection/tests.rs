use serde_json::{Value, json};

use super::*;
use crate::model::Kind;

fn body(rejection: &Rejection, dialect: Kind) -> Value {
    serde_json::from_slice(&rejection.render(dialect, "req-1").body).unwrap()
}

fn header(rejection: &Rejection, name: &str) -> Option<String> {
    let rendered = rejection.render(Kind::Openai, "req-1");
    let mut values = rendered.headers.iter().filter(|(n, _)| n.as_str() == name);
    let value = values.next().map(|(_, v)| v.to_str().unwrap().to_owned());
    assert!(values.next().is_none(), "{name} twice");
    value
}

#[test]
fn the_documentation_lists_exactly_these_codes_with_their_statuses() {
    let page = include_str!("../../../docs/errors.md");
    let (page, _) = page.split_once("## The management API").unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let listed: Vec<(String, u16)> = rows
        .map(|row| {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            (
                cells[1].trim_matches('`').to_owned(),
                cells[2][..3].parse().unwrap(),
            )
        })
        .collect();
    let known: Vec<_> = Code::ALL
        .iter()
        .map(|c| (c.as_str().to_owned(), c.status().as_u16()))
        .collect();
    assert_eq!(listed, known);
}

#[test]
fn codes_are_unique_and_in_snake_case() {
    let mut texts: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert!(
        texts
            .iter()
            .all(|text| text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
    );
    texts.sort_unstable();
    texts.dedup();
    assert_eq!(texts.len(), Code::ALL.len());
}

#[test]
fn each_dialect_has_its_own_shape() {
    let rejection = Rejection::new(Code::UnknownKey);
    assert_eq!(
        body(&rejection, Kind::Openai),
        json!({"error": {"message": "This client key is not known.", "type": "invalid_request_error",
            "param": null, "code": "unknown_key"}})
    );
    assert_eq!(
        body(&rejection, Kind::Novelai),
        json!({"statusCode": 401, "message": "This client key is not known.", "code": "unknown_key"})
    );
    assert_eq!(
        body(&rejection, Kind::Http),
        json!({"type": "about:blank", "title": "Unauthorized", "status": 401, "request_id": "req-1",
            "detail": "This client key is not known.", "code": "unknown_key"})
    );
    assert_eq!(
        rejection.render(Kind::Http, "").content_type,
        "application/problem+json"
    );
}

#[test]
fn whatever_is_said_stays_valid_json() {
    let nasty = "\"}\\ \u{0}\u{1b}\n</script> \u{2028} 日本 \u{10ffff}";
    let rejection = Rejection::new(Code::BadPath).saying(nasty);
    for (dialect, pointer) in [
        (Kind::Openai, "/error/message"),
        (Kind::Novelai, "/message"),
        (Kind::Http, "/detail"),
    ] {
        assert_eq!(body(&rejection, dialect).pointer(pointer).unwrap(), nasty);
    }
}

#[test]
fn an_unauthorized_answer_names_the_scheme_and_no_other_does() {
    for code in Code::ALL {
        let named = header(&Rejection::new(*code), "www-authenticate");
        let expected = (code.status() == StatusCode::UNAUTHORIZED).then_some("Bearer".to_owned());
        assert_eq!(named, expected, "{code:?}");
    }
}

#[test]
fn whoever_is_told_to_come_again_is_told_when() {
    for code in Code::ALL {
        let owed = [429, 503].contains(&code.status().as_u16());
        assert_eq!(
            header(&Rejection::new(*code), "retry-after").is_some(),
            owed,
            "{code:?}"
        );
    }
    let after = |ms| {
        let rejection = Rejection::new(Code::RateLimited).after(Duration::from_millis(ms));
        header(&rejection, "retry-after").unwrap()
    };
    assert_eq!(
        [after(0), after(1), after(1000), after(1001)],
        ["0", "1", "1", "2"]
    );
}

#[test]
fn a_limit_says_whose_it_is() {
    let source = |rejection: &Rejection| header(rejection, "x-potluck-limit-source");
    assert_eq!(
        source(&Rejection::new(Code::RateLimited)).as_deref(),
        Some("relay")
    );
    assert_eq!(source(&Rejection::new(Code::UnknownKey)), None);
    let busy = Rejection::new(Code::PoolBusy);
    assert_eq!((busy.status().as_u16(), source(&busy)), (503, None));
    let busy = busy.limited_by(LimitSource::Upstream);
    assert_eq!(
        (busy.status().as_u16(), source(&busy).as_deref()),
        (429, Some("upstream"))
    );
    assert_eq!(body(&busy, Kind::Novelai)["statusCode"], 429);
}

#[test]
fn a_wrong_method_is_told_the_right_ones() {
    let rejection = Rejection::wrong_method("GET, HEAD");
    assert_eq!(header(&rejection, "allow").as_deref(), Some("GET, HEAD"));
    assert_eq!(rejection.status(), StatusCode::METHOD_NOT_ALLOWED);
}
