//! The price of what is done to a picture that is there: Director tools, upscaling, encoding a vibe, masks.
//!
//! Invariant: a picture whose size cannot be read is priced as the largest.

use std::num::NonZeroU32;

use serde::de::MapAccess;

use super::formula::{self, FREE_PIXELS, MOST_PIXELS};
use super::{Asked, Price, picture};
use crate::reader::{Envelope, Fields, Long, ModelName, Object, Text, Unreadable, object};

/// The tools that Opus has free on small pictures. Any other word is taken for the dearest tool.
const FREE_TOOLS: [&str; 6] = [
    "lineart",
    "sketch",
    "colorize",
    "emotion",
    "declutter",
    "declutter-keep-bubbles",
];

/// `/ai/augment-image`. The area is what the body says or what the picture has, whichever is larger.
///
/// # Errors
/// See [`Unreadable`]
pub(super) fn director(envelope: &Envelope<'_>) -> Result<Asked, Unreadable> {
    let request: Tool<'_> = object(envelope.request())?;
    let said = match (request.width, request.height) {
        (Some(width), Some(height)) => u64::from(width.get()).saturating_mul(u64::from(height.get())),
        (Some(_) | None, None) | (None, Some(_)) => MOST_PIXELS,
    };
    let area = said.max(pixels(request.image.as_ref(), envelope)?.unwrap_or(MOST_PIXELS));
    let has_free = request
        .tool
        .as_ref()
        .is_some_and(|tool| FREE_TOOLS.contains(&&*tool.0));
    let price = if has_free {
        let full = formula::tool(area);
        Price {
            full,
            on_opus: if area <= FREE_PIXELS { 0 } else { full },
            v5: false,
        }
    } else {
        Price::same(formula::background_removal(area))
    };
    Ok(asked(request.model, price, 1))
}

/// `/ai/upscale`.
///
/// # Errors
/// See [`Unreadable`]
pub(super) fn upscale(envelope: &Envelope<'_>) -> Result<Asked, Unreadable> {
    let request: Tool<'_> = object(envelope.request())?;
    let pixels = pixels(request.image.as_ref(), envelope)?;
    Ok(asked(request.model, Price::same(formula::upscale(pixels)), 1))
}

/// `/ai/encode-vibe`, whatever the picture.
///
/// # Errors
/// See [`Unreadable`]
pub(super) fn encode_vibe(envelope: &Envelope<'_>) -> Result<Asked, Unreadable> {
    let request: Tool<'_> = object(envelope.request())?;
    Ok(asked(request.model, Price::same(formula::VIBE), 0))
}

/// `/ai/annotate-image`: as a Director tool on a picture of that size, since no price is known.
///
/// # Errors
/// See [`Unreadable`]
pub(super) fn annotate(envelope: &Envelope<'_>) -> Result<Asked, Unreadable> {
    let request: Tool<'_> = object(envelope.request())?;
    let inner = request.parameters.unwrap_or_default().verdict()?;
    let area = pixels(inner.image.as_ref(), envelope)?.unwrap_or(MOST_PIXELS);
    Ok(asked(request.model, Price::same(formula::tool(area)), 1))
}

fn asked(model: Option<Text<'_>>, price: Price, pictures: u32) -> Asked {
    Asked {
        model: model.map(ModelName::from),
        price,
        pictures,
    }
}

fn pixels(image: Option<&Long<'_>>, envelope: &Envelope<'_>) -> Result<Option<u64>, Unreadable> {
    let image = image.map(|image| envelope.image(&image.0)).transpose()?;
    Ok(image.and_then(picture::pixels))
}

/// What of such a request has a price, or would have on another path.
#[derive(Debug, Default)]
struct Tool<'a> {
    model: Option<Text<'a>>,
    tool: Option<Text<'a>>,
    width: Option<NonZeroU32>,
    height: Option<NonZeroU32>,
    image: Option<Long<'a>>,
    parameters: Option<Object<Inner<'a>>>,
}

#[derive(Clone, Copy)]
enum ToolKey {
    Model,
    Tool,
    Width,
    Height,
    Image,
    Parameters,
}

impl<'de> Fields<'de> for Tool<'de> {
    type Key = ToolKey;
    const KEYS: &'static [(&'static str, ToolKey)] = &[
        ("model", ToolKey::Model),
        ("req_type", ToolKey::Tool),
        ("width", ToolKey::Width),
        ("height", ToolKey::Height),
        ("image", ToolKey::Image),
        ("parameters", ToolKey::Parameters),
    ];
    const MISFIT: Unreadable = Unreadable::Value;

    fn take<A: MapAccess<'de>>(&mut self, key: ToolKey, values: &mut A) -> Result<(), A::Error> {
        match key {
            ToolKey::Model => self.model = Some(values.next_value()?),
            ToolKey::Tool => self.tool = Some(values.next_value()?),
            ToolKey::Width => self.width = Some(values.next_value()?),
            ToolKey::Height => self.height = Some(values.next_value()?),
            ToolKey::Image => self.image = Some(values.next_value()?),
            ToolKey::Parameters => self.parameters = Some(values.next_value()?),
        }
        Ok(())
    }
}

/// `parameters` of a request for a mask.
#[derive(Debug, Default)]
struct Inner<'a> {
    image: Option<Long<'a>>,
}

#[derive(Clone, Copy)]
struct ImageKey;

impl<'de> Fields<'de> for Inner<'de> {
    type Key = ImageKey;
    const KEYS: &'static [(&'static str, ImageKey)] = &[("image", ImageKey)];
    const MISFIT: Unreadable = Unreadable::Value;

    fn take<A: MapAccess<'de>>(&mut self, ImageKey: ImageKey, values: &mut A) -> Result<(), A::Error> {
        self.image = Some(values.next_value()?);
        Ok(())
    }
}
