//! Who asks, and from where. A typed request extension, set by whoever mounts the router; never read from a header
//! here.

use std::net::IpAddr;

use axum::http::request::Parts;
use potluck_filters::id::UserId;
use potluck_store::table::users::UserRole;

use crate::access::Scopes;
use crate::error::ControlError;
use crate::gate::Peer;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Whoever may open the data folder, or has the operator's token.
    Operator,
    /// Somebody with an account.
    User(SignedIn),
    /// The relay itself, by the name of its job.
    Job(&'static str),
}

/// A user, as they showed themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// Who.
    pub user: UserId,
    /// What they may do, as of this request.
    pub role: UserRole,
    /// By what.
    pub proof: Proof,
}

/// What a user showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// They logged in: everything their role may.
    Session(i64),
    /// A personal access token: what its scopes say, of what their role may.
    Token {
        /// Its id.
        id: i64,
        /// What it is for.
        scopes: Scopes,
    },
}

/// Who does something, and from which address, where there is one. Every change has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct By {
    /// Who.
    pub caller: Caller,
    /// The client's address; `None` over the control socket and for jobs.
    pub address: Option<IpAddr>,
    /// The request that it came with, where that has a name.
    pub request: Option<RequestName>,
}

/// What a request is called in the log of this relay, set as an extension by whoever accepted it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestName([u8; 20]);

impl RequestName {
    /// Takes a name of 20 lower-case hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let name: [u8; 20] = text.as_bytes().try_into().ok()?;
        let fits = name
            .iter()
            .all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        fits.then_some(Self(name))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Digits alone are text.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl By {
    /// The operator, in the process or on the control socket.
    pub const OPERATOR: Self = Self {
        caller: Caller::Operator,
        address: None,
        request: None,
    };

    /// The relay itself.
    #[must_use]
    pub const fn job(name: &'static str) -> Self {
        Self {
            caller: Caller::Job(name),
            address: None,
            request: None,
        }
    }

    /// The user, where it is one.
    #[must_use]
    pub fn user(&self) -> Option<UserId> {
        match self.caller {
            Caller::User(signed_in) => Some(signed_in.user),
            Caller::Operator | Caller::Job(_) => None,
        }
    }

    /// Whoever sent a request.
    ///
    /// # Errors
    /// When nobody came with it.
    pub(crate) fn of(parts: &Parts) -> Result<Self, ControlError> {
        let caller = parts.extensions.get::<Caller>().copied();
        let nobody = || {
            let why = parts.extensions.get::<Unknown>().copied();
            why.map_or(ControlError::NobodyAsks, ControlError::from)
        };
        Ok(Self {
            caller: caller.ok_or_else(nobody)?,
            address: parts.extensions.get::<Peer>().map(|Peer(address)| *address),
            request: parts.extensions.get::<RequestName>().copied(),
        })
    }
}

/// Why what came with a request does not say who asks. A request extension; only what needs a caller minds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// It is none of this relay's.
    Bad,
    /// Its time has passed.
    Expired,
    /// Its session has ended, or its user is switched off.
    Ended,
    /// It came from another site's page, or without the session's own token.
    Csrf,
}

impl From<Unknown> for ControlError {
    fn from(why: Unknown) -> Self {
        match why {
            Unknown::Bad => Self::NoToken,
            Unknown::Expired => Self::ExpiredToken,
            Unknown::Ended => Self::SessionEnded,
            Unknown::Csrf => Self::Csrf,
        }
    }
}
