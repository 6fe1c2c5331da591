//! Every error answer of NovelAI and of the Cloudflare before it, word for word where the words are known.
//!
//! Invariant: each is complete as `(status, content type, body)`, so a scripted fault is no different from what a
//! handler answers. JSON ones have the shape `{"statusCode", "message", "details"?}`.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use serde_json::{Value, json};

/// Status, content type and body.
pub type Parts = (u16, &'static str, Bytes);

/// An error answer on its way out of a handler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused(pub Parts);

impl From<Parts> for Refused {
    fn from(parts: Parts) -> Refused {
        Refused(parts)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, content_type, body) = self.0;
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, [(header::CONTENT_TYPE, content_type)], body).into_response()
    }
}

const JSON: &str = "application/json; charset=utf-8";
const HTML: &str = "text/html; charset=UTF-8";
const NGINX_HTML: &str = "text/html";

/// Any error in NovelAI's own shape.
pub fn error(status: u16, message: &str) -> Parts {
    shaped(status, &json!({ "statusCode": status, "message": message }))
}

fn shaped(status: u16, body: &Value) -> Parts {
    (status, JSON, Bytes::from(body.to_string()))
}

// 400: the client's own fault.

/// A field has a value that is not allowed.
pub fn validation(detail: &str) -> Parts {
    error(400, &format!("Validation error: {detail}"))
}

/// The body cannot be read.
pub fn decoding(detail: &str) -> Parts {
    error(400, &format!("Error decoding request: {detail}"))
}

/// The body can be read and makes no sense.
pub fn verifying(detail: &str) -> Parts {
    error(400, &format!("Error verifying request: {detail}"))
}

pub fn model_missing(model: &str) -> Parts {
    validation(&format!("model {model} doesn't exist"))
}

/// What suggest-tags says of an unknown model.
pub fn model_not_found() -> Parts {
    error(400, "Model not found")
}

pub fn no_infill(model: &str) -> Parts {
    validation(&format!("model {model} doesn't support action infill"))
}

/// In a multipart body, an image field names a part that is not there; a long name is cut, as NovelAI does.
pub fn unknown_form_part(name: &str) -> Parts {
    let cut: String = name.chars().take(16).collect();
    let dots = if cut.len() < name.len() { "…" } else { "" };
    decoding(&format!(
        "image field references unknown form part \"{cut}{dots}\""
    ))
}

/// Cached images that this account's cache does not have; the client is to send them again with their data.
pub fn invalid_cache_keys(keys: &[String]) -> Parts {
    shaped(
        400,
        &json!({ "statusCode": 400, "message": "INVALID_CACHE_KEYS", "details": { "invalidKeys": keys } }),
    )
}

pub fn no_upscaling(model: &str) -> Parts {
    error(
        400,
        &format!("model {model} doesn't support standalone upscaling"),
    )
}

pub fn too_large_to_upscale(pixels: u32) -> Parts {
    error(
        400,
        &format!("image is too large to upscale: {pixels} pixels, maximum is 3145728"),
    )
}

/// Character references on V5, which has none: an inner service is not found.
pub fn director_references() -> Parts {
    error(
        400,
        "Error encoding v4 director references: dial tcp: lookup director-encoder: no such host",
    )
}

/// `api.novelai.net/user/*` with a persistent token.
pub fn update_to_image_url() -> Parts {
    error(
        400,
        "Please refresh NovelAI.net. If using a third-party tool, update to the image URL.",
    )
}

// 401 to 404: who asks, and where.

pub fn unauthorized() -> Parts {
    error(401, "Unauthorized")
}

/// The path wants a login session. The token itself is good.
pub fn persistent_token_refused() -> Parts {
    error(
        401,
        "Usage of persistent access tokens is not allowed for this endpoint",
    )
}

pub fn not_enough_anlas() -> Parts {
    error(402, "Not enough Anlas")
}

pub fn subscription_required() -> Parts {
    error(402, "An active subscription is required to access this endpoint.")
}

pub fn forbidden() -> Parts {
    error(403, "Forbidden")
}

pub fn tier_forbidden() -> Parts {
    error(403, "Model not allowed for user tier")
}

/// A chat model asked for at the older text paths.
pub fn only_openai_compatible(model: &str) -> Parts {
    error(
        403,
        &format!("{model} is only available via OpenAI-compatible API"),
    )
}

pub fn not_found() -> Parts {
    error(404, "Not Found")
}

/// Image generation on `api.novelai.net`, which has moved away.
pub fn image_generation_moved() -> Parts {
    error(
        404,
        "On 2024-02-21, we announced the deprecation of api.novelai.net for image generation. \
         Please use image.novelai.net/ai/generate-image.",
    )
}

// 409 and 429: not now.

pub fn conflict(message: &str) -> Parts {
    error(409, message)
}

/// The account is at work on another generation.
pub fn concurrent_locked() -> Parts {
    error(429, "Concurrent generation is locked")
}

/// The same without `statusCode`, as one capture has it.
pub fn concurrent_locked_bare() -> Parts {
    shaped(429, &json!({ "message": "Concurrent generation is locked" }))
}

/// How it was said in 2024.
pub fn concurrent_free_locked() -> Parts {
    error(429, "Concurrent free generation requests are not allowed")
}

pub fn rate_limited() -> Parts {
    error(429, "Rate limited. API clients should not attempt to retry.")
}

// 5xx: theirs, or a body that their service cannot stomach.

pub fn internal() -> Parts {
    error(500, "Internal Server Error")
}

pub fn bad_gateway() -> Parts {
    error(502, "Bad Gateway")
}

pub fn gateway_timeout() -> Parts {
    error(504, "Gateway Timeout")
}

// Not NovelAI at all: what stands before it.

/// The firewall's page for a user agent that it takes for a bot.
pub fn cloudflare_forbidden() -> Parts {
    cloudflare(
        403,
        "Attention Required! | Cloudflare",
        "Sorry, you have been blocked",
    )
}

/// The rate limiter's page.
pub fn cloudflare_rate_limited() -> Parts {
    cloudflare(
        429,
        "Access denied | novelai.net used Cloudflare to restrict access",
        "You are being rate limited",
    )
}

/// The origin answered with something that is not HTTP.
pub fn cloudflare_unknown_error() -> Parts {
    cloudflare(
        520,
        "novelai.net | 520: Web server is returning an unknown error",
        "Error 520",
    )
}

/// The origin did not take the connection.
pub fn cloudflare_timed_out() -> Parts {
    cloudflare(522, "novelai.net | 522: Connection timed out", "Error 522")
}

fn cloudflare(status: u16, title: &str, heading: &str) -> Parts {
    let page = format!(
        "<!DOCTYPE html>\n<html lang=\"en-US\">\n<head><title>{title}</title></head>\n<body>\n<h1>{heading}</h1>\n\
         <p>Cloudflare Ray ID: <strong>8f00c0ffee00f00d</strong></p>\n</body>\n</html>\n"
    );
    (status, HTML, Bytes::from(page))
}

/// The web server's page for a body over its limit.
pub fn body_too_large() -> Parts {
    let page = "<html>\r\n<head><title>413 Request Entity Too Large</title></head>\r\n<body>\r\n\
                <center><h1>413 Request Entity Too Large</h1></center>\r\n<hr><center>nginx</center>\r\n\
                </body>\r\n</html>\r\n";
    (413, NGINX_HTML, Bytes::from_static(page.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed((status, content_type, body): Parts) -> (u16, Value) {
        assert!(content_type.starts_with("application/json"));
        (status, serde_json::from_slice(&body).unwrap())
    }

    #[test]
    fn an_error_carries_its_status_twice() {
        assert_eq!(
            parsed(concurrent_locked()),
            (
                429,
                json!({ "statusCode": 429, "message": "Concurrent generation is locked" })
            )
        );
    }

    #[test]
    fn invalid_cache_keys_are_listed_in_the_details() {
        let (status, body) = parsed(invalid_cache_keys(&["ab12".to_owned()]));
        assert_eq!((status, &body["details"]["invalidKeys"]), (400, &json!(["ab12"])));
    }

    #[test]
    fn a_long_part_name_is_cut_and_a_short_one_is_not() {
        let message = |name| {
            parsed(unknown_form_part(name)).1["message"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        assert!(message("iVBORw0KGgoAAAANSUhEUgAA").ends_with("unknown form part \"iVBORw0KGgoAAAAN…\""));
        assert!(message("mask").ends_with("unknown form part \"mask\""));
    }

    #[test]
    fn what_stands_before_novelai_speaks_html() {
        for (status, (code, content_type, body)) in [
            (403, cloudflare_forbidden()),
            (429, cloudflare_rate_limited()),
            (522, cloudflare_timed_out()),
        ] {
            assert_eq!(code, status);
            assert!(content_type.starts_with("text/html"));
            assert!(String::from_utf8_lossy(&body).contains("Cloudflare Ray ID"));
        }
    }
}
