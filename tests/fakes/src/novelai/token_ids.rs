//! Stand-ins for tokenizers: a token is a word with the blank before it.
//!
//! Invariant: the same word always has the same number, and numbers fit the width that a model packs them in.

use base64::{Engine, engine::general_purpose::STANDARD};

const WORDS: [&str; 8] = [
    " Everyone",
    " brings",
    " a",
    " dish",
    " and",
    " nobody",
    " goes",
    " hungry.",
];

/// The first so many tokens of what every text of this fake says, again and again.
pub(crate) fn written(count: usize) -> Vec<&'static str> {
    WORDS.into_iter().cycle().take(count).collect()
}

/// The tokens' numbers in a text.
pub(crate) fn ids(text: &str) -> Vec<u16> {
    text.split_inclusive(char::is_whitespace).map(id).collect()
}

pub(crate) fn id(token: &str) -> u16 {
    (crc32fast::hash(token.trim().as_bytes()) & 0x7fff) as u16
}

/// Numbers as text models send them: little-endian, in base64.
pub(crate) fn packed(tokens: &[&str], width: Width) -> String {
    let bytes: Vec<u8> = tokens
        .iter()
        .flat_map(|token| {
            let low = id(token).to_le_bytes().to_vec();
            match width {
                Width::Two => low,
                Width::Four => [low, vec![0, 0]].concat(),
            }
        })
        .collect();
    STANDARD.encode(bytes)
}

/// Bytes per token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Width {
    Two,
    Four,
}
