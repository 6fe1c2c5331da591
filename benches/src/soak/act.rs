//! The kinds of requests, and what each one's answer must be. Faults are scripted at the upstreams, so their
//! refusals are fine; an answer that is not what it says it is, is not.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::Response;
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::http::response::Parts;
use rand::{Rng, RngExt};
use serde_json::{Value, json};

use super::broken;
use super::client::whole;
use super::socket;
use super::stage::Site;
use super::tally::Ended;

/// Longest wait for anything; only a relay that hangs meets it.
const PATIENCE: Duration = Duration::from_secs(60);
/// A client that leaves before its answer does so within this time, in milliseconds.
const LEAVES_WITHIN_MS: u64 = 40;
/// Longest body that is echoed, in bytes.
const LONGEST: usize = 256 << 10;

/// One kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Chat,
    ChatStream,
    Image,
    ImageStream,
    Echo,
    Socket,
    LeavesStream,
    LeavesImage,
    Broken,
    Stranger,
}

/// Each with its share in a hundred.
const SHARES: [(Act, u32); 10] = [
    (Act::Chat, 34),
    (Act::ChatStream, 20),
    (Act::Image, 8),
    (Act::ImageStream, 6),
    (Act::Echo, 10),
    (Act::Socket, 4),
    (Act::LeavesStream, 6),
    (Act::LeavesImage, 4),
    (Act::Broken, 7),
    (Act::Stranger, 1),
];

impl Act {
    /// One by chance, by its share.
    pub(super) fn draw(rng: &mut impl Rng) -> Self {
        let mut left: u32 = rng.random_range(0..SHARES.iter().map(|(_, share)| share).sum());
        for (act, share) in SHARES {
            match left.checked_sub(share) {
                Some(rest) => left = rest,
                None => return act,
            }
        }
        Self::Chat
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::ChatStream => "chat stream",
            Self::Image => "image",
            Self::ImageStream => "image stream",
            Self::Echo => "echo",
            Self::Socket => "WebSocket",
            Self::LeavesStream => "leaves a stream",
            Self::LeavesImage => "leaves an image",
            Self::Broken => "broken request",
            Self::Stranger => "unknown key",
        }
    }

    /// Does it. `chance` makes one differ from the next.
    pub(super) async fn run(self, site: &Site, chance: u64) -> Result<Ended> {
        let done = tokio::time::timeout(PATIENCE, self.once(site, chance)).await;
        done.with_context(|| format!("no end within {PATIENCE:?}"))?
    }

    async fn once(self, site: &Site, chance: u64) -> Result<Ended> {
        match self {
            Self::Chat => chat(site, &site.key).await,
            Self::ChatStream => chat_stream(site).await,
            Self::Image => image(site).await,
            Self::ImageStream => image_stream(site).await,
            Self::Echo => echo(site, chance).await,
            Self::Socket => socket::echo(site).await,
            Self::LeavesStream => leaves_stream(site).await,
            Self::LeavesImage => leaves_image(site, chance).await,
            Self::Broken => broken::send(site.client.address, &site.key, chance).await,
            Self::Stranger => stranger(site).await,
        }
    }
}

fn chat_request(stream: bool) -> Value {
    json!({"model": "gpt-5-mini", "stream": stream, "messages": [{"role": "user", "content": "bring a dish, or two"}]})
}

pub(crate) fn image_request(stream: bool) -> Value {
    let caption = |text: &str| json!({"caption": {"base_caption": text, "char_captions": []}});
    let mut parameters = json!({
        "width": 832, "height": 1216, "steps": 23, "n_samples": 1, "seed": 7,
        "v4_prompt": caption("a potluck dinner"), "v4_negative_prompt": caption("blurry"),
    });
    if let (true, Some(parameters)) = (stream, parameters.as_object_mut()) {
        parameters.insert("stream".to_owned(), json!("sse"));
    }
    json!({"input": "a potluck dinner", "model": "nai-diffusion-4-5-full", "action": "generate", "parameters": parameters})
}

async fn chat_answer(site: &Site, key: &str, stream: bool) -> Result<Response<Incoming>> {
    site.client
        .post("/v1/chat/completions", key, &chat_request(stream))
        .await
}

async fn image_answer(site: &Site, stream: bool) -> Result<Response<Incoming>> {
    let path = if stream {
        "generate-image-stream"
    } else {
        "generate-image"
    };
    site.client
        .post(
            &format!("/v1/novelai/ai/{path}"),
            &site.key,
            &image_request(stream),
        )
        .await
}

/// A chat completion with any key; also how a changed key is tried.
pub(super) async fn chat(site: &Site, key: &str) -> Result<Ended> {
    let (head, body) = whole(chat_answer(site, key, false).await?).await?;
    if head.status == 200 {
        let json: Value = serde_json::from_slice(&body).context("a completion that is no JSON")?;
        ensure!(
            json.pointer("/choices/0/message/content").is_some(),
            "a completion without content: {json}"
        );
    }
    told(&head, &body)
}

async fn chat_stream(site: &Site) -> Result<Ended> {
    let (head, body) = whole(chat_answer(site, &site.key, true).await?).await?;
    match head.status.as_u16() {
        200 => stream_end(&body, b"data: [DONE]\n\n"),
        _ => told(&head, &body),
    }
}

async fn image(site: &Site) -> Result<Ended> {
    let (head, body) = whole(image_answer(site, false).await?).await?;
    if head.status == 200 {
        let end = body.len().saturating_sub(22);
        ensure!(body.starts_with(b"PK\x03\x04"), "an image that is no ZIP");
        ensure!(
            body.get(end..).is_some_and(|end| end.starts_with(b"PK\x05\x06")),
            "a ZIP without its end"
        );
    }
    told(&head, &body)
}

async fn image_stream(site: &Site) -> Result<Ended> {
    let (head, body) = whole(image_answer(site, true).await?).await?;
    if head.status != 200 && head.status != 201 {
        return told(&head, &body);
    }
    let text = std::str::from_utf8(&body).context("a stream that is no text")?;
    if text.contains("event: final") && text.ends_with("\n\n") {
        return Ok(Ended::Status(head.status.as_u16()));
    }
    stream_end(&body, b"\n\n\0")
}

/// A stream to its end mark, or to an event that says that it was cut.
fn stream_end(body: &[u8], mark: &[u8]) -> Result<Ended> {
    if body.ends_with(mark) {
        return Ok(Ended::Status(200));
    }
    let text = String::from_utf8_lossy(body);
    let last = text.trim_end().rsplit("\n\n").next().unwrap_or_default();
    ensure!(
        last.starts_with("event: error"),
        "a stream that ends with {last:?}"
    );
    Ok(Ended::Cut)
}

/// A body of any length to a node; a service of the relay's own that has no pool key.
async fn echo(site: &Site, chance: u64) -> Result<Ended> {
    let length = usize::try_from(chance).unwrap_or(LONGEST) % LONGEST;
    let answer = site
        .client
        .send("/api/echo", &site.key, Bytes::from(vec![b'x'; length]))
        .await?;
    let (head, body) = whole(answer).await?;
    if head.status == 200 {
        let json: Value = serde_json::from_slice(&body).context("an echo that is no JSON")?;
        ensure!(
            json.get("body_bytes") == Some(&json!(length)),
            "{length} bytes became {json}"
        );
    }
    told(&head, &body)
}

async fn leaves_stream(site: &Site) -> Result<Ended> {
    let mut answer = chat_answer(site, &site.key, true).await?;
    if answer.status() != 200 {
        let (head, body) = whole(answer).await?;
        return told(&head, &body);
    }
    let first = answer
        .body_mut()
        .frame()
        .await
        .context("a stream without an event")?;
    first.context("a stream that broke off")?;
    Ok(Ended::Left)
}

async fn leaves_image(site: &Site, chance: u64) -> Result<Ended> {
    let patience = Duration::from_millis(chance % LEAVES_WITHIN_MS);
    match tokio::time::timeout(patience, image(site)).await {
        Ok(ended) => ended,
        Err(_left) => Ok(Ended::Left),
    }
}

async fn stranger(site: &Site) -> Result<Ended> {
    let (head, body) = whole(chat_answer(site, "np-nobody-has-this-key", false).await?).await?;
    // 429: the relay slows down an address with many failures.
    ensure!(
        matches!(head.status.as_u16(), 401 | 429),
        "an unknown key was answered with {}",
        head.status
    );
    told(&head, &body)
}

/// A whole answer that is what it says it is, and none that only a broken relay gives.
fn told(head: &Parts, body: &[u8]) -> Result<Ended> {
    let status = head.status.as_u16();
    let json = head
        .headers
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().ends_with(b"json"));
    match status {
        200..=299 => {}
        401 | 429 | 500 | 502 | 503 | 504 if !json => ensure!(!body.is_empty(), "an empty answer ({status})"),
        401 | 429 | 500 | 502 | 503 | 504 => {
            let error: Value = serde_json::from_slice(body)
                .with_context(|| format!("an error ({status}) that is no JSON"))?;
            let message = ["/error/message", "/message", "/title"]
                .iter()
                .find_map(|at| error.pointer(at));
            ensure!(
                message.is_some_and(Value::is_string),
                "an error ({status}) without a message: {error}"
            );
            ensure!(
                !error.to_string().contains("\"internal\""),
                "the relay failed: {error}"
            );
        }
        _ => bail!("answered with {status}: {}", String::from_utf8_lossy(body)),
    }
    Ok(Ended::Status(status))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn every_kind_is_drawn_and_the_shares_are_of_a_hundred() {
        assert_eq!(SHARES.iter().map(|(_, share)| share).sum::<u32>(), 100);
        let mut rng = StdRng::seed_from_u64(1);
        let drawn: Vec<Act> = (0..5000).map(|_| Act::draw(&mut rng)).collect();
        assert!(SHARES.iter().all(|(act, _)| drawn.contains(act)));
    }

    #[test]
    fn a_stream_ends_with_its_mark_or_says_that_it_was_cut() {
        let end = |body: &[u8]| stream_end(body, b"data: [DONE]\n\n").map_err(|error| error.to_string());
        assert_eq!(end(b"data: {}\n\ndata: [DONE]\n\n"), Ok(Ended::Status(200)));
        assert_eq!(end(b"data: {}\n\nevent: error\ndata: {}\n\n"), Ok(Ended::Cut));
        assert!(end(b"data: {}\n\ndata: {\"ch").is_err());
        assert!(end(b"").is_err());
    }
}
