//! The second factor of a login, and changing what proves who one is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SecretText;

/// The password once more, before something that only its owner may do.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WithPassword {
    /// The password.
    pub password: SecretText,
}

/// A second factor to be set up.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct BegunTotp {
    /// What an authenticator is told by hand: base32.
    #[schemars(with = "Option<SecretText>")]
    pub secret: SecretText,
    /// What it scans: an `otpauth:` link.
    #[schemars(with = "Option<SecretText>")]
    pub url: SecretText,
}

/// A code of the authenticator.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WithCode {
    /// Six digits.
    pub code: SecretText,
}

/// Each logs in once, in the place of a code. Shown this once.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RecoveryCodes {
    /// The codes.
    pub recovery_codes: Vec<SecretText>,
}

/// Password and second factor once more.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WithPasswordAndCode {
    /// The password.
    pub password: SecretText,
    /// A code of the authenticator or a recovery code, where there is a second factor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<SecretText>,
}

/// A password in the place of another.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    /// The password so far.
    pub current: SecretText,
    /// The password from now on.
    pub password: SecretText,
}

/// Leave to set a new password, in an admin's hands.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PasswordResetLeave {
    /// What the user sends with their new password. Shown this once.
    #[schemars(with = "Option<SecretText>")]
    pub token: SecretText,
    /// When it stops working.
    pub expires_at: i64,
}

/// For how long leave holds.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AllowReset {
    /// Seconds from now, up to 7 days; a day when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u32>,
}

/// A new password by leave of an admin.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetPassword {
    /// The leave, as the admin was shown it.
    pub token: SecretText,
    /// The new password.
    pub password: SecretText,
}
