//! What kind of thing a request asks for: a closed set, so that books and labels stay small.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! endpoints {
    ($($name:ident $text:literal $doc:literal;)*) => {
        /// What a request asks for.
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
        )]
        #[serde(rename_all = "snake_case")]
        pub enum Endpoint {
            $(#[doc = $doc] $name,)*
            /// Anything else, by a route that passes everything.
            #[default]
            Other,
        }

        impl Endpoint {
            /// All, in the order of their numbers in the books: new ones come last in the list.
            pub const ALL: &'static [Self] = &[Self::Other, $(Self::$name,)*];

            /// The stable text form, in snake case.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                    Self::Other => "other",
                }
            }
        }
    };
}

endpoints! {
    Chat "chat" "OpenAI's chat completions.";
    Completions "completions" "OpenAI's plain completions.";
    Responses "responses" "OpenAI's responses.";
    Embeddings "embeddings" "Embeddings.";
    Images "images" "OpenAI's pictures: generations, edits, variations.";
    Audio "audio" "Speech, transcriptions, translations.";
    Moderations "moderations" "Moderations.";
    Models "models" "The list of models.";
    Files "files" "Files, batches and other objects that an upstream keeps.";
    GenerateImage "generate_image" "NovelAI's pictures, streamed or not.";
    ImageTools "image_tools" "NovelAI's tools on pictures: upscale, annotate, augment, tags, vibes.";
    GenerateText "generate_text" "NovelAI's own text generation.";
    GenerateVoice "generate_voice" "NovelAI's voices.";
    Account "account" "What the relay answers about the pool as a whole.";
}

impl Endpoint {
    /// Reads the text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.as_str() == text)
    }

    /// Its number in the books.
    #[must_use]
    pub fn number(self) -> i64 {
        let place = Self::ALL.iter().position(|one| *one == self);
        place.and_then(|place| i64::try_from(place).ok()).unwrap_or(0)
    }

    /// The endpoint with that number; [`Endpoint::Other`] where there is none.
    #[must_use]
    pub fn numbered(number: i64) -> Self {
        let place = usize::try_from(number).ok();
        place
            .and_then(|place| Self::ALL.get(place).copied())
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_words_lead_back_to_their_endpoints() {
        for one in Endpoint::ALL {
            assert_eq!(Endpoint::numbered(one.number()), *one);
            assert_eq!(Endpoint::parse(one.as_str()), Some(*one));
        }
        assert_eq!(Endpoint::numbered(-1), Endpoint::Other);
        assert_eq!(Endpoint::numbered(1000), Endpoint::Other);
    }

    #[test]
    fn numbers_do_not_change() {
        assert_eq!(Endpoint::Other.number(), 0);
        assert_eq!(Endpoint::Chat.number(), 1);
        assert_eq!(Endpoint::Account.number(), 14);
    }
}
