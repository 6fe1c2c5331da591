//! The acts that are noted, each with its stable word.

macro_rules! acts {
    ($($(#[$about:meta])* $name:ident $word:literal,)*) => {
        /// What somebody did. The word before the dot is the kind of thing that it was done to.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Act {
            $($(#[$about])* $name,)*
        }

        impl Act {
            /// Each of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The word in the log and in answers.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }
    };
}

acts! {
    /// A client key was made.
    ClientKeyCreated "client_key.created",
    /// A client key was edited, or switched on or off.
    ClientKeyEdited "client_key.edited",
    /// A client key got a new text.
    ClientKeyRotated "client_key.rotated",
    /// A client key was revoked for ever.
    ClientKeyRevoked "client_key.revoked",
    /// A pool key was brought.
    PoolKeyAdded "pool_key.added",
    /// Many pool keys were brought at once.
    PoolKeysImported "pool_key.imported",
    /// A pool key was edited, paused or resumed.
    PoolKeyEdited "pool_key.edited",
    /// A pool key was let go to a further host.
    PoolKeyHostAllowed "pool_key.host_allowed",
    /// A pool key is to be looked at anew.
    PoolKeyChecked "pool_key.checked",
    /// Many pool keys are to be looked at anew.
    PoolKeysChecked "pool_key.many_checked",
    /// A pool key was withdrawn for ever.
    PoolKeyWithdrawn "pool_key.withdrawn",
    /// A user was made.
    UserCreated "user.created",
    /// A user was edited, or switched on or off.
    UserEdited "user.edited",
    /// A user's account was deleted.
    UserDeleted "user.deleted",
    /// An outbound proxy was added.
    OutboundProxyAdded "outbound_proxy.added",
    /// An outbound proxy was edited.
    OutboundProxyEdited "outbound_proxy.edited",
    /// An outbound proxy was removed.
    OutboundProxyRemoved "outbound_proxy.removed",
    /// Something about an upstream was switched.
    UpstreamEdited "upstream.edited",
    /// A node was added.
    NodeAdded "node.added",
    /// A node was drained or resumed, or noted about.
    NodeEdited "node.edited",
    /// A node was taken out.
    NodeRemoved "node.removed",
    /// A node became the preferred one.
    NodeActivated "node.activated",
    /// Operators' own pool keys were let go to a node's host.
    NodeGranted "node.granted",
    /// What users may ask for in a minute was edited for all.
    LimitsEdited "limits.edited",
    /// What one user may ask for in a minute was edited.
    UserLimitEdited "user.limit_edited",
    /// Settings were edited.
    SettingsEdited "settings.edited",
    /// Somebody made an account for themselves.
    UserRegistered "user.registered",
    /// All of a user's sessions were ended.
    SessionsEnded "session.all_ended",
    /// Somebody logged out, or one of their sessions was ended.
    SessionEnded "session.ended",
    /// A refresh token came twice, so its session was ended.
    SessionReused "session.reused",
    /// Somebody changed their own password.
    PasswordChanged "user.password_changed",
    /// Leave was given to set a new password.
    PasswordResetAllowed "user.password_reset_allowed",
    /// A new password was set by leave of an admin.
    PasswordReset "user.password_reset",
    /// A second factor was begun.
    SecondFactorBegun "user.second_factor_begun",
    /// A second factor was confirmed.
    SecondFactorConfirmed "user.second_factor_confirmed",
    /// Recovery codes were made anew.
    RecoveryCodesRenewed "user.recovery_codes_renewed",
    /// Everything that is kept of a user was given to them.
    AccountExported "user.exported",
    /// A second factor was taken away.
    SecondFactorRemoved "user.second_factor_removed",
    /// A personal access token was made.
    TokenCreated "user.token_created",
    /// A personal access token was deleted.
    TokenDeleted "user.token_deleted",
    /// An invitation was made.
    InvitationCreated "invitation.created",
    /// An invitation was taken back.
    InvitationRevoked "invitation.revoked",
    /// Access tokens are signed with a new key.
    SigningKeyRotated "secrets.signing_key_rotated",
    /// Something was begun to be done to many.
    JobBegun "job.begun",
    /// A job has done what it could.
    JobEnded "job.ended",
    /// A job was ended early.
    JobCancelled "job.cancelled",
    /// Somebody logged in.
    SessionBegan "session.began",
    /// Somebody failed to log in; several times in one minute are one entry.
    SessionFailed "session.failed",
    /// Somebody took note of a finding.
    FindingAcknowledged "finding.acknowledged",
    /// A webhook is told of findings.
    AlertTargetAdded "alert_target.added",
    /// A webhook that is told of findings was edited.
    AlertTargetEdited "alert_target.edited",
    /// A webhook is told of findings no more.
    AlertTargetRemoved "alert_target.removed",
    /// Somebody took requests out of the books, line by line.
    UsageExported "usage.exported",
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::Act;

    #[test]
    fn each_act_has_a_word_of_its_own_with_one_dot() {
        let words: HashSet<_> = Act::ALL.iter().map(|act| act.as_str()).collect();
        assert_eq!(words.len(), Act::ALL.len());
        let page = include_str!("../../../docs/audit.md");
        for word in words {
            assert_eq!(word.matches('.').count(), 1, "{word}");
            assert!(
                page.contains(&format!("`{word}`")),
                "docs/audit.md says nothing of `{word}`"
            );
        }
    }
}
