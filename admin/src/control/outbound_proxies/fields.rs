//! What the fields of an outbound proxy may hold. No error repeats anything of what was sent: it may be a login in
//! the wrong place.

use potluck_filters::model::{ProxyLogin, ProxyUrl, ProxyUrlError};
use potluck_store::table::outbound_proxies::UsedBy;

use crate::api;
use crate::error::ControlError;

/// Characters of the longest name.
const LONGEST: usize = 40;

pub(super) fn name(text: &str) -> Result<String, ControlError> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let begins = text.starts_with(|c: char| c.is_ascii_lowercase());
    if begins && !text.ends_with('-') && text.len() <= LONGEST && text.chars().all(fits) {
        Ok(text.to_owned())
    } else {
        let why = format!("must be up to {LONGEST} lower-case letters, digits and `-`, a letter first");
        Err(ControlError::invalid("name", why))
    }
}

pub(super) fn url(text: &str) -> Result<ProxyUrl, ControlError> {
    text.trim()
        .parse()
        .map_err(|why: ProxyUrlError| ControlError::invalid("url", why.to_string()))
}

pub(super) fn login(login: &api::ProxyLogin) -> Result<ProxyLogin, ControlError> {
    let (username, password) = (login.username.0.clone(), login.password.0.clone());
    ProxyLogin::new(username, password).map_err(|why| ControlError::invalid("login", why.to_string()))
}

/// Who leaves through a proxy, in words.
pub(super) fn users(by: &UsedBy) -> String {
    let upstreams = by.upstreams.iter().map(|name| format!("upstream {name}"));
    let keys = by.pool_keys.iter().map(|id| format!("pool key {id}"));
    upstreams.chain(keys).collect::<Vec<_>>().join(", ")
}
