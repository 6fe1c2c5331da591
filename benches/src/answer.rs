//! Just enough of an HTTP/1.1 answer's head to check it and to know where its body ends.

use anyhow::{Context, Result, bail};

/// What the load needs to know of an answer's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The status code.
    pub status: u16,
    /// Bytes up to and with the empty line.
    pub length: usize,
    /// Bytes of the body.
    pub content_length: usize,
    /// Whether the connection may be used again.
    pub keep_alive: bool,
}

/// Reads the head at the start of `input`; `None` while it is not complete.
///
/// # Errors
/// When it is no HTTP/1.1 answer, or one without `Content-Length`, which no target here sends.
pub fn read_head(input: &[u8]) -> Result<Option<Head>> {
    let Some(end) = input.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let text = std::str::from_utf8(input.get(..end).unwrap_or_default()).context("a head that is no text")?;
    let mut lines = text.split("\r\n");
    let status = status(lines.next().unwrap_or_default())?;
    let (mut content_length, mut keep_alive) = (None, true);
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        if name.eq_ignore_ascii_case("content-length") {
            content_length = value.trim().parse().ok();
        } else if name.eq_ignore_ascii_case("connection") {
            keep_alive = !value.trim().eq_ignore_ascii_case("close");
        }
    }
    let content_length =
        content_length.with_context(|| format!("an answer without Content-Length: {text}"))?;
    Ok(Some(Head {
        status,
        length: end + 4,
        content_length,
        keep_alive,
    }))
}

fn status(line: &str) -> Result<u16> {
    match line
        .strip_prefix("HTTP/1.1 ")
        .and_then(|rest| rest.get(..3))
        .map(str::parse)
    {
        Some(Ok(status)) => Ok(status),
        Some(Err(_)) | None => bail!("not an HTTP/1.1 answer: {line:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_once_it_is_complete() {
        let text = b"HTTP/1.1 200 OK\r\ncontent-length: 12\r\nX: y\r\n\r\nbody";
        assert_eq!(read_head(&text[..40]).unwrap(), None);
        let head = Head {
            status: 200,
            length: text.len() - 4,
            content_length: 12,
            keep_alive: true,
        };
        assert_eq!(read_head(text).unwrap(), Some(head));
    }

    #[test]
    fn a_closing_answer_is_recognised() {
        let text = b"HTTP/1.1 503 Busy\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n";
        let head = read_head(text).unwrap().unwrap();
        assert_eq!((head.status, head.keep_alive), (503, false));
    }

    #[test]
    fn what_the_load_cannot_follow_is_an_error() {
        assert!(read_head(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").is_err());
        assert!(read_head(b"SSH-2.0-x\r\n\r\n").is_err());
    }
}
