//! Whose things a command is about: everybody's, which admins may ask for, or one's own.

/// Whose things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// Everybody's.
    Everybodys,
    /// Those of whoever asks.
    Mine,
}

impl Whose {
    /// The path of things of this name.
    pub(super) fn path(self, noun: &str) -> String {
        match self {
            Self::Everybodys => format!("/manage/v1/{noun}"),
            Self::Mine => format!("/manage/v1/me/{noun}"),
        }
    }

    /// As the commands about pool keys begin.
    pub(super) fn pool_command(self) -> &'static str {
        match self {
            Self::Everybodys => "potluck pool",
            Self::Mine => "potluck me pool-keys",
        }
    }

    /// As the commands about client keys begin.
    pub(super) fn keys_command(self) -> &'static str {
        match self {
            Self::Everybodys => "potluck keys",
            Self::Mine => "potluck me keys",
        }
    }
}
