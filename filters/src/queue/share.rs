//! What a user's requests weigh.

/// What a user's requests weigh against those of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Share {
    /// Contributes nothing: shares one weight with all others who do not.
    Guest,
    /// Contributes; the weight is at least 1.
    Weight(u32),
}

impl Share {
    pub(super) fn is_guest(self) -> bool {
        match self {
            Self::Guest => true,
            Self::Weight(_) => false,
        }
    }
}

impl From<u32> for Share {
    fn from(weight: u32) -> Self {
        if weight == 0 {
            Self::Guest
        } else {
            Self::Weight(weight)
        }
    }
}
