//! The account answers, as clients read them.

use serde_json::{Value, json};

use super::body::FAR_AWAY;
use super::*;

fn body(asked: Synthetic, facts: &PoolFacts) -> Value {
    serde_json::from_slice(&render(asked, facts)).unwrap()
}

#[test]
fn the_subscription_is_the_pool_s() {
    let facts = PoolFacts {
        anlas: Some(9646),
        tier: 3,
        active: true,
        expires_at: Some(1_790_000_000),
    };
    assert_eq!(
        body(Synthetic::Subscription, &facts),
        json!({
            "tier": 3, "active": true, "paymentProcessor": "", "expiresAt": 1_790_000_000,
            "perks": {"maxPriorityActions": 1000, "startPriority": 10, "contextTokens": 8192,
                "unlimitedMaxPriority": true, "moduleTrainingSteps": 10_000},
            "trainingStepsLeft": {"fixedTrainingStepsLeft": 9646, "purchasedTrainingSteps": 0},
            "accountType": 0, "isGracePeriod": false, "isPaypal": false,
            "usage": {"percent": 100, "isNegative": false, "timeUntilNextPercent": 0},
        })
    );
}

#[test]
fn only_an_active_opus_has_a_v5_allowance() {
    for (tier, active, has) in [
        (3, true, true),
        (3, false, false),
        (2, true, false),
        (0, false, false),
    ] {
        let facts = PoolFacts {
            tier,
            active,
            ..PoolFacts::default()
        };
        assert_eq!(
            body(Synthetic::Subscription, &facts).get("usage").is_some(),
            has,
            "{tier} {active}"
        );
    }
}

#[test]
fn what_is_unknown_has_the_type_that_clients_expect() {
    let subscription = body(Synthetic::Subscription, &PoolFacts::default());
    assert_eq!(subscription["expiresAt"], FAR_AWAY);
    assert_eq!(subscription["trainingStepsLeft"]["fixedTrainingStepsLeft"], 0);
}

#[test]
fn data_is_the_others_together() {
    let facts = PoolFacts {
        anlas: Some(5),
        ..PoolFacts::default()
    };
    let data = body(Synthetic::Data, &facts);
    assert_eq!(data["subscription"], body(Synthetic::Subscription, &facts));
    assert_eq!(data["information"], body(Synthetic::Information, &facts));
    assert_eq!(data["priority"], body(Synthetic::Priority, &facts));
    assert_eq!(data["keystore"], json!({"keystore": "", "changeIndex": 0}));
    assert_eq!(data["settings"], "{}");
}

#[test]
fn the_account_is_neither_banned_nor_on_trial() {
    let information = body(Synthetic::Information, &PoolFacts::default());
    assert_eq!(
        (&information["banStatus"], &information["trialImagesLeft"]),
        (&json!(""), &json!(0))
    );
    assert_eq!(information["emailVerified"], true);
}
