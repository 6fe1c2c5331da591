//! A message's headers as plug-ins may see and change them.
//!
//! Invariant: no name that frames a message, belongs to one hop, carries a credential or is the relay's own can
//! be changed; a client's credentials are not to be seen either.

use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HOST};
use http::{HeaderMap, HeaderName, HeaderValue};
use potluck_filters::inject::{answer_passes, is_credential, is_hop_by_hop};
use potluck_filters::model::Kind;

use super::{Code, Rejection};

/// Why a header was not changed. With `?` it becomes `plugin_failed`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// The name is none.
    #[error("{0:?} is no header's name")]
    Name(String),
    /// The value has line ends or other control characters.
    #[error("the value of {0} has characters that cannot stand in a header")]
    Value(String),
    /// The header belongs to the relay.
    #[error("{0} is not a plug-in's to change")]
    Reserved(HeaderName),
    /// The status would change how the answer is framed.
    #[error("this status cannot stand in the place of that one")]
    Status,
}

impl From<HeaderError> for Rejection {
    fn from(error: HeaderError) -> Self {
        tracing::error!(%error, "a plug-in did what none may do");
        Self::new(Code::PluginFailed)
    }
}

/// Which message it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// A request as the client sent it.
    FromClient,
    /// A request as an attempt sends it: its price has been read.
    ToUpstream,
    /// An answer.
    ToClient,
}

impl Side {
    /// Whether a plug-in must leave this header alone.
    pub(crate) fn reserves(self, name: &HeaderName) -> bool {
        let text = name.as_str();
        let always = is_hop_by_hop(name)
            || *name == CONTENT_LENGTH
            || text == "x-request-id"
            || text.starts_with("x-potluck-")
            || text.starts_with("sec-websocket-");
        let own = match self {
            Self::FromClient => is_credential(name) || *name == HOST || *name == EXPECT,
            Self::ToUpstream => {
                is_credential(name)
                    || *name == HOST
                    || *name == EXPECT
                    || *name == CONTENT_TYPE
                    || *name == CONTENT_ENCODING
                    || *name == ACCEPT_ENCODING
            }
            Self::ToClient => text.starts_with("x-ratelimit-") || !answer_passes(Kind::Http, name),
        };
        always || own
    }
}

/// Headers, to look at and to change.
#[derive(Debug)]
pub struct Headers<'a> {
    map: &'a mut HeaderMap,
    side: Side,
    /// The client's key: no value that holds it is to be seen.
    secret: Option<&'a str>,
}

impl<'a> Headers<'a> {
    pub(crate) fn new(map: &'a mut HeaderMap, side: Side, secret: Option<&'a str>) -> Self {
        Self { map, side, secret }
    }

    /// The first value of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&HeaderValue> {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        self.map.get(&name).filter(|value| self.shows(&name, value))
    }

    /// All of them, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
        self.map.iter().filter(|(name, value)| self.shows(name, value))
    }

    /// This value in the place of all of that name.
    ///
    /// # Errors
    /// Where the name is reserved, or is none, or the value cannot be sent.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), HeaderError> {
        let (name, value) = self.checked(name, value)?;
        self.map.insert(name, value);
        Ok(())
    }

    /// As [`Headers::set`], with what is a name and a value already.
    pub(super) fn put(&mut self, name: HeaderName, value: HeaderValue) -> Result<(), HeaderError> {
        if self.side.reserves(&name) {
            return Err(HeaderError::Reserved(name));
        }
        self.map.insert(name, value);
        Ok(())
    }

    /// This value beside those of that name.
    ///
    /// # Errors
    /// As [`Headers::set`].
    pub fn append(&mut self, name: &str, value: &str) -> Result<(), HeaderError> {
        let (name, value) = self.checked(name, value)?;
        self.map.append(name, value);
        Ok(())
    }

    /// Takes all of that name out.
    ///
    /// # Errors
    /// As [`Headers::set`].
    pub fn remove(&mut self, name: &str) -> Result<(), HeaderError> {
        let name = self.free(name)?;
        self.map.remove(name);
        Ok(())
    }

    fn shows(&self, name: &HeaderName, value: &HeaderValue) -> bool {
        shows(self.secret, self.side, name, value)
    }

    fn checked(&self, name: &str, value: &str) -> Result<(HeaderName, HeaderValue), HeaderError> {
        let text = HeaderValue::from_str(value).map_err(|_| HeaderError::Value(name.to_owned()));
        Ok((self.free(name)?, text?))
    }

    fn free(&self, name: &str) -> Result<HeaderName, HeaderError> {
        let parsed =
            HeaderName::from_bytes(name.as_bytes()).map_err(|_| HeaderError::Name(name.to_owned()))?;
        if self.side.reserves(&parsed) {
            return Err(HeaderError::Reserved(parsed));
        }
        Ok(parsed)
    }
}

/// Whether a plug-in may see this header.
pub(super) fn shows(secret: Option<&str>, side: Side, name: &HeaderName, value: &HeaderValue) -> bool {
    let holds = secret.is_some_and(|secret| {
        let (value, secret) = (value.as_bytes(), secret.as_bytes());
        !secret.is_empty() && value.windows(secret.len()).any(|part| part == secret)
    });
    !(holds || side != Side::ToClient && is_credential(name))
}
