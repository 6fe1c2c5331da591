//! The one request and the one answer of the measurement: 1 KiB of JSON each way.

use std::net::SocketAddr;

/// Bytes of the request's body and of the answer's.
pub const LENGTH: usize = 1024;

/// A request that differs from the next only in its client key.
#[derive(Clone, Debug)]
pub struct Request {
    before_key: Vec<u8>,
    after_key: Vec<u8>,
}

impl Request {
    /// A chat completion for whatever listens on `address`.
    #[must_use]
    pub fn chat(address: SocketAddr) -> Self {
        let before_key = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nHost: {address}\r\nUser-Agent: bench-load\r\nAccept: */*\r\n\
             Content-Type: application/json\r\nContent-Length: {LENGTH}\r\nAuthorization: Bearer "
        );
        let after_key = format!("\r\n\r\n{}", question());
        Self {
            before_key: before_key.into_bytes(),
            after_key: after_key.into_bytes(),
        }
    }

    /// Writes the request with `key` as its bearer credential over what `out` held.
    pub fn write(&self, key: &str, out: &mut Vec<u8>) {
        out.clear();
        out.extend_from_slice(&self.before_key);
        out.extend_from_slice(key.as_bytes());
        out.extend_from_slice(&self.after_key);
    }
}

/// The body that is sent.
#[must_use]
pub fn question() -> String {
    filled(
        r#"{"model":"bench-model","max_tokens":16,"messages":[{"role":"user","content":""#,
        r#""}]}"#,
    )
}

/// The body that the upstream answers with; it carries `usage`, so that a relay has it to meter.
#[must_use]
pub fn completion() -> String {
    filled(
        r#"{"id":"chatcmpl-bench","object":"chat.completion","created":1700000000,"model":"bench-model","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":""#,
        r#""}}],"usage":{"prompt_tokens":200,"completion_tokens":16,"total_tokens":216}}"#,
    )
}

fn filled(before: &str, after: &str) -> String {
    let text = "a quiet table is soon laid ".repeat(LENGTH / 20);
    let room = LENGTH.saturating_sub(before.len() + after.len());
    format!("{before}{}{after}", text.get(..room).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_bodies_are_json_of_the_stated_length() {
        for body in [question(), completion()] {
            assert_eq!(body.len(), LENGTH);
            assert!(
                serde_json::from_str::<serde_json::Value>(&body)
                    .unwrap()
                    .is_object()
            );
        }
    }

    #[test]
    fn a_request_carries_its_key_and_nothing_of_the_last_one() {
        let request = Request::chat(SocketAddr::from(([127, 0, 0, 1], 9)));
        let mut out = Vec::new();
        request.write("np-first", &mut out);
        request.write("np-b", &mut out);
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("\r\nAuthorization: Bearer np-b\r\n\r\n{"));
        assert!(!text.contains("first"));
    }
}
