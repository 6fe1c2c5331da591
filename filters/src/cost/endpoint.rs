//! How each of NovelAI's paths is priced. A path that is not here has no price, and so no request to it passes.

/// A way of pricing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// Images, streamed or not.
    Generation,
    /// Director tools.
    Director,
    Upscale,
    EncodeVibe,
    /// Masks for ControlNet.
    Annotate,
    /// Costs no Anlas, whoever asks.
    Free,
}

pub(super) const ENDPOINTS: [(&str, Endpoint); 14] = [
    ("/ai/generate-image", Endpoint::Generation),
    ("/ai/generate-image-stream", Endpoint::Generation),
    ("/ai/augment-image", Endpoint::Director),
    ("/ai/upscale", Endpoint::Upscale),
    ("/ai/encode-vibe", Endpoint::EncodeVibe),
    ("/ai/annotate-image", Endpoint::Annotate),
    ("/ai/generate-image/suggest-tags", Endpoint::Free),
    ("/ai/generate-voice", Endpoint::Free),
    ("/ai/generate", Endpoint::Free),
    ("/ai/generate-stream", Endpoint::Free),
    ("/oa/v1/chat/completions", Endpoint::Free),
    ("/oa/v1/completions", Endpoint::Free),
    ("/oa/v1/internal/token-count", Endpoint::Free),
    ("/oa/v1/models", Endpoint::Free),
];

impl Endpoint {
    /// By its path, whole or without `/ai`.
    pub(super) fn of(path: &str) -> Option<Self> {
        let is = |known: &str| known == path || known.strip_prefix("/ai") == Some(path);
        let found = ENDPOINTS.iter().find(|(known, _)| is(known));
        found.map(|(_, endpoint)| *endpoint)
    }
}
