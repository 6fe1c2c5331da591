//! The models that upstreams list, and the list that one asker gets to see.

use bytes::Bytes;
use serde_json::{Value, json};

/// Models of one list that are kept.
const MOST: usize = 20_000;

/// What an upstream answered to `GET /models`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listing(Vec<Listed>);

/// A model.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// Its id.
    pub id: Box<str>,
    /// As the upstream showed it.
    about: Value,
}

impl Listing {
    /// Reads an answer; `None` where it is no list. Entries without an id are left out.
    #[must_use]
    pub fn parse(body: &[u8]) -> Option<Self> {
        let body: Value = serde_json::from_slice(body).ok()?;
        let listed = |about: &Value| {
            let id = about.get("id")?.as_str()?.into();
            let about = about.clone();
            Some(Listed { id, about })
        };
        let data = body.get("data")?.as_array()?.iter();
        Some(Self(data.filter_map(listed).take(MOST).collect()))
    }

    /// Its models, in the upstream's order.
    pub fn models(&self) -> impl Iterator<Item = &Listed> {
        self.0.iter()
    }
}

impl Listed {
    /// The body of an answer that shows this model alone.
    #[must_use]
    pub fn body(&self) -> Bytes {
        self.about.to_string().into()
    }
}

/// The body of a list of these models.
#[must_use]
pub fn list<'a>(models: impl Iterator<Item = &'a Listed>) -> Bytes {
    let data: Vec<&Value> = models.map(|model| &model.about).collect();
    json!({"object": "list", "data": data}).to_string().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_and_written_with_all_that_stands_in_it() {
        let body =
            br#"{"object":"list","data":[{"id":"a","owned_by":"x","more":[1]},{"no":"id"},{"id":"b"}]}"#;
        let listing = Listing::parse(body).unwrap();
        let ids: Vec<&str> = listing.models().map(|model| &*model.id).collect();
        assert_eq!(ids, ["a", "b"]);
        let written = list(listing.models().take(1));
        let written: Value = serde_json::from_slice(&written).unwrap();
        assert_eq!(
            written,
            json!({"object": "list", "data": [{"id": "a", "owned_by": "x", "more": [1]}]})
        );
        for other in ["", "[]", "{}", r#"{"data":{}}"#] {
            assert_eq!(Listing::parse(other.as_bytes()), None, "{other}");
        }
    }
}
