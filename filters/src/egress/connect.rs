//! What is said to a proxy that speaks HTTP `CONNECT` (RFC 9110 §9.3.6), and what its answer means.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::Trouble;
use crate::model::ProxyLogin;

/// Bytes of the longest head of an answer.
pub const LONGEST: usize = 8 * 1024;

/// The request for a way to `host:port`.
#[must_use]
pub fn request(host: &str, port: u16, login: Option<&ProxyLogin>) -> Zeroizing<Vec<u8>> {
    let target = if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    };
    // Room for all of it, so that no part of a login is left behind where the text grew.
    let mut message = Zeroizing::new(Vec::with_capacity(2 * target.len() + 1024));
    message.extend_from_slice(format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n").as_bytes());
    if let Some(login) = login {
        let pair = Zeroizing::new(format!("{}:{}", login.username.expose(), login.password.expose()));
        let basic = Zeroizing::new(STANDARD.encode(pair.as_bytes()));
        message.extend_from_slice(b"Proxy-Authorization: Basic ");
        message.extend_from_slice(basic.as_bytes());
        message.extend_from_slice(b"\r\n");
    }
    message.extend_from_slice(b"\r\n");
    message
}

/// Where the head of an answer ends in what has come of it; `None` while it has not all come.
///
/// # Errors
/// When there is no way, the proxy speaks something else, or the head is too long.
pub fn head_end(came: &[u8]) -> Result<Option<usize>, Trouble> {
    let end = memchr::memmem::find(came, b"\r\n\r\n").map(|at| at + 4);
    match end {
        Some(end) => answer(came).map(|()| Some(end)),
        None if came.len() >= LONGEST => Err(Trouble::Garbled),
        // What cannot become HTTP is not waited for.
        None if !b"HTTP/1.".iter().zip(came).all(|(a, b)| a == b) => Err(Trouble::Garbled),
        None => Ok(None),
    }
}

fn answer(head: &[u8]) -> Result<(), Trouble> {
    match status(head).ok_or(Trouble::Garbled)? {
        200..=299 => Ok(()),
        401 | 407 => Err(Trouble::LoginRefused),
        400..=499 => Err(Trouble::Forbidden),
        500..=599 => Err(Trouble::NotThrough),
        _ => Err(Trouble::Garbled),
    }
}

/// The status of `HTTP/1.x NNN …`.
fn status(head: &[u8]) -> Option<u16> {
    let rest = head.strip_prefix(b"HTTP/1.")?.get(1..)?.strip_prefix(b" ")?;
    let digits = rest.get(..3)?;
    let ended = matches!(rest.get(3), Some(b' ' | b'\r'));
    let number = std::str::from_utf8(digits).ok()?.parse().ok()?;
    ended.then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    #[test]
    fn the_request_names_the_target_and_carries_the_login() {
        assert_eq!(
            *request("api.example", 443, None),
            b"CONNECT api.example:443 HTTP/1.1\r\nHost: api.example:443\r\n\r\n"
        );
        let login = ProxyLogin::new(Secret::new("Aladdin"), Secret::new("open sesame")).unwrap();
        let message = request("::1", 80, Some(&login));
        let text = std::str::from_utf8(&message).unwrap();
        assert!(text.starts_with("CONNECT [::1]:80 HTTP/1.1\r\n"), "{text}");
        // The example of RFC 7617 §2.
        assert!(text.contains("\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n"));
    }

    #[test]
    fn an_answer_is_read_to_the_end_of_its_head_and_no_further() {
        for (came, said) in [
            ("", Ok(None)),
            ("HTT", Ok(None)),
            ("HTTP/1.1 200 Connection established\r\nVia: x\r\n", Ok(None)),
            ("HTTP/1.0 200 ok\r\n\r\n", Ok(Some(19))),
            ("HTTP/1.1 200\r\n\r\nwhat the target says", Ok(Some(16))),
            ("HTTP/1.1 407 Who are you\r\n\r\n", Err(Trouble::LoginRefused)),
            ("HTTP/1.1 403 Filtered\r\n\r\n", Err(Trouble::Forbidden)),
            ("HTTP/1.1 404 Odd\r\n\r\n", Err(Trouble::Forbidden)),
            ("HTTP/1.1 500 Unable to connect\r\n\r\n", Err(Trouble::NotThrough)),
            (
                "HTTP/1.1 503 Service Unavailable\r\n\r\n",
                Err(Trouble::NotThrough),
            ),
            ("HTTP/1.1 302 Found\r\n\r\n", Err(Trouble::Garbled)),
            ("HTTP/1.1 2000 Odd\r\n\r\n", Err(Trouble::Garbled)),
            ("HTTP/2 200\r\n\r\n", Err(Trouble::Garbled)),
            ("\x05\x01", Err(Trouble::Garbled)),
            ("SSH-2.0-OpenSSH_9", Err(Trouble::Garbled)),
        ] {
            assert_eq!(head_end(came.as_bytes()), said, "{came:?}");
        }
        let endless = format!("HTTP/1.1 200 {}", "x".repeat(LONGEST));
        assert_eq!(head_end(endless.as_bytes()), Err(Trouble::Garbled));
    }
}
