//! The objects in which upstreams say what was used.

use serde_json::Value;

use super::{Figure, Figures};
use crate::credit::money;

/// Bytes of a model's name that are kept.
const LONGEST_MODEL: usize = 64;

/// What a `usage` object says: OpenAI's two spellings, and the cost that some gateways put there. `None` where it
/// is `null` or none.
pub(super) fn usage(text: &[u8]) -> Option<Figures> {
    let usage: Value = serde_json::from_slice(text).ok()?;
    let usage = usage.as_object()?;
    let count = |names: [&str; 2]| names.iter().find_map(|name| usage.get(*name)?.as_u64());
    let (prompt, completion) = (
        count(["prompt_tokens", "input_tokens"]),
        count(["completion_tokens", "output_tokens"]),
    );
    let total = usage.get("total_tokens").and_then(Value::as_u64);
    // Embeddings have no completion; of a sum alone, nobody knows the parts.
    let prompt = match (prompt, completion) {
        (None, None) => total,
        (prompt, _) => prompt,
    };
    let cost = usage.get("cost");
    let cost = cost.and_then(|cost| money(cost.get("total_cost").unwrap_or(cost)));
    Some(Figures {
        prompt: Figure::reported(prompt),
        completion: Figure::reported(completion),
        cost: Figure::reported(cost),
        ..Figures::default()
    })
}

/// A cost that stands by itself, as a number or as text.
pub(super) fn cost(text: &[u8]) -> Figure {
    let value = serde_json::from_slice(text).ok();
    Figure::reported(value.as_ref().and_then(money))
}

/// A model's name, cut between characters.
pub(super) fn model(text: &[u8]) -> Option<Box<str>> {
    let name: String = serde_json::from_slice(text).ok()?;
    let end = name.floor_char_boundary(LONGEST_MODEL);
    let name = name.get(..end)?;
    (!name.is_empty()).then(|| name.into())
}
