//! Names of models with stars in them.

use std::sync::Arc;

/// A text in which each `*` stands for any text, an empty one too.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern(Arc<str>);

impl Pattern {
    /// A pattern as it is written.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// Whether a name is one of those that it stands for. Case matters.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        let Some((start, rest)) = self.0.split_once('*') else {
            return *self.0 == *name;
        };
        let Some(mut left) = name.strip_prefix(start) else {
            return false;
        };
        let (middle, end) = rest.rsplit_once('*').map_or((None, rest), |(m, e)| (Some(m), e));
        // Each piece at its first place leaves the most for those behind it.
        for piece in middle.into_iter().flat_map(|middle| middle.split('*')) {
            let Some(at) = left.find(piece) else {
                return false;
            };
            left = left.get(at + piece.len()..).unwrap_or_default();
        }
        left.ends_with(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, name, matches) in [
            ("gpt-5", "gpt-5", true),
            ("gpt-5", "gpt-5-mini", false),
            ("gpt-*", "gpt-", true),
            ("gpt-*", "gpt-5-mini", true),
            ("gpt-*", "GPT-5", false),
            ("*", "", true),
            ("*", "anything/at all", true),
            ("*/gpt-*", "openai/gpt-5", true),
            ("*/gpt-*", "gpt-5", false),
            ("*-mini", "gpt-5-mini", true),
            ("*-mini", "gpt-5-mini-x", false),
            ("a*b*c", "abc", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "acb", false),
            ("a*a", "a", false),
            ("a**b", "ab", true),
            ("", "x", false),
        ] {
            assert_eq!(Pattern::new(pattern).matches(name), matches, "{pattern} {name}");
        }
    }
}
