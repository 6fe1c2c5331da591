//! What an account is told of its subscription.
//!
//! Invariant: only an active Opus account has `usage`; Anlas is the sum of the two step counts.

use serde_json::{Value, json};

use super::{Settings, Tier, ledger::Ledger, tokens};

const MONTH: u64 = 30 * 24 * 3600;

pub(crate) fn describe(settings: &Settings, ledger: &Ledger) -> Value {
    let now = tokens::unix_now();
    let mut told = json!({
        "tier": ledger.tier.number(),
        "active": ledger.active,
        "paymentProcessor": "paddle",
        "expiresAt": if ledger.active { now + MONTH } else { 0 },
        "perks": perks(settings, ledger),
        "trainingStepsLeft": {
            "fixedTrainingStepsLeft": ledger.fixed,
            "purchasedTrainingSteps": ledger.purchased,
        },
        "accountType": 0,
        "isGracePeriod": false,
        "isPaypal": false,
    });
    if let (true, Value::Object(told)) = (ledger.is_opus(), &mut told) {
        let usage = json!({
            "percent": ledger.battery.percent(),
            "isNegative": ledger.battery.is_negative(),
            "timeUntilNextPercent": ledger.battery.seconds_until_next_percent(),
        });
        told.insert("usage".to_owned(), usage);
    }
    told
}

fn perks(settings: &Settings, ledger: &Ledger) -> Value {
    let (context, training) = match ledger.tier {
        Tier::Paper => (0, 0),
        Tier::Tablet => (4096, 1000),
        Tier::Scroll => (8192, 1000),
        Tier::Opus => (8192, 10_000),
    };
    let is_opus = ledger.tier == Tier::Opus;
    let mut perks = json!({
        "maxPriorityActions": 1000,
        "startPriority": 10,
        "contextTokens": context,
        "unlimitedMaxPriority": is_opus,
        "moduleTrainingSteps": training,
    });
    if let (true, Value::Object(perks)) = (settings.legacy_perks, &mut perks) {
        let limits = if is_opus {
            json!([{ "resolution": 4_194_304, "maxPrompts": 0 }, { "resolution": 1_048_576, "maxPrompts": 1 }])
        } else {
            json!([])
        };
        perks.insert("voiceGeneration".to_owned(), json!(ledger.active));
        perks.insert("imageGeneration".to_owned(), json!(ledger.active));
        perks.insert("unlimitedImageGeneration".to_owned(), json!(is_opus));
        perks.insert("unlimitedImageGenerationLimits".to_owned(), limits);
    }
    perks
}
