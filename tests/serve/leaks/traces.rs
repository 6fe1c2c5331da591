//! The forms in which a secret could be found again: as it is, its last twelve characters, hex, and base64 in both
//! alphabets wherever in a longer text it stands.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// All traces of one secret.
pub(super) struct Traces(Vec<(&'static str, Vec<u8>)>);

impl Traces {
    pub(super) fn of(secret: &str) -> Self {
        let bytes = secret.as_bytes();
        let tail = &bytes[bytes.len() - 12..];
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut traces = vec![
            ("text", bytes.to_vec()),
            ("end", tail.to_vec()),
            ("upper-case hex", hex.to_uppercase().into_bytes()),
            ("hex", hex.into_bytes()),
        ];
        for before in 0..3 {
            traces.push(("base64", base64_behind(before, bytes, &STANDARD_NO_PAD)));
            traces.push(("base64url", base64_behind(before, bytes, &URL_SAFE_NO_PAD)));
        }
        Self(traces)
    }

    #[track_caller]
    pub(super) fn are_not_in(&self, what: &str, bytes: &[u8]) {
        for (form, trace) in &self.0 {
            assert!(!has(bytes, trace), "a secret's {form} is in {what}");
        }
    }
}

/// The characters that depend on the secret alone, where `before` bytes stand before it.
fn base64_behind(before: usize, secret: &[u8], alphabet: &impl base64::Engine) -> Vec<u8> {
    let text = alphabet.encode([&vec![0; before], secret].concat()).into_bytes();
    let (first, last) = ((before * 8).div_ceil(6), (before + secret.len()) * 8 / 6);
    text[first..last].to_vec()
}

fn has(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[test]
fn a_secret_is_found_again_in_each_form() {
    let secret = "vck_~~~??>>secret-0123456789abcdef";
    let traces = Traces::of(secret);
    let found = |bytes: &[u8]| traces.0.iter().any(|(_, trace)| has(bytes, trace));
    assert!(found(b"and 456789abcdef."));
    for before in ["", "B", "Be", "Bearer "] {
        for after in ["", "\n", "\"}"] {
            let text = format!("{before}{secret}{after}");
            let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
            let forms = [text.clone(), hex.clone(), hex.to_uppercase()];
            let encoded = [STANDARD_NO_PAD.encode(&text), URL_SAFE_NO_PAD.encode(&text)];
            assert!(
                forms.iter().chain(&encoded).all(|form| found(form.as_bytes())),
                "{text}"
            );
        }
    }
    assert!(!found(b"vck_~~~??>>secret-0123456789abcde"));
}
