//! Is the head of this request beyond doubt? What two servers could read in two ways is refused.
//!
//! Pingora accepts more than this (RFC 9112 lets a server); every form refused here is one that some
//! proxy and some origin are known to read differently, or that no client of an API sends.

mod sent;

use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, Version};

use crate::rejection::Code;
pub use sent::check_as_sent;

/// Headers that decide something here: two of them are two opinions.
const AT_MOST_ONCE: [HeaderName; 3] = [AUTHORIZATION, CONTENT_TYPE, CONTENT_ENCODING];

/// Own bounds on a request's head; the parser's are far larger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadLimits {
    /// Names and values together, in bytes.
    pub bytes: usize,
    /// How many headers.
    pub count: usize,
}

/// The head of a request, as parsed.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// The method.
    pub method: &'a Method,
    /// The target.
    pub uri: &'a Uri,
    /// The target's path and query as sent, in bytes.
    pub target: &'a [u8],
    /// The version.
    pub version: Version,
    /// All headers.
    pub headers: &'a HeaderMap,
}

/// Checks a head.
///
/// # Errors
/// [`Code::BadFraming`] where lengths, hosts or headers are in doubt, [`Code::BadPath`] for the target,
/// [`Code::MethodNotAllowed`] for methods that make no sense through a relay.
pub fn check(head: &Head<'_>, limits: HeadLimits) -> Result<(), Code> {
    if matches!(*head.method, Method::TRACE | Method::CONNECT) {
        return Err(Code::MethodNotAllowed);
    }
    let plain_target =
        head.target.first() == Some(&b'/') && head.target.iter().all(|b| b.is_ascii_graphic() && *b != b'#');
    let absolute = head.version < Version::HTTP_2 && head.uri.authority().is_some();
    if !plain_target || absolute {
        return Err(Code::BadPath);
    }
    let once = AT_MOST_ONCE
        .iter()
        .all(|name| head.headers.get_all(name).iter().nth(1).is_none());
    let sound = once && one_length(head.headers) && one_host(head) && within(head.headers, limits);
    if sound { Ok(()) } else { Err(Code::BadFraming) }
}

/// The announced length of the body, if one is announced. Only after [`check`].
#[must_use]
pub fn content_length(headers: &HeaderMap) -> Option<u64> {
    digits(headers.get(CONTENT_LENGTH)?)
}

fn digits(value: &HeaderValue) -> Option<u64> {
    let text = value.to_str().ok()?;
    if text.bytes().all(|b| b.is_ascii_digit()) {
        text.parse().ok()
    } else {
        None
    }
}

/// At most one length, in digits, and never beside a transfer coding; the only coding is `chunked`.
fn one_length(headers: &HeaderMap) -> bool {
    let mut lengths = headers.get_all(CONTENT_LENGTH).iter();
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    match (lengths.next(), codings.next()) {
        (None, None) => true,
        (Some(length), None) => lengths.next().is_none() && digits(length).is_some(),
        (None, Some(coding)) => {
            codings.next().is_none() && coding.as_bytes().eq_ignore_ascii_case(b"chunked")
        }
        (Some(_), Some(_)) => false,
    }
}

/// Exactly one host that is a host: in `Host` for HTTP/1, in `:authority` (and, if both, equal) for h2.
fn one_host(head: &Head<'_>) -> bool {
    let mut hosts = head.headers.get_all(HOST).iter();
    match (hosts.next(), head.uri.authority()) {
        (Some(host), None) => hosts.next().is_none() && is_host(host.as_bytes()),
        (None, Some(authority)) => is_host(authority.as_str().as_bytes()),
        (Some(host), Some(authority)) => {
            let same = host
                .as_bytes()
                .eq_ignore_ascii_case(authority.as_str().as_bytes());
            hosts.next().is_none() && same && is_host(host.as_bytes())
        }
        (None, None) => false,
    }
}

fn is_host(host: &[u8]) -> bool {
    let sound = |b: &u8| b.is_ascii_alphanumeric() || b"-._:[]".contains(b);
    let port = host
        .iter()
        .rposition(|b| *b == b':')
        .filter(|at| !host.get(*at..).is_some_and(has_bracket));
    let port_sound = port.is_none_or(|at| {
        let digits = host.get(at + 1..).unwrap_or_default();
        std::str::from_utf8(digits).is_ok_and(|text| text.parse::<u16>().is_ok())
    });
    !host.is_empty() && host.iter().all(sound) && port_sound
}

fn has_bracket(rest: &[u8]) -> bool {
    rest.contains(&b']')
}

fn within(headers: &HeaderMap, limits: HeadLimits) -> bool {
    let bytes: usize = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    headers.len() <= limits.count && bytes <= limits.bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(method: &Method, target: &str, version: Version, pairs: &[(&str, &str)]) -> Result<(), Code> {
        let headers: HeaderMap = pairs.iter().fold(HeaderMap::new(), |mut map, (name, value)| {
            map.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
            map
        });
        let uri = target.parse().unwrap_or_default();
        let head = Head {
            method,
            uri: &uri,
            target: target.as_bytes(),
            version,
            headers: &headers,
        };
        check(
            &head,
            HeadLimits {
                bytes: 1_000,
                count: 10,
            },
        )
    }

    fn h1(pairs: &[(&str, &str)]) -> Result<(), Code> {
        verdict(&Method::POST, "/v1/x", Version::HTTP_11, pairs)
    }

    #[test]
    fn lengths_in_doubt_are_refused() {
        assert_eq!(h1(&[("host", "a"), ("content-length", "5")]), Ok(()));
        assert_eq!(h1(&[("host", "a"), ("transfer-encoding", "Chunked")]), Ok(()));
        for pairs in [
            &[
                ("host", "a"),
                ("content-length", "5"),
                ("transfer-encoding", "chunked"),
            ][..],
            &[("host", "a"), ("content-length", "5"), ("content-length", "5")],
            &[("host", "a"), ("content-length", "5, 5")],
            &[("host", "a"), ("content-length", "+5")],
            &[("host", "a"), ("content-length", "")],
            &[("host", "a"), ("content-length", "99999999999999999999")],
            &[("host", "a"), ("transfer-encoding", "chunked, chunked")],
            &[("host", "a"), ("transfer-encoding", "gzip, chunked")],
            &[
                ("host", "a"),
                ("transfer-encoding", "chunked"),
                ("transfer-encoding", "chunked"),
            ],
            &[("host", "a"), ("transfer-encoding", "identity")],
        ] {
            assert_eq!(h1(pairs), Err(Code::BadFraming), "{pairs:?}");
        }
    }

    #[test]
    fn there_is_one_host_and_it_is_one() {
        for host in [
            "a.example",
            "a.example:80",
            "127.0.0.1:5002",
            "[::1]",
            "[::1]:80",
            "xn--a",
        ] {
            assert_eq!(h1(&[("host", host)]), Ok(()), "{host}");
        }
        for host in ["", "a,b", "a b", "a/b", "a@b", "a:b", "a:99999", "a?b"] {
            assert_eq!(h1(&[("host", host)]), Err(Code::BadFraming), "{host}");
        }
        let twice = [("host", "a"), ("content-type", "a/b"), ("content-type", "a/b")];
        assert_eq!(h1(&twice), Err(Code::BadFraming));
        assert_eq!(h1(&[]), Err(Code::BadFraming));
        assert_eq!(h1(&[("host", "a"), ("host", "a")]), Err(Code::BadFraming));
    }

    #[test]
    fn h2_takes_the_authority_and_refuses_a_second_opinion() {
        let h2 = |pairs: &[(&str, &str)]| {
            let uri: Uri = "http://a.example/v1".parse().unwrap();
            let headers = pairs
                .iter()
                .map(|(n, v)| (n.parse::<HeaderName>().unwrap(), v.parse().unwrap()));
            let headers: HeaderMap = headers.collect();
            let method = &Method::GET;
            let head = Head {
                method,
                uri: &uri,
                target: b"/v1",
                version: Version::HTTP_2,
                headers: &headers,
            };
            check(
                &head,
                HeadLimits {
                    bytes: 1_000,
                    count: 10,
                },
            )
        };
        assert_eq!(h2(&[]), Ok(()));
        assert_eq!(h2(&[("host", "A.example")]), Ok(()));
        assert_eq!(h2(&[("host", "b.example")]), Err(Code::BadFraming));
    }

    #[test]
    fn odd_targets_and_methods_are_refused() {
        let host = [("host", "a")];
        for target in ["*", "/a?b#c", "a:80", "http://evil/x", "/a b", "/a\u{1}", ""] {
            assert_eq!(
                verdict(&Method::GET, target, Version::HTTP_11, &host),
                Err(Code::BadPath),
                "{target:?}"
            );
        }
        for method in [Method::TRACE, Method::CONNECT] {
            assert_eq!(
                verdict(&method, "/", Version::HTTP_11, &host),
                Err(Code::MethodNotAllowed)
            );
        }
    }

    #[test]
    fn large_heads_are_refused() {
        let long = "x".repeat(1_000);
        assert_eq!(h1(&[("host", "a"), ("x-long", &long)]), Err(Code::BadFraming));
        let names: Vec<_> = (0..11).map(|n| format!("x-{n}")).collect();
        let many: Vec<_> = names
            .iter()
            .map(|n| (n.as_str(), "1"))
            .chain([("host", "a")])
            .collect();
        assert_eq!(h1(&many), Err(Code::BadFraming));
    }
}
