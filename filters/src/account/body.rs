//! The bodies of the account answers, field by field as NovelAI has them.

use serde::Serialize;

use super::PoolFacts;

/// A tier whose members generate images freely up to a size.
pub(super) const OPUS: u8 = 3;
/// 2100-01-01, in Unix seconds: a pool has no day on which it ends.
pub(super) const FAR_AWAY: i64 = 4_102_444_800;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Subscription {
    tier: u8,
    active: bool,
    payment_processor: &'static str,
    expires_at: i64,
    perks: Perks,
    training_steps_left: TrainingSteps,
    account_type: u8,
    is_grace_period: bool,
    is_paypal: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Usage>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Perks {
    max_priority_actions: u32,
    start_priority: u32,
    context_tokens: u32,
    unlimited_max_priority: bool,
    module_training_steps: u32,
}

/// Their sum is the balance in Anlas.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TrainingSteps {
    fixed_training_steps_left: u64,
    purchased_training_steps: u64,
}

/// The allowance of an active Opus account for V5 images.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Usage {
    percent: u32,
    is_negative: bool,
    time_until_next_percent: u32,
}

impl Subscription {
    pub(super) fn of(facts: &PoolFacts) -> Self {
        let opus = facts.active && facts.tier >= OPUS;
        Self {
            tier: facts.tier,
            active: facts.active,
            payment_processor: "",
            expires_at: facts.expires_at.unwrap_or(FAR_AWAY),
            perks: Perks::of(facts.tier),
            training_steps_left: TrainingSteps {
                fixed_training_steps_left: facts.anlas.unwrap_or(0),
                purchased_training_steps: 0,
            },
            account_type: 0,
            is_grace_period: false,
            is_paypal: false,
            usage: opus.then_some(Usage {
                percent: 100,
                is_negative: false,
                time_until_next_percent: 0,
            }),
        }
    }
}

impl Perks {
    fn of(tier: u8) -> Self {
        let (actions, context, steps) = match tier {
            0 => (0, 4096, 0),
            1 => (100, 4096, 1000),
            2 => (100, 8192, 1000),
            _ => (1000, 8192, 10_000),
        };
        Self {
            max_priority_actions: actions,
            start_priority: 10,
            context_tokens: context,
            unlimited_max_priority: tier >= OPUS,
            module_training_steps: steps,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Priority {
    max_priority_actions: u32,
    next_refill_at: u32,
    task_priority: u32,
}

impl Priority {
    pub(super) fn of(facts: &PoolFacts) -> Self {
        let Perks {
            max_priority_actions,
            start_priority: task_priority,
            ..
        } = Perks::of(facts.tier);
        Self {
            max_priority_actions,
            next_refill_at: 0,
            task_priority,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Information {
    email_verified: bool,
    email_verification_letter_sent: bool,
    has_plaintext_email: bool,
    plain_text_email: &'static str,
    allow_marketing_emails: bool,
    needs_address_change: bool,
    trial_activated: bool,
    trial_actions_left: u32,
    trial_images_left: u32,
    account_created_at: u32,
    ban_status: &'static str,
    ban_message: &'static str,
    login_method: &'static str,
}

impl Default for Information {
    fn default() -> Self {
        Self {
            email_verified: true,
            email_verification_letter_sent: true,
            has_plaintext_email: false,
            plain_text_email: "",
            allow_marketing_emails: false,
            needs_address_change: false,
            trial_activated: true,
            trial_actions_left: 0,
            trial_images_left: 0,
            account_created_at: 0,
            ban_status: "",
            ban_message: "",
            login_method: "",
        }
    }
}

#[derive(Serialize)]
pub(super) struct Data {
    priority: Priority,
    subscription: Subscription,
    keystore: Keystore,
    /// JSON in a text, as clients left it there.
    settings: &'static str,
    information: Information,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Keystore {
    keystore: &'static str,
    change_index: u32,
}

impl Data {
    pub(super) fn of(facts: &PoolFacts) -> Self {
        Self {
            priority: Priority::of(facts),
            subscription: Subscription::of(facts),
            keystore: Keystore {
                keystore: "",
                change_index: 0,
            },
            settings: "{}",
            information: Information::default(),
        }
    }
}
