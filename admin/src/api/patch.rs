//! Tells an absent field of an edit (`None`) from one that is `null` (`Some(None)`).

use serde::{Deserialize, Deserializer};

pub(super) fn given<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Some)
}
