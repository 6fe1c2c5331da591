//! Ready-made answers of the failures that upstreams are known for.

use bytes::Bytes;
use serde_json::{Value, json};

use super::Fault;

impl Fault {
    /// A JSON answer.
    pub fn json(code: u16, body: &Value) -> Fault {
        Fault::canned(code, "application/json", body.to_string())
    }

    /// A plain text answer.
    pub fn text(code: u16, body: &str) -> Fault {
        Fault::canned(code, "text/plain; charset=utf-8", body.to_owned())
    }

    /// The same answer with one more header. Faults that are no canned answer stay as they are.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Fault {
        if let Fault::Status { headers, .. } = &mut self {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// NovelAI's answer to a bad, overwritten or expired token.
    pub fn unauthorized() -> Fault {
        Fault::novelai(401, "Unauthorized")
    }

    /// NovelAI's answer while the account makes another image.
    pub fn busy() -> Fault {
        Fault::novelai(429, "Concurrent generation is locked")
    }

    /// NovelAI's answer of an account without credit.
    pub fn not_enough_anlas() -> Fault {
        Fault::novelai(402, "Not enough Anlas")
    }

    /// An error in NovelAI's envelope.
    pub fn novelai(code: u16, message: &str) -> Fault {
        Fault::json(code, &json!({"statusCode": code, "message": message}))
    }

    /// An error page of the CDN before an upstream: 403 for a blocked client, 429 for a rate limit, 52x for a dead
    /// origin.
    pub fn cloudflare_html(code: u16) -> Fault {
        let title = match code {
            429 => "You are being rate limited",
            403 => "Attention Required! | Cloudflare",
            _ => "Web server is returning an error",
        };
        let page = format!(
            "<!DOCTYPE html>\n<html lang=\"en-US\"><head><title>{title}</title></head>\
             <body><h1>{title}</h1><p>Error {code}</p><p>Cloudflare Ray ID: 8f0000000000abcd</p></body></html>\n"
        );
        Fault::canned(code, "text/html; charset=UTF-8", page)
            .with_header("server", "cloudflare")
            .with_header("cf-ray", "8f0000000000abcd-FRA")
    }

    /// An error in OpenAI's envelope.
    pub fn openai(code: u16, kind: &str, error_code: &str, message: &str) -> Fault {
        let error = json!({"message": message, "type": kind, "param": null, "code": error_code});
        Fault::json(code, &json!({"error": error}))
    }

    fn canned(code: u16, content_type: &str, body: String) -> Fault {
        Fault::Status {
            code,
            content_type: content_type.to_owned(),
            body: Bytes::from(body),
            headers: Vec::new(),
        }
    }
}
