//! Every form of every header, at 1994-11-06 08:49:37 UTC.

use http::{HeaderName, HeaderValue};
use proptest::prelude::*;

use super::*;

const NOW: i64 = 784_111_777_000;

fn wait(headers: &[(&str, &str)]) -> Option<u64> {
    let pair = |(name, value): &(&str, &str)| {
        (
            HeaderName::try_from(*name).unwrap(),
            HeaderValue::from_str(value).unwrap(),
        )
    };
    let map: HeaderMap = headers.iter().map(pair).collect();
    retry_after(&map, NOW).map(|wait| u64::try_from(wait.as_millis()).unwrap())
}

#[test]
fn every_form_of_a_wait_is_read() {
    for (value, ms) in [
        ("7", 7000),
        ("0", 0),
        ("0.5", 500),
        (" 12 ", 12_000),
        ("1s", 1000),
        ("6ms", 6),
        ("1m30s", 90_000),
        ("6m0s", 360_000),
        ("1h2m3.5s", 3_723_500),
        ("1d", 86_400_000),
        ("250000us", 250),
        ("Sun, 06 Nov 1994 08:50:07 GMT", 30_000),
        ("Sunday, 06-Nov-94 08:49:39 GMT", 2000),
        ("Sun Nov  6 08:49:38 1994", 1000),
        ("Sun, 06 Nov 1994 08:49:00 GMT", 0),
        ("1994-11-06T08:50:07Z", 30_000),
        ("1994-11-06T08:49:37.250Z", 250),
        ("1994-11-06 08:49:47Z", 10_000),
        ("1994-11-06T10:49:47+02:00", 10_000),
        ("1994-11-06T00:49:47.5-08:00", 10_500),
        ("1994-11-06T08:00:00Z", 0),
        ("1995-03-01T08:49:37Z", 115 * 86_400_000),
        ("1996-03-01T08:49:37Z", (365 + 116) * 86_400_000),
        ("1700000000", 1_700_000_000_000 - NOW.unsigned_abs()),
        ("1700000000.5", 1_700_000_000_500 - NOW.unsigned_abs()),
        ("1700000000000", 1_700_000_000_000 - NOW.unsigned_abs()),
    ] {
        for name in [
            "retry-after",
            "x-ratelimit-reset",
            "x-ratelimit-reset-requests",
            "x-ratelimit-reset-tokens",
            "x-ratelimit-reset-after",
            "ratelimit-reset",
            "anthropic-ratelimit-input-tokens-reset",
        ] {
            assert_eq!(wait(&[(name, value)]), Some(ms), "{name}: {value}");
        }
    }
}

#[test]
fn the_most_exact_header_wins() {
    assert_eq!(
        wait(&[("retry-after-ms", "1500"), ("retry-after", "9")]),
        Some(1500)
    );
    assert_eq!(
        wait(&[("retry-after-ms", "soon"), ("retry-after", "9")]),
        Some(9000)
    );
    assert_eq!(
        wait(&[("retry-after", "9"), ("x-ratelimit-reset", "60")]),
        Some(9000)
    );
    assert_eq!(wait(&[]), None);
}

#[test]
fn a_reset_counts_where_its_limit_is_used_up_and_the_longest_of_those() {
    let (requests, tokens) = (
        ("x-ratelimit-reset-requests", "120ms"),
        ("x-ratelimit-reset-tokens", "9s"),
    );
    let left = |limit: &str, left: &str| -> (String, String) {
        (format!("x-ratelimit-remaining-{limit}"), left.to_owned())
    };
    let check = |remaining: &[(String, String)], expected: Option<u64>| {
        let mut headers = vec![requests, tokens];
        headers.extend(
            remaining
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        );
        assert_eq!(wait(&headers), expected, "{remaining:?}");
    };
    check(&[], Some(9000));
    check(&[left("tokens", "0")], Some(9000));
    check(&[left("tokens", "5")], Some(120));
    check(&[left("requests", "0"), left("tokens", "5")], Some(120));
    check(&[left("requests", "3"), left("tokens", "0")], Some(9000));
    check(&[left("requests", "3"), left("tokens", "5")], None);
    let other = [
        ("anthropic-ratelimit-tokens-reset", "5s"),
        ("anthropic-ratelimit-tokens-remaining", "7"),
    ];
    assert_eq!(wait(&other), None);
    let draft = [("ratelimit-reset", "50"), ("ratelimit-remaining", "0")];
    assert_eq!(wait(&draft), Some(50_000));
}

#[test]
fn nonsense_says_nothing() {
    for value in [
        "",
        "soon",
        "-1",
        "NaN",
        "inf",
        "1e400",
        "5x",
        "s5",
        "1m s",
        "Sun, 99 Nov 1994 08:49:37 GMT",
        "1994-13-06T08:49:37Z",
        "1994-00-06T08:49:37Z",
        "1994-11-06T25:49:37Z",
        "1994-11-06T08:49:37",
        "1994-11-06",
        "1994-11-06T08:49:37+2",
        "1969-11-06T08:49:37Z",
        "+1994-11-06T08:49:37Z",
    ] {
        assert_eq!(wait(&[("retry-after", value)]), None, "{value}");
        assert_eq!(wait(&[("x-ratelimit-reset", value)]), None, "{value}");
    }
}

proptest! {
    #[test]
    fn no_value_panics(value in "\\PC{0,40}", now in any::<i64>()) {
        let mut headers = HeaderMap::new();
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            headers.insert("retry-after", value);
        }
        let _ = retry_after(&headers, now);
    }

    #[test]
    fn an_iso_date_is_what_the_http_date_of_the_same_moment_is(seconds in 0_u64..253_402_300_799) {
        let date = httpdate::fmt_http_date(std::time::UNIX_EPOCH + Duration::from_secs(seconds));
        let parts: Vec<&str> = date.split(' ').collect();
        let month = 1 + ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
            .iter().position(|name| *name == parts[2]).unwrap();
        let iso = format!("{}-{month:02}-{}T{}Z", parts[3], parts[1], parts[4]);
        prop_assert_eq!(span(&iso, 0), span(&date, 0), "{}", iso);
    }
}
