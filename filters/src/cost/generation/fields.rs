//! What of an image request has a price, as it stands in the JSON.
//!
//! Invariant: numbers that must be there are whole and at least 1; what a client may leave out may also be
//! `null`, which every reader takes for left out.

use std::num::NonZeroU32;

use serde::de::{IgnoredAny, MapAccess};

use crate::reader::{Fields, List, Long, Object, Text, Unreadable};

/// The envelope. Sizes beside `parameters` mean nothing, here as upstream.
#[derive(Debug, Default)]
pub(super) struct Request<'a> {
    pub(super) model: Option<Text<'a>>,
    pub(super) action: Option<Text<'a>>,
    pub(super) parameters: Option<Object<Parameters<'a>>>,
}

#[derive(Clone, Copy)]
pub(super) enum RequestKey {
    Model,
    Action,
    Parameters,
}

impl<'de> Fields<'de> for Request<'de> {
    type Key = RequestKey;
    const KEYS: &'static [(&'static str, RequestKey)] = &[
        ("model", RequestKey::Model),
        ("action", RequestKey::Action),
        ("parameters", RequestKey::Parameters),
    ];
    const MISFIT: Unreadable = Unreadable::Value;

    fn take<A: MapAccess<'de>>(&mut self, key: RequestKey, values: &mut A) -> Result<(), A::Error> {
        match key {
            RequestKey::Model => self.model = Some(values.next_value()?),
            RequestKey::Action => self.action = Some(values.next_value()?),
            RequestKey::Parameters => self.parameters = Some(values.next_value()?),
        }
        Ok(())
    }
}

/// An image in the request, or in the service's cache under a key.
#[derive(Debug, Default)]
pub(super) struct Given<'a> {
    data: Option<Long<'a>>,
    cache_key: Option<Long<'a>>,
}

impl Given<'_> {
    pub(super) fn is_given(&self) -> bool {
        let is_text = |text: &Option<Long<'_>>| text.as_ref().is_some_and(|text| !text.0.is_empty());
        is_text(&self.data) || is_text(&self.cache_key)
    }
}

/// `parameters`.
#[derive(Debug, Default)]
pub(super) struct Parameters<'a> {
    pub(super) width: Option<NonZeroU32>,
    pub(super) height: Option<NonZeroU32>,
    pub(super) steps: Option<NonZeroU32>,
    pub(super) samples: Option<NonZeroU32>,
    pub(super) sm: Option<bool>,
    pub(super) sm_dyn: Option<bool>,
    pub(super) upscaled_enhance: Option<bool>,
    upscale: Option<IgnoredAny>,
    pub(super) strength: Option<f64>,
    pub(super) inpaint_strength: Option<f64>,
    pub(super) img2img: Option<Object<Img2Img>>,
    pub(super) image: Given<'a>,
    pub(super) mask: Given<'a>,
    vibe: Option<Long<'a>>,
    vibes: Option<List<Long<'a>>>,
    cached_vibes: Option<List<Object<Cached<'a>>>>,
    characters: Option<List<IgnoredAny>>,
    cached_characters: Option<List<IgnoredAny>>,
}

impl<'a> Parameters<'a> {
    /// Whether a step of upscaling is asked for.
    pub(super) fn upscales(&self) -> bool {
        self.upscale.is_some()
    }

    /// Character references.
    pub(super) fn characters(&self) -> u64 {
        let count = |list: &Option<List<IgnoredAny>>| list.as_ref().map_or(0, |list| list.0.len());
        (count(&self.characters) + count(&self.cached_characters)) as u64
    }

    /// Each vibe's data; nothing for one that is only named by its key in the cache.
    pub(super) fn vibes(&self) -> impl Iterator<Item = Result<Option<&Long<'a>>, Unreadable>> {
        let single = self.vibe.iter().filter(|vibe| !vibe.0.is_empty());
        let plain = self.vibes.iter().flat_map(|list| &list.0);
        let cached = self.cached_vibes.iter().flat_map(|list| &list.0);
        let cached = cached.map(|cached| Ok(cached.fields()?.data.as_ref()));
        single.chain(plain).map(|vibe| Ok(Some(vibe))).chain(cached)
    }
}

#[derive(Clone, Copy)]
pub(super) enum ParameterKey {
    Width,
    Height,
    Steps,
    Samples,
    Sm,
    SmDyn,
    UpscaledEnhance,
    Upscale,
    Strength,
    InpaintStrength,
    Img2Img,
    Image,
    ImageCacheKey,
    Mask,
    MaskCacheKey,
    Vibe,
    Vibes,
    CachedVibes,
    Characters,
    CachedCharacters,
}

impl<'de> Fields<'de> for Parameters<'de> {
    type Key = ParameterKey;
    const KEYS: &'static [(&'static str, ParameterKey)] = &[
        ("width", ParameterKey::Width),
        ("height", ParameterKey::Height),
        ("steps", ParameterKey::Steps),
        ("n_samples", ParameterKey::Samples),
        ("sm", ParameterKey::Sm),
        ("sm_dyn", ParameterKey::SmDyn),
        ("upscaled_enhance", ParameterKey::UpscaledEnhance),
        ("upscale", ParameterKey::Upscale),
        ("strength", ParameterKey::Strength),
        ("inpaintImg2ImgStrength", ParameterKey::InpaintStrength),
        ("img2img", ParameterKey::Img2Img),
        ("image", ParameterKey::Image),
        ("image_cache_secret_key", ParameterKey::ImageCacheKey),
        ("mask", ParameterKey::Mask),
        ("mask_cache_secret_key", ParameterKey::MaskCacheKey),
        ("reference_image", ParameterKey::Vibe),
        ("reference_image_multiple", ParameterKey::Vibes),
        ("reference_image_multiple_cached", ParameterKey::CachedVibes),
        ("director_reference_images", ParameterKey::Characters),
        ("director_reference_images_cached", ParameterKey::CachedCharacters),
    ];
    const MISFIT: Unreadable = Unreadable::Value;

    fn take<A: MapAccess<'de>>(&mut self, key: ParameterKey, values: &mut A) -> Result<(), A::Error> {
        match key {
            ParameterKey::Width => self.width = Some(values.next_value()?),
            ParameterKey::Height => self.height = Some(values.next_value()?),
            ParameterKey::Steps => self.steps = Some(values.next_value()?),
            ParameterKey::Samples => self.samples = Some(values.next_value()?),
            ParameterKey::Sm => self.sm = values.next_value()?,
            ParameterKey::SmDyn => self.sm_dyn = values.next_value()?,
            ParameterKey::UpscaledEnhance => self.upscaled_enhance = values.next_value()?,
            ParameterKey::Upscale => self.upscale = values.next_value()?,
            ParameterKey::Strength => self.strength = values.next_value()?,
            ParameterKey::InpaintStrength => self.inpaint_strength = values.next_value()?,
            ParameterKey::Img2Img => self.img2img = values.next_value()?,
            ParameterKey::Image => self.image.data = values.next_value()?,
            ParameterKey::ImageCacheKey => self.image.cache_key = values.next_value()?,
            ParameterKey::Mask => self.mask.data = values.next_value()?,
            ParameterKey::MaskCacheKey => self.mask.cache_key = values.next_value()?,
            ParameterKey::Vibe => self.vibe = values.next_value()?,
            ParameterKey::Vibes => self.vibes = values.next_value()?,
            ParameterKey::CachedVibes => self.cached_vibes = values.next_value()?,
            ParameterKey::Characters => self.characters = values.next_value()?,
            ParameterKey::CachedCharacters => self.cached_characters = values.next_value()?,
        }
        Ok(())
    }
}

/// `parameters.img2img`, which some clients send beside the strength of an inpainting.
#[derive(Debug, Default)]
pub(super) struct Img2Img {
    pub(super) strength: Option<f64>,
}

#[derive(Clone, Copy)]
pub(super) struct StrengthKey;

impl<'de> Fields<'de> for Img2Img {
    type Key = StrengthKey;
    const KEYS: &'static [(&'static str, StrengthKey)] = &[("strength", StrengthKey)];
    const MISFIT: Unreadable = Unreadable::Value;

    fn take<A: MapAccess<'de>>(&mut self, StrengthKey: StrengthKey, values: &mut A) -> Result<(), A::Error> {
        self.strength = values.next_value()?;
        Ok(())
    }
}

/// A vibe that the client lets the service keep; without `data` it trusts that it was kept.
#[derive(Debug, Default)]
struct Cached<'a> {
    data: Option<Long<'a>>,
}

#[derive(Clone, Copy)]
pub(super) struct DataKey;

impl<'de> Fields<'de> for Cached<'de> {
    type Key = DataKey;
    const KEYS: &'static [(&'static str, DataKey)] = &[("data", DataKey)];
    const MISFIT: Unreadable = Unreadable::Value;

    fn take<A: MapAccess<'de>>(&mut self, DataKey: DataKey, values: &mut A) -> Result<(), A::Error> {
        self.data = values.next_value()?;
        Ok(())
    }
}
