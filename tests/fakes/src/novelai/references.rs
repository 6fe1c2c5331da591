//! The images that a request refers to: in it, in a part of its form, or in the account's cache.
//!
//! Invariant: every reference is found before anything is cached, charged or locked.

use bytes::Bytes;
use serde::Deserialize;

use super::{
    Holder,
    envelope::Envelope,
    errors::{self, Refused},
    image_request::Parameters,
    png,
};

/// An image that the client lets the service keep; without `data` it trusts that it was kept.
#[derive(Debug, Deserialize)]
pub(crate) struct Cached {
    cache_secret_key: String,
    data: Option<String>,
}

/// What of them matters for the price and for the checks.
#[derive(Debug, Default)]
pub(crate) struct References {
    pub(crate) image: bool,
    pub(crate) mask: bool,
    pub(crate) vibes: u32,
    /// A vibe is a plain picture instead of an encoding.
    pub(crate) has_raw_vibe: bool,
    pub(crate) characters: u32,
}

struct Finder<'a> {
    envelope: &'a Envelope,
    holder: &'a Holder,
    to_cache: Vec<String>,
    unknown: Vec<String>,
}

impl References {
    /// Finds all of them and keeps those that are to be cached.
    pub(crate) fn find(
        envelope: &Envelope,
        given: &Parameters,
        holder: &Holder,
    ) -> Result<References, Refused> {
        let mut finder = Finder {
            envelope,
            holder,
            to_cache: Vec::new(),
            unknown: Vec::new(),
        };
        let image = finder.one(given.image.as_deref(), given.image_cache_secret_key.as_deref())?;
        let mask = finder.one(given.mask.as_deref(), given.mask_cache_secret_key.as_deref())?;
        let mut vibes = finder.plain(given.reference_image.iter())?;
        vibes.extend(finder.plain(given.reference_image_multiple.iter().flatten())?);
        vibes.extend(finder.cached(given.reference_image_multiple_cached.iter().flatten())?);
        let mut characters = finder.plain(given.director_reference_images.iter().flatten())?;
        characters.extend(finder.cached(given.director_reference_images_cached.iter().flatten())?);
        finder.finish()?;
        Ok(References {
            image,
            mask,
            vibes: count(&vibes),
            has_raw_vibe: vibes.iter().flatten().any(|vibe| png::is_png(vibe)),
            characters: count(&characters),
        })
    }
}

impl Finder<'_> {
    fn one(&mut self, data: Option<&str>, key: Option<&str>) -> Result<bool, Refused> {
        match key {
            Some(key) => self.look(key, data)?,
            None => data.map(|data| self.envelope.image(data)).transpose()?,
        };
        Ok(data.is_some() || key.is_some())
    }

    fn plain<'a>(&self, images: impl Iterator<Item = &'a String>) -> Result<Vec<Option<Bytes>>, Refused> {
        images.map(|image| self.envelope.image(image).map(Some)).collect()
    }

    fn cached<'a>(
        &mut self,
        images: impl Iterator<Item = &'a Cached>,
    ) -> Result<Vec<Option<Bytes>>, Refused> {
        images
            .map(|image| self.look(&image.cache_secret_key, image.data.as_deref()))
            .collect()
    }

    /// The bytes, where they came along; `None` where the cache has them.
    fn look(&mut self, key: &str, data: Option<&str>) -> Result<Option<Bytes>, Refused> {
        match data {
            Some(data) => {
                self.to_cache.push(key.to_owned());
                self.envelope.image(data).map(Some)
            }
            None => {
                if !self.holder.has_cached(key) {
                    self.unknown.push(key.to_owned());
                }
                Ok(None)
            }
        }
    }

    fn finish(self) -> Result<(), Refused> {
        if !self.unknown.is_empty() {
            return Err(errors::invalid_cache_keys(&self.unknown).into());
        }
        for key in self.to_cache {
            self.holder.cache(key);
        }
        Ok(())
    }
}

fn count<T>(images: &[T]) -> u32 {
    u32::try_from(images.len()).unwrap_or(u32::MAX)
}
