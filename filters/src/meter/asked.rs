//! Which model a request names, for the books alone.
//!
//! What decides anything is read elsewhere, and fails closed ([`crate::reader`]). This is a look: it stops at the
//! model, and does not look through long prompts for it.

use memchr::memmem;

use super::scan::Scan;
use super::usage::shortened;

/// Bytes of a body that are looked at, from its beginning; of a form, from its end too.
const LOOKED: usize = 64 * 1024;
/// Bytes that are looked at before it is asked whether the model was among them; each time twice as many.
const STEP: usize = 128;
/// How the field of a form begins.
const FIELD: &[u8] = b"name=\"model\"\r\n\r\n";

/// The model that a body names, cut at 64 bytes; nothing where a look does not find it.
#[must_use]
pub fn asked_model(content_type: Option<&[u8]>, body: &[u8]) -> Option<Box<str>> {
    let media = content_type?.trim_ascii_start();
    let is = |known: &[u8]| {
        let head = media.get(..known.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(known))
    };
    if is(b"application/json") {
        in_json(body)
    } else if is(b"multipart/form-data") {
        in_form(body)
    } else {
        None
    }
}

fn in_json(body: &[u8]) -> Option<Box<str>> {
    let mut scan = Scan::new(None);
    let mut rest = body.get(..body.len().min(LOOKED))?;
    let mut step = STEP;
    while !rest.is_empty() && !scan.has_model() {
        let (looked, further) = rest.split_at_checked(step).unwrap_or((rest, &[]));
        scan.feed(looked);
        (rest, step) = (further, step * 2);
    }
    scan.finish().model
}

fn in_form(body: &[u8]) -> Option<Box<str>> {
    let head = body.get(..body.len().min(LOOKED))?;
    let tail = body.get(body.len().saturating_sub(LOOKED)..)?;
    [head, tail].into_iter().find_map(|part| {
        let at = memmem::find(part, FIELD)? + FIELD.len();
        let value = part.get(at..)?;
        let value = value.get(..memchr::memchr(b'\r', value)?)?;
        shortened(std::str::from_utf8(value).ok()?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: Option<&[u8]> = Some(b"application/json");

    #[test]
    fn the_model_is_found_before_and_behind_a_prompt() {
        let long = "x".repeat(5_000);
        for body in [
            r#"{"model":"gpt-5","messages":[{"model":"no"}]}"#.to_owned(),
            format!(r#"{{"messages":[{{"content":"{long} \"model\":\"no\""}}],"model":"gpt-5"}}"#),
        ] {
            assert_eq!(
                asked_model(JSON, body.as_bytes()).as_deref(),
                Some("gpt-5"),
                "{body}"
            );
        }
        let form = "--x\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n--x--\r\n";
        let media: Option<&[u8]> = Some(b"multipart/form-data; boundary=x");
        assert_eq!(asked_model(media, form.as_bytes()).as_deref(), Some("whisper-1"));
    }

    #[test]
    fn a_body_without_one_names_none() {
        for body in ["", "{}", r#"{"x":{"model":"m"}}"#, "[", r#"{"model":5}"#] {
            assert_eq!(asked_model(JSON, body.as_bytes()), None, "{body}");
        }
        assert_eq!(asked_model(None, br#"{"model":"m"}"#), None);
    }
}
