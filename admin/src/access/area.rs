//! The areas of the API, by which personal access tokens are bounded.

use serde::{Deserialize, Serialize};

/// An area of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Area {
    /// Client keys, and the limits they have.
    Keys,
    /// Pool keys.
    Pool,
    /// One's own account.
    Account,
    /// Everybody's accounts.
    Users,
    /// Upstreams, nodes, outbound proxies, settings, status, audit.
    System,
}

impl Area {
    /// Each of them.
    pub const ALL: [Self; 5] = [Self::Keys, Self::Pool, Self::Account, Self::Users, Self::System];

    /// Its word in scopes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keys => "keys",
            Self::Pool => "pool",
            Self::Account => "account",
            Self::Users => "users",
            Self::System => "system",
        }
    }
}

/// An area as a type, for the extractors.
pub trait OfArea: Send + Sync + 'static {
    /// The area.
    const AREA: Area;
}

macro_rules! areas {
    ($($name:ident,)*) => {$(
        #[doc = concat!("[`Area::", stringify!($name), "`] as a type.")]
        #[derive(Clone, Copy, Debug)]
        pub enum $name {}

        impl OfArea for $name {
            const AREA: Area = Area::$name;
        }
    )*};
}

areas! { Keys, Pool, Account, Users, System, }
