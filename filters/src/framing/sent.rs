//! The head as its bytes came. A parser that mends what it reads (a blank in the target, a length beside
//! a transfer coding, a fragment) leaves no trace of it in the parsed head.

use http::header::TRANSFER_ENCODING;

use super::Head;
use crate::rejection::Code;

const LENGTH: &[u8] = b"content-length";

/// Compares a parsed HTTP/1 head with its bytes.
///
/// # Errors
/// [`Code::BadPath`] where the target was not sent as it was parsed, [`Code::BadFraming`] where a length
/// was sent beside a transfer coding.
pub fn check_as_sent(head: &Head<'_>, sent: &[u8]) -> Result<(), Code> {
    // RFC 9112 §2.2: empty lines before a request are skipped.
    let line = sent.trim_ascii_start();
    let target = line
        .strip_prefix(head.method.as_str().as_bytes())
        .and_then(|rest| rest.strip_prefix(b" "));
    let version = target.and_then(|rest| rest.strip_prefix(head.target));
    if !version.is_some_and(|rest| rest.starts_with(b" HTTP/1.")) {
        return Err(Code::BadPath);
    }
    let coded = head.headers.contains_key(TRANSFER_ENCODING);
    if coded && sent.split(|b| *b == b'\n').any(is_length) {
        Err(Code::BadFraming)
    } else {
        Ok(())
    }
}

fn is_length(line: &[u8]) -> bool {
    line.get(..LENGTH.len())
        .is_some_and(|name| name.eq_ignore_ascii_case(LENGTH))
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, Method, Uri, Version};

    use super::*;

    fn check(target: &str, coded: bool, sent: &str) -> Result<(), Code> {
        let mut headers = HeaderMap::new();
        if coded {
            headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
        }
        let (method, uri, version) = (&Method::POST, &Uri::from_static("/"), Version::HTTP_11);
        check_as_sent(
            &Head {
                method,
                uri,
                target: target.as_bytes(),
                version,
                headers: &headers,
            },
            sent.as_bytes(),
        )
    }

    #[test]
    fn a_target_that_was_mended_is_refused() {
        assert_eq!(
            check("/a?b", false, "POST /a?b HTTP/1.1\r\nhost: a\r\n\r\n"),
            Ok(())
        );
        assert_eq!(check("/a", false, "\r\nPOST /a HTTP/1.0\r\n\r\n"), Ok(()));
        for sent in [
            "POST /a#b HTTP/1.1",
            "POST /a%20 HTTP/1.1",
            "POST  /a HTTP/1.1",
            "POST /a  HTTP/1.1",
            "POST /a",
            "GET /a HTTP/1.1",
        ] {
            assert_eq!(check("/a", false, sent), Err(Code::BadPath), "{sent}");
        }
    }

    #[test]
    fn a_length_beside_a_coding_is_refused_although_the_parser_dropped_it() {
        let sent = |lines: &str| format!("POST / HTTP/1.1\r\n{lines}\r\n");
        assert_eq!(check("/", true, &sent("transfer-encoding: chunked\r\n")), Ok(()));
        assert_eq!(check("/", false, &sent("Content-Length: 4\r\n")), Ok(()));
        for lines in [
            "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
            "te: x\ncontent-LENGTH:4\n",
        ] {
            assert_eq!(check("/", true, &sent(lines)), Err(Code::BadFraming), "{lines}");
        }
    }
}
