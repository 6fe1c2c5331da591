//! What contributors are told before they lend an account.
//!
//! Invariant: whoever changes the text counts the version up; which version somebody accepted is kept with the key.

use crate::api::ContributionNotice;
use crate::error::ControlError;

/// Counts up when the text changes.
pub(super) const VERSION: u32 = 1;

const TEXT: &str = "You lend a paid account to strangers.\n\
\n\
What you risk: its provider may forbid sharing, and may suspend or close the account without notice. Other members' \
requests run under your account's name; the provider may keep them, show them in your account, and hold you \
responsible. While a request of theirs runs, you may have to wait. Do not lend an account that you cannot afford to \
lose, and keep nothing in it that nobody else may see.\n\
\n\
What protects the key: it is encrypted as soon as it arrives and is never shown again, to you and to admins neither. It \
is sent to its provider's own hosts alone. Members cannot reach your stories, settings or payment data through it. But \
the relay has to decrypt it to use it: you trust whoever runs this server.\n\
\n\
What stays in your hands: you choose what others may spend on it, how often, and in which hours, and on NovelAI nothing \
that costs Anlas is allowed unless you say so. You can pause the key, which counts from the next request on, or withdraw \
it, which deletes it here for good. Backups that the server's operator made before still have it in encrypted form.";

/// What contributors are told.
#[must_use]
pub(crate) fn notice() -> ContributionNotice {
    ContributionNotice {
        version: VERSION,
        text: TEXT.to_owned(),
    }
}

/// Refuses what is brought without it.
pub(super) fn accepted(accepted: bool) -> Result<u32, ControlError> {
    if accepted {
        Ok(VERSION)
    } else {
        Err(ControlError::RiskNotAccepted(TEXT))
    }
}
