//! A page of somebody's objects, in the shape of OpenAI's lists.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{Object, ObjectKind, Objects};
use crate::id::UserId;
use crate::inject::percent_decoded;

/// Which page is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageQuery {
    /// What is listed.
    pub kind: ObjectKind,
    /// Most entries.
    pub limit: usize,
    /// The entry before the first one.
    pub after: Option<Box<str>>,
    /// The newest first, unless this is set.
    pub ascending: bool,
    /// Only files for this.
    pub purpose: Option<Box<str>>,
}

/// A query that names no page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("limit or order cannot be what it is")]
pub struct BadPage;

impl PageQuery {
    /// Reads the query of a list's URL. Parameters that lists do not have are ignored, as the API does.
    ///
    /// # Errors
    /// When `limit` is no number from 1, or `order` neither `asc` nor `desc`.
    pub fn parse(kind: ObjectKind, query: &str) -> Result<Self, BadPage> {
        let (usual, most) = kind.page_sizes();
        let mut page = Self {
            kind,
            limit: usual,
            after: None,
            ascending: false,
            purpose: None,
        };
        for (name, value) in query
            .split('&')
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        {
            let value = String::from_utf8(percent_decoded(value)).map_err(|_| BadPage)?;
            match name {
                "limit" => {
                    let limit: usize = value.parse().map_err(|_| BadPage)?;
                    page.limit = limit.min(most);
                    if limit == 0 {
                        return Err(BadPage);
                    }
                }
                "after" => page.after = Some(value.into()),
                "order" if value == "asc" || value == "desc" => page.ascending = value == "asc",
                "order" => return Err(BadPage),
                "purpose" => page.purpose = Some(value.into()),
                _ => {}
            }
        }
        Ok(page)
    }

    fn wants(&self, shown: &Value) -> bool {
        let of = |purpose: &str| shown.get("purpose").and_then(Value::as_str) == Some(purpose);
        self.purpose.as_deref().is_none_or(of)
    }
}

/// The page of `owner`'s objects over all these upstreams, as the body of a list.
///
/// # Errors
/// [`BadPage`] when `after` is no object of this kind and owner; whoever asks learns no more.
pub fn page(shelves: &[&Objects], owner: UserId, query: &PageQuery) -> Result<Bytes, BadPage> {
    let mut all: Vec<(&str, &Object)> = shelves
        .iter()
        .flat_map(|objects| objects.of(owner, query.kind))
        .map(|(id, object)| (&**id, object))
        .collect();
    all.sort_unstable_by_key(|(id, object)| (object.created_at, *id));
    if !query.ascending {
        all.reverse();
    }
    let rest = match query.after.as_deref() {
        None => &all[..],
        Some(after) => {
            let at = all.iter().position(|(id, _)| *id == after).ok_or(BadPage)?;
            all.get(at + 1..).unwrap_or_default()
        }
    };
    let mut wanted = rest
        .iter()
        .map(|(id, object)| shown(id, object))
        .filter(|shown| query.wants(shown));
    let data: Vec<Value> = wanted.by_ref().take(query.limit).collect();
    let has_more = wanted.next().is_some();
    let id = |entry: Option<&Value>| entry.and_then(|entry| entry.get("id").cloned());
    let (first, last) = (id(data.first()), id(data.last()));
    let list = json!({
        "object": "list", "data": data, "first_id": first, "last_id": last, "has_more": has_more,
    });
    Ok(list.to_string().into())
}

/// As the upstream last showed it; where it never did, what the relay knows.
fn shown(id: &str, object: &Object) -> Value {
    let about = object.about.as_deref();
    let about = about.and_then(|about| serde_json::from_str(about).ok());
    about.unwrap_or_else(
        || json!({"id": id, "object": object.kind.in_json(), "created_at": object.created_at / 1000}),
    )
}
