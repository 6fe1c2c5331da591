//! What the fields of a request may hold. Plain functions over values.

use potluck_filters::limit::Limit;
use potluck_filters::model::{Caps, Hours};

use crate::api::{self, UpstreamFacts};
use crate::error::{ControlError, FieldFault};

/// Characters of the longest name or label.
const LONGEST: usize = 100;
/// Characters of the longest model name, and the most of them on one key.
const LONGEST_MODEL: usize = 256;
const MOST_IN_LIST: usize = 1000;
/// Ids in one question.
const MOST_IDS: usize = 100;

/// Fields that cannot be what they are, all of them told at once.
#[derive(Debug, Default)]
pub(super) struct Faults {
    fields: Vec<FieldFault>,
    /// What is about no field, and says more than they do.
    other: Option<ControlError>,
}

impl Faults {
    /// The field's value, or one that nothing is made of where it cannot be.
    pub(super) fn take<T: Default>(&mut self, read: Result<T, ControlError>) -> T {
        match read {
            Ok(value) => return value,
            Err(ControlError::Invalid { field, why }) => self.fields.push(FieldFault { field, why }),
            Err(ControlError::InvalidFields(all)) => self.fields.extend(all),
            Err(other) => self.other = self.other.take().or(Some(other)),
        }
        T::default()
    }

    /// Refuses what any of them was found in.
    pub(super) fn end(self) -> Result<(), ControlError> {
        if let Some(other) = self.other {
            return Err(other);
        }
        match <[FieldFault; 1]>::try_from(self.fields) {
            Ok([FieldFault { field, why }]) => Err(ControlError::Invalid { field, why }),
            Err(none) if none.is_empty() => Ok(()),
            Err(several) => Err(ControlError::InvalidFields(several)),
        }
    }
}

/// Which things are asked for: ids with commas between, in the order in which they are asked for.
pub(super) fn ids(text: &str) -> Result<Vec<i64>, ControlError> {
    let refused = || ControlError::invalid("ids", format!("must be 1 to {MOST_IDS} ids with commas between"));
    let some = text.split(',').take(MOST_IDS + 1);
    let ids: Vec<i64> = some
        .map(|id| id.trim().parse().map_err(|_| refused()))
        .collect::<Result<_, _>>()?;
    if ids.len() > MOST_IDS {
        return Err(refused());
    }
    Ok(ids)
}

/// A name for people: not empty, not too long, one line.
pub(super) fn name(field: &'static str, text: &str) -> Result<String, ControlError> {
    let text = label(field, text)?;
    if text.is_empty() {
        Err(ControlError::invalid(field, "must not be empty"))
    } else {
        Ok(text)
    }
}

/// A name that may be empty.
pub(super) fn label(field: &'static str, text: &str) -> Result<String, ControlError> {
    let text = text.trim();
    if text.chars().count() > LONGEST || text.chars().any(char::is_control) {
        return Err(ControlError::invalid(
            field,
            format!("must be one line of at most {LONGEST} characters"),
        ));
    }
    Ok(text.to_owned())
}

/// A user's name: no two that look alike but for their case.
pub(super) fn user_name(text: &str) -> Result<String, ControlError> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._@+-".contains(c);
    if text.is_empty() || text.len() > 64 || !text.chars().all(fits) {
        return Err(ControlError::invalid(
            "name",
            "must be 1 to 64 of a-z, 0-9 and . _ @ + -",
        ));
    }
    Ok(text.to_owned())
}

/// When a key stops working: a time to come, in milliseconds. Seconds would be a time long past.
pub(super) fn expiry(at: Option<i64>, now_ms: i64) -> Result<Option<i64>, ControlError> {
    match at {
        Some(at) if at <= now_ms => Err(ControlError::invalid(
            "expires_at",
            "must be a time to come, in milliseconds since 1970",
        )),
        Some(_) | None => Ok(at),
    }
}

/// An allow-list of models. `*` stands at the end or nowhere.
pub(super) fn models(list: Option<Vec<String>>) -> Result<Option<Vec<Box<str>>>, ControlError> {
    let Some(list) = list else { return Ok(None) };
    let fits = |model: &String| {
        let stem = model.strip_suffix('*').unwrap_or(model);
        !model.is_empty()
            && model.len() <= LONGEST_MODEL
            && !stem.contains('*')
            && !model.contains(char::is_control)
    };
    if list.len() > MOST_IN_LIST || !list.iter().all(fits) {
        return Err(ControlError::invalid(
            "models",
            "must be names, with `*` at the end at most; null allows all",
        ));
    }
    Ok(Some(list.into_iter().map(String::into_boxed_str).collect()))
}

/// An allow-list of addresses.
pub(super) fn addresses<T>(list: Option<Vec<T>>) -> Result<Option<Vec<T>>, ControlError> {
    if list.as_ref().is_some_and(|list| list.len() > MOST_IN_LIST) {
        return Err(ControlError::invalid(
            "addresses",
            format!("must be at most {MOST_IN_LIST} networks"),
        ));
    }
    Ok(list)
}

/// A limit that an absent number lifts; 0 allows nothing.
pub(super) fn limit(number: Option<u32>) -> Limit {
    number.map_or(Limit::Unlimited, Limit::AtMost)
}

/// The origins that a pool key is bound to: those asked for, if the upstream has them all; else all it has.
pub(super) fn origins(
    facts: &UpstreamFacts,
    asked: Option<Vec<String>>,
) -> Result<Vec<Box<str>>, ControlError> {
    let has = facts.origins();
    let asked = asked.unwrap_or_else(|| has.iter().map(ToString::to_string).collect());
    if asked.is_empty() || !asked.iter().all(|origin| has.contains(&origin.as_str())) {
        return Err(ControlError::invalid(
            "origins",
            format!("must be of this upstream: {}", has.join(", ")),
        ));
    }
    Ok(asked.into_iter().map(String::into_boxed_str).collect())
}

/// The upstream of that name, if it takes pool keys.
pub(super) fn upstream<'u>(
    upstreams: &'u [UpstreamFacts],
    name: &str,
) -> Result<&'u UpstreamFacts, ControlError> {
    let facts = upstreams.iter().find(|facts| facts.name == name);
    let facts = facts.ok_or_else(|| unknown(upstreams))?;
    if facts.keyed {
        Ok(facts)
    } else {
        Err(ControlError::invalid(
            "upstream",
            "takes no keys (its `keyed` is off)",
        ))
    }
}

/// Whether pool keys of that upstream are probed. An upstream that the configuration has lost is not.
pub(super) fn is_probed(upstreams: &[UpstreamFacts], name: &str) -> bool {
    upstreams.iter().any(|facts| facts.name == name && facts.probed)
}

/// A contributor's caps.
pub(super) fn caps(caps: api::Caps) -> Result<Caps, ControlError> {
    Ok(Caps {
        free_only: caps.free_only,
        anlas_per_day: limit(caps.anlas_per_day),
        keep_anlas: caps.keep_anlas,
        requests_per_day: limit(caps.requests_per_day),
        hours: caps.hours.map_or(Ok(Hours::default()), hours)?,
    })
}

/// Hours that begin and end; a whole day has no cap.
fn hours(hours: api::Hours) -> Result<Hours, ControlError> {
    let wrong = || {
        ControlError::invalid(
            "caps.hours",
            "must go from a full hour (0 to 23) to another (1 to 24); null is the whole day",
        )
    };
    if hours.from % 24 == hours.to % 24 {
        return Err(wrong());
    }
    let between = Hours::between(hours.from, hours.to);
    between
        .map(|between| between.in_zone(hours.zone))
        .ok_or_else(wrong)
}

fn unknown(upstreams: &[UpstreamFacts]) -> ControlError {
    let names: Vec<&str> = upstreams
        .iter()
        .filter(|facts| facts.keyed)
        .map(|facts| facts.name.as_str())
        .collect();
    ControlError::invalid(
        "upstream",
        format!("must be one of those that take keys: {}", names.join(", ")),
    )
}

/// The most requests per 60 seconds that a policy gives; more is no limit.
const MOST_PER_MINUTE: u32 = 1_000_000;

/// A number of a policy.
pub(super) fn per_minute(field: &'static str, number: u32) -> Result<u32, ControlError> {
    if number <= MOST_PER_MINUTE {
        Ok(number)
    } else {
        Err(ControlError::invalid(
            field,
            format!("must be at most {MOST_PER_MINUTE}"),
        ))
    }
}

/// A weight, in thousandths.
pub(super) fn thousandths(field: &'static str, weight: f64) -> Result<u32, ControlError> {
    let (thousandths, most) = (weight * 1000.0, 100_000.0);
    if (0.0..=most).contains(&thousandths) && (thousandths - thousandths.round()).abs() < 1e-6 {
        // Within the bounds just looked at.
        Ok(thousandths.round() as u32)
    } else {
        Err(ControlError::invalid(
            field,
            "must be from 0 to 100, with three decimals at most",
        ))
    }
}
