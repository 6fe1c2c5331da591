//! The fake's language model: words are tokens, and answers echo.

use serde_json::{Value, json};

/// The most words of an answer whose length nobody set.
const MOST: usize = 64;

/// All text in a prompt, a message or an input: strings, lists of them, and parts with `text` or `content`.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts: Vec<String> = parts
                .iter()
                .map(text_of)
                .filter(|text| !text.is_empty())
                .collect();
            texts.join(" ")
        }
        Value::Object(part) => part
            .get("text")
            .or_else(|| part.get("content"))
            .map(text_of)
            .unwrap_or_default(),
        // A prompt may be a list of token numbers; each is a word.
        Value::Number(token) => token.to_string(),
        Value::Null | Value::Bool(_) => String::new(),
    }
}

/// The text of the last item of a list, or of the value itself.
pub(super) fn last_text(value: &Value) -> String {
    match value {
        Value::Array(items) => items.last().map(text_of).unwrap_or_default(),
        other => text_of(other),
    }
}

/// Words in a text.
pub(super) fn count(text: &str) -> u64 {
    text.split_whitespace().count() as u64
}

/// An answer, word by word.
pub(super) struct Answer {
    /// The words; each but the first begins with a space.
    pub(super) pieces: Vec<String>,
    /// True if the request's own maximum cut it.
    pub(super) cut: bool,
}

impl Answer {
    pub(super) fn new(model: &str, heard: &str, words: Option<usize>, most: Option<usize>) -> Answer {
        let said = format!("{model} heard: {heard}");
        let said: Vec<&str> = said.split_whitespace().collect();
        let length = words.unwrap_or(said.len().min(MOST));
        let cut = most.is_some_and(|most| most < length);
        let length = most.map_or(length, |most| most.min(length));
        let space = |index: usize| if index == 0 { "" } else { " " };
        let words = said.iter().cycle().take(length);
        let pieces = words
            .enumerate()
            .map(|(index, word)| format!("{}{word}", space(index)))
            .collect();
        Answer { pieces, cut }
    }

    pub(super) fn text(&self) -> String {
        self.pieces.concat()
    }

    pub(super) fn finish_reason(&self) -> &'static str {
        if self.cut { "length" } else { "stop" }
    }
}

/// Counted words of one request.
#[derive(Clone, Copy)]
pub(super) struct Usage {
    pub(super) prompt: u64,
    pub(super) completion: u64,
}

impl Usage {
    pub(super) fn total(self) -> u64 {
        self.prompt + self.completion
    }

    /// As chat and text completions show it.
    pub(super) fn completions(self) -> Value {
        json!({
            "prompt_tokens": self.prompt,
            "completion_tokens": self.completion,
            "total_tokens": self.total(),
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": 0, "audio_tokens": 0,
                "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0,
            },
        })
    }

    /// As responses and images show it.
    pub(super) fn responses(self) -> Value {
        json!({
            "input_tokens": self.prompt,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": self.completion,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": self.total(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_found_in_strings_parts_and_lists() {
        let messages = json!([
            {"role": "system", "content": "be brief"},
            {"role": "user", "content": [{"type": "text", "text": "hi there"}, {"type": "image_url", "image_url": {}}]},
        ]);
        assert_eq!(text_of(&messages), "be brief hi there");
        assert_eq!(last_text(&messages), "hi there");
        assert_eq!(count(&text_of(&json!([[1, 2], [3]]))), 3);
    }

    #[test]
    fn an_answer_echoes_and_the_maximum_cuts_it() {
        let whole = Answer::new("m", "a b", None, None);
        assert_eq!(whole.text(), "m heard: a b");
        assert_eq!(whole.finish_reason(), "stop");
        let cut = Answer::new("m", "a b", None, Some(2));
        assert_eq!(cut.text(), "m heard:");
        assert_eq!(cut.finish_reason(), "length");
        assert_eq!(Answer::new("m", "a", Some(100), None).pieces.len(), 100);
    }
}
