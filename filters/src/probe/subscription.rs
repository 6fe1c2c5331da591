//! The bodies of an account's own answers, read leniently: fields come and go, and legacy ones may remain.
//!
//! Invariant: no body can make it panic, and a JSON document that is no subscription is not taken for one.

use serde_json::Value;

use crate::model::{Account, OPUS};

/// Reads the body of `GET /user/subscription`, or of an answer that holds one as `subscription`. `None` where
/// it is none. `now_ms` is Unix time in milliseconds.
#[must_use]
pub fn read_subscription(body: &[u8], now_ms: i64) -> Option<Account> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let told = body.get("subscription").unwrap_or(&body);
    let (tier, active) = (tier(told), told.get("active").and_then(Value::as_bool));
    let anlas = told.get("trainingStepsLeft").and_then(anlas);
    // One of the three may be missing; an answer without all of them is another document.
    if tier.is_none() && active.is_none() && anlas.is_none() {
        return None;
    }
    let usage = told.get("usage").filter(|usage| usage.is_object());
    Some(Account {
        tier: tier.unwrap_or(0),
        active: active.unwrap_or(false),
        anlas: anlas.unwrap_or(0),
        battery: usage.and_then(|usage| percent(usage.get("percent")?)),
        battery_negative: usage
            .and_then(|usage| usage.get("isNegative"))
            .and_then(Value::as_bool)
            .unwrap_or(false),
        expires_at: told.get("expiresAt").and_then(whole).filter(|at| *at > 0),
        checked_at: now_ms,
    })
}

/// Reads the account's e-mail address, in lower case, from the body of `GET /user/information`; `None` where
/// NovelAI does not have it in clear.
#[must_use]
pub fn read_address(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let told = body.get("information").unwrap_or(&body);
    let address = told.get("plainTextEmail")?.as_str()?.trim().to_lowercase();
    (!address.is_empty()).then_some(address)
}

/// The tier's number; before 2026 a perk said the same.
fn tier(told: &Value) -> Option<u8> {
    let number = told.get("tier").and_then(whole);
    let unlimited = || told.get("perks")?.get("unlimitedImageGeneration")?.as_bool();
    match number {
        Some(number) => Some(u8::try_from(number.max(0)).unwrap_or(u8::MAX)),
        None => (unlimited() == Some(true)).then_some(OPUS),
    }
}

/// Granted and bought together. A single number is their sum already.
fn anlas(steps: &Value) -> Option<u32> {
    let part = |name| steps.get(name).and_then(whole);
    let sum = match (part("fixedTrainingStepsLeft"), part("purchasedTrainingSteps")) {
        (None, None) => whole(steps)?,
        (granted, bought) => granted
            .unwrap_or(0)
            .max(0)
            .saturating_add(bought.unwrap_or(0).max(0)),
    };
    Some(u32::try_from(sum.max(0)).unwrap_or(u32::MAX))
}

fn percent(number: &Value) -> Option<i32> {
    whole(number).map(|number| i32::try_from(number).unwrap_or(if number < 0 { i32::MIN } else { i32::MAX }))
}

/// A number without its fraction.
fn whole(number: &Value) -> Option<i64> {
    // The cast saturates, and NaN is no JSON.
    let rounded = || number.as_f64().map(|number| number.floor() as i64);
    number.as_i64().or_else(rounded)
}
