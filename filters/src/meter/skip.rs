//! Passes over what nobody looks at in a JSON document that comes in pieces: a string, an object or a list.
//!
//! Of an object only braces count, of a list only brackets: whatever stands inside is balanced, or no JSON.

use memchr::{memchr2, memchr3};

/// How many bytes of a string follow, with its closing quote; and, where the piece ends before that, whether it
/// ends behind a backslash.
pub(super) fn string(piece: &[u8], escaped: bool) -> (usize, Option<bool>) {
    let mut at = usize::from(escaped);
    while let Some(found) = piece.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        if piece.get(at + found) == Some(&b'"') {
            return (at + found + 1, None);
        }
        at += found + 2;
    }
    (piece.len(), Some(at > piece.len()))
}

/// On the way through an object or a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Skip {
    is_object: bool,
    /// Open objects in an object, or lists in a list, with itself.
    nested: usize,
    /// Inside a string, and whether behind a backslash there.
    text: Option<bool>,
}

impl Skip {
    /// Behind its opening brace or bracket.
    pub(super) fn into(is_object: bool) -> Self {
        Self {
            is_object,
            nested: 1,
            text: None,
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.nested == 0
    }

    /// Goes on, to its end or the piece's; how many bytes that were.
    pub(super) fn pass(&mut self, piece: &[u8]) -> usize {
        let (open, close) = if self.is_object {
            (b'{', b'}')
        } else {
            (b'[', b']')
        };
        let mut at = 0;
        while let Some(rest) = piece.get(at..).filter(|rest| !rest.is_empty() && self.nested > 0) {
            if let Some(escaped) = self.text {
                let (length, inside) = string(rest, escaped);
                (at, self.text) = (at + length, inside);
                continue;
            }
            let Some(found) = memchr3(b'"', open, close, rest) else {
                return piece.len();
            };
            match rest.get(found) {
                Some(b'"') => self.text = Some(false),
                Some(byte) if *byte == open => self.nested += 1,
                Some(_) | None => self.nested -= 1,
            }
            at += found + 1;
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_ends_at_the_first_quote_that_is_not_escaped() {
        for (piece, escaped, expected) in [
            (r#"a" b"#, false, (2, None)),
            (r#"\"" b"#, false, (3, None)),
            (r#""" b"#, true, (2, None)),
            (r#"\\" b"#, false, (3, None)),
            (r"abc", false, (3, Some(false))),
            (r"abc\", false, (4, Some(true))),
            (r"\\", false, (2, Some(false))),
            (r"\", true, (1, Some(false))),
        ] {
            assert_eq!(string(piece.as_bytes(), escaped), expected, "{piece} {escaped}");
        }
    }

    #[test]
    fn an_object_ends_at_its_own_brace_wherever_it_is_cut() {
        let text = r#""a":{"b":"}\"}"},"c":[{}]} and more"#.as_bytes();
        let end = text.len() - " and more".len();
        for cut in 0..=end {
            let (head, tail) = text.split_at(cut);
            let mut skip = Skip::into(true);
            let first = skip.pass(head);
            assert_eq!((first, skip.is_over()), (cut, cut == end));
            assert_eq!(skip.pass(tail), end - cut);
            assert!(skip.is_over());
        }
    }
}
