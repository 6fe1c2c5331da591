//! Requests that are malformed, cut short or not HTTP at all. The relay says so or closes the connection.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::tally::Ended;

/// What the relay itself must refuse. Each ends the sending side after what it says; `KEY` and `LONG` are filled in.
const REFUSED: [&str; 8] = [
    "not HTTP at all\r\n\r\n",
    "POST /v1/chat/completions HTTP/1.1\r\n\r\n",
    "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer KEY\r\nContent-Length: 99\r\n\r\n{\"model\"",
    "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer KEY\r\nContent-Length: -1\r\n\r\n",
    "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer KEY\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer KEY\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "GET /v1/novelai/ai/../../admin HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer KEY\r\n\r\n",
    "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: LONG\r\n\r\n",
];
/// What only the upstream can refuse, with whatever fault it has just then.
const FORWARDED: [&str; 2] = [
    "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer KEY\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{\"model\":",
    "POST /v1/novelai/ai/generate-image HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer KEY\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}",
];
/// Longer than the relay lets a request's head be.
const LONG: usize = 80 << 10;

/// Sends one of them on a connection of its own.
pub(super) async fn send(address: SocketAddr, key: &str, chance: u64) -> Result<Ended> {
    let which = usize::try_from(chance).unwrap_or_default() % (REFUSED.len() + FORWARDED.len());
    let forwarded = which
        .checked_sub(REFUSED.len())
        .and_then(|which| FORWARDED.get(which));
    let text = forwarded.or(REFUSED.get(which)).copied().unwrap_or_default();
    let request = text.replace("KEY", key).replace("LONG", &"x".repeat(LONG));
    let mut stream = TcpStream::connect(address).await.context("connecting")?;
    // The relay may have answered and closed before all of it was sent.
    let _ = stream.write_all(request.as_bytes()).await;
    let _ = stream.shutdown().await;
    let mut answer = Vec::new();
    // A reset after the answer is how a connection with unread bytes ends.
    let _ = stream.read_to_end(&mut answer).await;
    judged(&answer, forwarded.is_some()).with_context(|| format!("to {text:?}"))
}

fn judged(answer: &[u8], forwarded: bool) -> Result<Ended> {
    if answer.is_empty() {
        return Ok(Ended::Closed);
    }
    let text = String::from_utf8_lossy(answer);
    let Some(status) = text.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)) else {
        bail!("answered with {text:?}");
    };
    let status: u16 = status.parse().context("a status")?;
    let trouble = forwarded && matches!(status, 500 | 502 | 503 | 504);
    ensure!((400..500).contains(&status) || trouble, "answered with {text:?}");
    ensure!(
        text.contains("\r\n\r\n"),
        "an answer without the end of its head: {text:?}"
    );
    Ok(Ended::Status(status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_or_a_closed_connection_is_right_and_all_else_is_not() {
        let end = |answer: &[u8]| judged(answer, false).ok();
        assert_eq!(end(b""), Some(Ended::Closed));
        assert_eq!(end(b"HTTP/1.1 400 Bad Request\r\n\r\n"), Some(Ended::Status(400)));
        assert_eq!(end(b"HTTP/1.1 200 OK\r\n\r\n"), None);
        assert_eq!(end(b"HTTP/1.1 502 Bad Gateway\r\n\r\n"), None);
        assert_eq!(end(b"HTTP/1.1 400 Bad"), None);
        assert_eq!(end(b"nonsense"), None);
        let upstream = judged(b"HTTP/1.1 502 Bad Gateway\r\n\r\n", true);
        assert_eq!(upstream.ok(), Some(Ended::Status(502)));
    }
}
