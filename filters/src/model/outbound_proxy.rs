//! A proxy that upstream connections may leave through.
//!
//! Invariants: a URL of one carries no user name and no password; what it is logged in with shows in no
//! `Debug`; an address that belongs to the machine's own network link is never a proxy.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::address::{Why, judge};
use crate::id::OutboundProxyId;
use crate::secret::Secret;

/// What a proxy speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProxyKind {
    /// HTTP `CONNECT` (RFC 9110 §9.3.6), with `Basic` where it has a login.
    Connect,
    /// SOCKS5 (RFC 1928), with user name and password (RFC 1929) where it has a login. Names are the
    /// proxy's to look up.
    Socks5,
}

/// Where a proxy is and what it speaks: `http://host:port` or `socks5://host:port`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProxyUrl {
    /// What it speaks.
    pub kind: ProxyKind,
    /// Host name or address literal, lower case, without brackets.
    pub host: Arc<str>,
    /// TCP port.
    pub port: u16,
}

/// Why a text is not a proxy's URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProxyUrlError {
    /// Not `http://host:port` or `socks5://host:port`.
    #[error("must be http://host:port (HTTP CONNECT) or socks5://host:port")]
    Form,
    /// TLS to the proxy itself is not spoken.
    #[error("must be http:// or socks5://: the relay speaks no TLS to a proxy, only through it")]
    Tls,
    /// Credentials in a place where they would be shown.
    #[error(
        "must not carry a user name or password; give the user name with --username and the password on \
         standard input"
    )]
    UserInfo,
    /// No port, or port 0.
    #[error("must name the port, as in socks5://192.0.2.1:1080")]
    Port,
    /// A number that resolvers take for an address.
    #[error("write the address in its usual form, like 192.0.2.1")]
    Numeric,
    /// An address that is nobody's proxy.
    #[error("{0}")]
    Address(Why),
}

impl ProxyUrl {
    /// `host:port`, which a login is bound to.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

impl FromStr for ProxyUrl {
    type Err = ProxyUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (scheme, rest) = text.split_once("://").ok_or(ProxyUrlError::Form)?;
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.contains('@') {
            return Err(ProxyUrlError::UserInfo);
        }
        let kind = match &*scheme.to_ascii_lowercase() {
            "http" => ProxyKind::Connect,
            "socks5" | "socks5h" => ProxyKind::Socks5,
            "https" => return Err(ProxyUrlError::Tls),
            _ => return Err(ProxyUrlError::Form),
        };
        let (host, port) = authority.rsplit_once(':').ok_or(ProxyUrlError::Port)?;
        let port = port.parse().ok().filter(|port| *port != 0);
        Ok(Self {
            kind,
            host: checked_host(host)?,
            port: port.ok_or(ProxyUrlError::Port)?,
        })
    }
}

fn checked_host(text: &str) -> Result<Arc<str>, ProxyUrlError> {
    if let Some(v6) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let v6: Ipv6Addr = v6.parse().map_err(|_| ProxyUrlError::Form)?;
        return literal(v6.into());
    }
    let host = text.to_ascii_lowercase();
    if let Ok(v4) = host.parse::<Ipv4Addr>() {
        return literal(v4.into());
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    let stem = host.trim_end_matches('.');
    let last = stem.rsplit('.').next().unwrap_or_default();
    if stem.is_empty() || host.len() > 253 || !host.chars().all(plain) {
        Err(ProxyUrlError::Form)
    } else if last.starts_with("0x") || last.chars().all(|c| c.is_ascii_digit()) {
        Err(ProxyUrlError::Numeric)
    } else {
        Ok(host.into())
    }
}

fn literal(address: IpAddr) -> Result<Arc<str>, ProxyUrlError> {
    may_be_proxy(address).map_err(ProxyUrlError::Address)?;
    Ok(address.to_string().into())
}

/// Whether a proxy may be at this address: any that an admin names, private ones and this machine's own
/// too, but none of its network link or of its cloud.
///
/// # Errors
/// Why not.
pub fn may_be_proxy(address: IpAddr) -> Result<(), Why> {
    match judge(address, &[]) {
        Ok(()) | Err(Why::Loopback | Why::Private | Why::Reserved) => Ok(()),
        Err(why @ (Why::Metadata | Why::LinkLocal | Why::Nowhere)) => Err(why),
    }
}

impl fmt::Display for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.kind {
            ProxyKind::Connect => "http",
            ProxyKind::Socks5 => "socks5",
        };
        if self.host.contains(':') {
            write!(f, "{scheme}://[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{scheme}://{}:{}", self.host, self.port)
        }
    }
}

/// What a proxy is logged in with. Both are secrets: either may tell whose account it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyLogin {
    /// The user name.
    pub username: Secret,
    /// The password.
    pub password: Secret,
}

/// Why a user name and a password cannot be a proxy's login.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// RFC 1929 has one byte for each length.
    #[error("user name and password must have 1 to 255 bytes each")]
    Length,
    /// `Basic` parts both by the first colon, and neither form has room for line ends.
    #[error("the user name must not have a colon, and neither may have control characters")]
    Characters,
}

impl ProxyLogin {
    /// Checks that either kind of proxy could be sent it.
    ///
    /// # Errors
    /// Why it could not.
    pub fn new(username: Secret, password: Secret) -> Result<Self, LoginError> {
        let fits = |text: &Secret| (1..=255).contains(&text.expose().len());
        if !fits(&username) || !fits(&password) {
            return Err(LoginError::Length);
        }
        let odd = |text: &Secret| text.expose().contains(char::is_control);
        if username.expose().contains(':') || odd(&username) || odd(&password) {
            return Err(LoginError::Characters);
        }
        Ok(Self { username, password })
    }
}

/// An outbound proxy as an edge needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboundProxy {
    /// Row id; names its health across reloads.
    pub id: OutboundProxyId,
    /// Unique; the same word in API, metrics and logs.
    pub name: Arc<str>,
    /// Where it is.
    pub url: ProxyUrl,
    /// What it is logged in with, where it asks for that.
    pub login: Option<ProxyLogin>,
    /// Whether it may be used. One that may not stands in its lists as if it were down.
    pub enabled: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_come_apart_and_together() {
        for (text, shown) in [
            ("socks5://Proxy.Example:1080", "socks5://proxy.example:1080"),
            ("socks5h://127.0.0.1:9050/", "socks5://127.0.0.1:9050"),
            ("http://[::1]:3128", "http://[::1]:3128"),
            ("HTTP://10.0.0.7:8080", "http://10.0.0.7:8080"),
        ] {
            assert_eq!(text.parse::<ProxyUrl>().unwrap().to_string(), shown);
        }
    }

    #[test]
    fn what_is_no_proxy_is_refused() {
        let link = ProxyUrlError::Address(Why::LinkLocal);
        let metadata = ProxyUrlError::Address(Why::Metadata);
        let nowhere = ProxyUrlError::Address(Why::Nowhere);
        for (text, error) in [
            ("proxy.example:1080", ProxyUrlError::Form),
            ("socks4://proxy.example:1080", ProxyUrlError::Form),
            ("https://proxy.example:3128", ProxyUrlError::Tls),
            ("socks5://me:secret@proxy.example:1080", ProxyUrlError::UserInfo),
            ("socks5://proxy.example", ProxyUrlError::Port),
            ("socks5://proxy.example:0", ProxyUrlError::Port),
            ("socks5://proxy.example:99999", ProxyUrlError::Port),
            ("socks5://proxy.example:1080/x", ProxyUrlError::Port),
            ("http://:3128", ProxyUrlError::Form),
            ("http://a b:3128", ProxyUrlError::Form),
            ("http://2130706433:3128", ProxyUrlError::Numeric),
            ("http://0x7f000001:3128", ProxyUrlError::Numeric),
            ("http://127.1:3128", ProxyUrlError::Numeric),
            ("http://169.254.169.254:80", link),
            ("http://[::ffff:169.254.169.254]:80", link),
            ("http://[fe80::1]:80", link),
            ("http://100.100.100.200:80", metadata),
            ("http://[fd00:ec2::254]:80", metadata),
            ("http://0.0.0.0:80", nowhere),
            ("http://255.255.255.255:80", nowhere),
            ("http://[ff02::1]:80", nowhere),
        ] {
            assert_eq!(text.parse::<ProxyUrl>(), Err(error), "{text}");
        }
    }

    #[test]
    fn a_login_must_fit_into_either_kinds_messages_and_shows_nothing() {
        let login = |user: &str, password: &str| ProxyLogin::new(Secret::new(user), Secret::new(password));
        assert_eq!(login("", "x"), Err(LoginError::Length));
        assert_eq!(login("u", &"x".repeat(256)), Err(LoginError::Length));
        assert_eq!(login("u:v", "x"), Err(LoginError::Characters));
        assert_eq!(login("u", "x\r\ny"), Err(LoginError::Characters));
        let shown = format!("{:?}", login("alice", "pa:ss wörd").unwrap());
        assert!(!shown.contains("alice") && !shown.contains("pa:ss"), "{shown}");
    }
}
