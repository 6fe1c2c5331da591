//! How the fake behaves: how long work takes, how big answers are, which of the open questions about the real
//! service are answered which way.
//!
//! Invariant: one request sees one copy of them, taken when it arrives.

use std::time::Duration;

/// What a test may choose. All may be changed while the fake runs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long an image takes, in all its steps. A stream spreads its events over it.
    pub image_duration: Duration,
    /// How long a text takes, in all its tokens.
    pub text_duration: Duration,
    /// How long upscaling, encoding, a Director tool or a voice takes.
    pub tool_duration: Duration,
    /// Over so many bytes of body the answer is 413.
    pub max_body: usize,
    /// So many more bytes, which do not compress, in each PNG; a real image has about 1.5 MB.
    pub image_filler: usize,
    /// At most so many intermediate events per sample, whatever the request's steps.
    pub max_intermediates: usize,
    /// How many tokens a text has, where the request does not ask for fewer.
    pub text_tokens: usize,
    /// Whether text takes the same lock as images, or one of its own. The real service's way is not known.
    pub text_lock_shared: bool,
    /// Whether upscaling, encoding, Director tools, annotating and voices take the lock. Not known either.
    pub tools_take_lock: bool,
    /// Whether a subscription still has the perks that were dropped in 2026.
    pub legacy_perks: bool,
    /// Whether `/oa/v1/models` lists models; one real account saw none.
    pub lists_text_models: bool,
    /// How long a login session lasts.
    pub session_lifetime: Duration,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            image_duration: Duration::from_millis(20),
            text_duration: Duration::from_millis(10),
            tool_duration: Duration::from_millis(5),
            max_body: 64 << 20,
            image_filler: 0,
            max_intermediates: 50,
            text_tokens: 8,
            text_lock_shared: true,
            tools_take_lock: true,
            legacy_perks: false,
            lists_text_models: true,
            session_lifetime: Duration::from_secs(30 * 24 * 3600),
        }
    }
}
