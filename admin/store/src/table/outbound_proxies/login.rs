//! What a proxy is logged in with: sealed and opened.

use std::borrow::Cow;

use potluck_filters::model::{ProxyLogin, ProxyUrl};
use potluck_filters::secret::Secret;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::cell;
use crate::change::Change;
use crate::error::StoreError;
use crate::random;
use crate::seal::context::Context;
use crate::seal::envelope::{self, SealError};
use crate::seal::ring::KeyRing;

#[derive(Serialize, Deserialize)]
struct Written<'a> {
    #[serde(borrow)]
    username: Cow<'a, str>,
    #[serde(borrow)]
    password: Cow<'a, str>,
}

impl Change<'_> {
    /// The ciphertext, and the id of its key.
    pub(super) fn sealed_login(
        &self,
        id: i64,
        url: &ProxyUrl,
        login: Option<&ProxyLogin>,
    ) -> Result<Option<(Vec<u8>, String)>, StoreError> {
        let Some(login) = login else { return Ok(None) };
        let written = Written {
            username: login.username.expose().into(),
            password: login.password.expose().into(),
        };
        // Room for all of it, escaped, so that no part is left behind where the text grew.
        let mut text = Zeroizing::new(Vec::with_capacity(14 * 255));
        serde_json::to_writer(&mut *text, &written).map_err(|_| SealError::Form)?;
        let key = self.store.ring.current();
        let origin = url.origin();
        let place = Context::OutboundProxy { id, origin: &origin };
        let sealed = envelope::seal(key, &random::bytes()?, &place, &text)?;
        Ok(Some((sealed, key.id.to_string())))
    }
}

/// Opens a login in its place.
pub(super) fn open(ring: &KeyRing, id: i64, url: &ProxyUrl, sealed: &[u8]) -> Result<ProxyLogin, StoreError> {
    let origin = url.origin();
    let opened = envelope::open(ring, &Context::OutboundProxy { id, origin: &origin }, sealed)?;
    let unreadable = || cell(id, "login").unreadable();
    let written: Written<'_> = serde_json::from_slice(&opened).map_err(|_| unreadable())?;
    let (username, password) = (Secret::new(&*written.username), Secret::new(&*written.password));
    ProxyLogin::new(username, password).map_err(|_| unreadable())
}
