//! The objects in which upstreams say what was used.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{Figure, Figures};
use crate::credit::money;

/// Bytes of a model's name that are kept.
const LONGEST_MODEL: usize = 64;

/// What a `usage` object says: OpenAI's two spellings, and the cost that some gateways put there. `None` where it
/// is `null` or none.
pub(super) fn usage(text: &[u8]) -> Option<Figures> {
    let told: Told = serde_json::from_slice(text).ok()?;
    // Embeddings have no completion; of a sum alone, nobody knows the parts.
    let prompt = match (told.prompt, told.completion) {
        (None, None) => told.total,
        (prompt, _) => prompt,
    };
    Some(Figures {
        prompt: Figure::reported(prompt),
        cached: Figure::reported(told.cached),
        completion: Figure::reported(told.completion),
        cost: Figure::reported(told.cost),
        ..Figures::default()
    })
}

/// What of it matters.
#[derive(Default)]
struct Told {
    prompt: Option<u64>,
    cached: Option<u64>,
    completion: Option<u64>,
    total: Option<u64>,
    cost: Option<u64>,
}

impl<'de> Deserialize<'de> for Told {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(ToldVisitor)
    }
}

struct ToldVisitor;

impl<'de> Visitor<'de> for ToldVisitor {
    type Value = Told;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Told, A::Error> {
        let mut told = Told::default();
        while let Some(key) = map.next_key::<Key>()? {
            if let Key::Cost = key {
                let cost: Value = map.next_value()?;
                told.cost = money(cost.get("total_cost").unwrap_or(&cost));
                continue;
            }
            let Loose { count, cached } = map.next_value()?;
            match key {
                Key::Prompt => told.prompt = told.prompt.or(count),
                Key::Completion => told.completion = told.completion.or(count),
                Key::Total => told.total = count,
                Key::Details => told.cached = told.cached.or(cached),
                Key::Cached => told.cached = told.cached.or(count),
                Key::Cost | Key::Other => {}
            }
        }
        Ok(told)
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(field_identifier)]
enum Key {
    #[serde(rename = "prompt_tokens", alias = "input_tokens")]
    Prompt,
    #[serde(rename = "completion_tokens", alias = "output_tokens")]
    Completion,
    #[serde(rename = "total_tokens")]
    Total,
    #[serde(rename = "prompt_tokens_details", alias = "input_tokens_details")]
    Details,
    #[serde(rename = "cached_tokens", alias = "cache_read_input_tokens")]
    Cached,
    #[serde(rename = "cost")]
    Cost,
    #[serde(other)]
    Other,
}

/// A count, an object with one, or whatever stands in their place.
#[derive(Default)]
struct Loose {
    count: Option<u64>,
    cached: Option<u64>,
}

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(LooseVisitor)
    }
}

struct LooseVisitor;

impl<'de> Visitor<'de> for LooseVisitor {
    type Value = Loose;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_u64<E>(self, count: u64) -> Result<Loose, E> {
        Ok(Loose {
            count: Some(count),
            cached: None,
        })
    }

    fn visit_i64<E>(self, _: i64) -> Result<Loose, E> {
        Ok(Loose::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Loose, E> {
        Ok(Loose::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Loose, E> {
        Ok(Loose::default())
    }

    fn visit_str<E>(self, _: &str) -> Result<Loose, E> {
        Ok(Loose::default())
    }

    fn visit_unit<E>(self) -> Result<Loose, E> {
        Ok(Loose::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Loose, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Loose::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Loose, A::Error> {
        let told = ToldVisitor.visit_map(map)?;
        Ok(Loose {
            count: None,
            cached: told.cached,
        })
    }
}

/// A cost that stands by itself, as a number or as text.
pub(super) fn cost(text: &[u8]) -> Figure {
    let value = serde_json::from_slice(text).ok();
    Figure::reported(value.as_ref().and_then(money))
}

/// A model's name, cut between characters.
pub(super) fn model(text: &[u8]) -> Option<Box<str>> {
    // Names without escapes, as all are, are not copied to be read.
    let plain = serde_json::from_slice::<&str>(text).ok();
    plain.map_or_else(
        || shortened(&serde_json::from_slice::<String>(text).ok()?),
        shortened,
    )
}

/// Cut between characters; `None` where nothing is left.
pub(super) fn shortened(name: &str) -> Option<Box<str>> {
    let end = name.floor_char_boundary(LONGEST_MODEL);
    let name = name.get(..end)?;
    (!name.is_empty()).then(|| name.into())
}
