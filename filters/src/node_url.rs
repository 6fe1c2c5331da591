//! Which base URLs may be given to a node while the relay runs.
//!
//! A URL is read by several programs in turn (this one, the resolver, the peer), and each that reads it
//! differently is a way around a rule. So only the plain forms are taken. What a name leads to is judged where it
//! is looked up ([`crate::address`]).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::address;
use crate::model::{BaseUrl, Network, Scheme};

/// Characters of the longest URL, and of the longest host name (RFC 1035).
const LONGEST: usize = 1024;
const LONGEST_HOST: usize = 253;

/// What an upstream allows of its nodes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rules<'a> {
    /// Whether `http://` may cross a network.
    pub allow_plaintext: bool,
    /// Private networks and loopback, as far as nodes may be there.
    pub private_networks: &'a [Network],
}

/// Why a text cannot be a node's URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// No scheme that is known here.
    #[error("must be https://host, or http://host; other schemes are not relayed to")]
    Scheme,
    /// Too long.
    #[error("is too long: at most {LONGEST} characters")]
    Long,
    /// Blanks, control characters, backslashes, anything that is not ASCII.
    #[error(
        "must be plain ASCII without blanks or backslashes; write a name with other letters in its xn-- form"
    )]
    Characters,
    /// `user:password@`.
    #[error("must not carry a user name or password")]
    UserInfo,
    /// `?…` or `#…`.
    #[error("must not have a query or fragment")]
    Query,
    /// `..`, `//`, escapes.
    #[error("its path must be plain segments, without `..`, `//` or escapes")]
    Path,
    /// Not 1 to 65535.
    #[error("its port must be a number from 1 to 65535")]
    Port,
    /// No host, or one that no machine can have.
    #[error("its host is no host name: use letters, digits, `-`, `_` and `.`, without a dot at the end")]
    Host,
    /// Forms such as `2130706433`, `0x7f.1` and `0177.0.0.1`, which resolvers take for IPv4.
    #[error("write the address in its usual form, like 192.0.2.1 or [2001:db8::1]")]
    Numeric,
    /// A name for this machine.
    #[error(
        "is a name of this machine itself; `private_networks` of the upstream would have to contain 127.0.0.0/8"
    )]
    Localhost,
    /// A name that only an inner network has.
    #[error(
        "is a name of an inner network; `private_networks` of the upstream would have to name that network"
    )]
    Inner,
    /// A name under which clouds answer with credentials of the machine.
    #[error("is the name of a cloud's metadata service, which is never connected to")]
    Metadata,
    /// An address where no node may be.
    #[error("{0} {1}")]
    Address(IpAddr, address::Why),
    /// `http://` across a network.
    #[error(
        "must be https://: over http:// pool keys would cross the network in clear (`allow_plaintext: true` at \
         the upstream allows it all the same)"
    )]
    Plaintext,
}

/// Reads the URL of a node that is added at run time.
///
/// # Errors
/// Why it cannot be one.
pub fn judge(text: &str, rules: Rules<'_>) -> Result<BaseUrl, Unfit> {
    if text.len() > LONGEST {
        return Err(Unfit::Long);
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
        return Err(Unfit::Characters);
    }
    let (scheme, rest) = text.split_once("://").ok_or(Unfit::Scheme)?;
    let (scheme, usual) = match scheme.to_ascii_lowercase().as_str() {
        "https" => (Scheme::Https, 443),
        "http" => (Scheme::Http, 80),
        _ => return Err(Unfit::Scheme),
    };
    if rest.contains(['?', '#']) {
        return Err(Unfit::Query);
    }
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (host, port) = split(authority)?;
    let url = BaseUrl {
        scheme,
        host: host.to_ascii_lowercase().into(),
        port: port.map_or(Ok(usual), self::port)?,
        prefix: prefix(path)?.into(),
    };
    match IpAddr::from_str(&url.host) {
        Ok(address) => {
            address::judge(address, rules.private_networks).map_err(|why| Unfit::Address(address, why))?;
        }
        Err(_) => name(&url.host, rules)?,
    }
    if url.scheme == Scheme::Http && !rules.allow_plaintext && !url.is_loopback() {
        return Err(Unfit::Plaintext);
    }
    Ok(url)
}

/// Host, without its brackets, and port.
fn split(authority: &str) -> Result<(&str, Option<&str>), Unfit> {
    if authority.contains('@') {
        return Err(Unfit::UserInfo);
    }
    if let Some(inner) = authority.strip_prefix('[') {
        let (literal, rest) = inner.split_once(']').ok_or(Unfit::Host)?;
        // No zone (`%eth0`): which network it means differs from machine to machine.
        Ipv6Addr::from_str(literal).map_err(|_| Unfit::Numeric)?;
        return match rest.strip_prefix(':') {
            Some(port) => Ok((literal, Some(port))),
            None if rest.is_empty() => Ok((literal, None)),
            None => Err(Unfit::Host),
        };
    }
    let (host, port) = authority
        .split_once(':')
        .map_or((authority, None), |(host, port)| (host, Some(port)));
    if is_numeric(host) && Ipv4Addr::from_str(host).is_err() {
        return Err(Unfit::Numeric);
    }
    Ok((host, port))
}

fn port(text: &str) -> Result<u16, Unfit> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    let number = text.parse().ok().filter(|_| plain);
    number.ok_or(Unfit::Port)
}

/// Whether some resolver may take it for an IPv4 address: its last part is a number.
fn is_numeric(host: &str) -> bool {
    let last = host.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    let hex = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X"));
    let is_hex = hex.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    is_hex || (!last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Names that only ever lead to this machine, also with others before them.
const LOCAL: [&str; 7] = [
    "localhost",
    "localhost4",
    "localhost6",
    "ip6-localhost",
    "ip6-loopback",
    "loopback",
    "localdomain",
];
/// Where names of inner networks end (RFC 6762 appendix G, RFC 8375, and what ICANN set aside).
const INNER: [&str; 6] = ["internal", "local", "intranet", "lan", "corp", "home"];
const METADATA: [&str; 5] = [
    "metadata.google.internal",
    "metadata.goog",
    "metadata",
    "instance-data",
    "instance-data.ec2.internal",
];

fn name(host: &str, rules: Rules<'_>) -> Result<(), Unfit> {
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(letters)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if host.len() > LONGEST_HOST || !host.split('.').all(label) {
        return Err(Unfit::Host);
    }
    if METADATA.contains(&host) {
        return Err(Unfit::Metadata);
    }
    let last = host.rsplit('.').next().unwrap_or_default();
    let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let allows = |address| {
        rules
            .private_networks
            .iter()
            .any(|network| network.contains(address))
    };
    if LOCAL.contains(&last) && !allows(loopback) {
        return Err(Unfit::Localhost);
    }
    if INNER.contains(&last) && rules.private_networks.is_empty() {
        return Err(Unfit::Inner);
    }
    Ok(())
}

fn prefix(path: &str) -> Result<&str, Unfit> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~:@!$&'()*+,;=".contains(&byte);
    let segment = |segment: &str| {
        !segment.is_empty() && segment != "." && segment != ".." && segment.bytes().all(plain)
    };
    match path.strip_prefix('/') {
        None if path.is_empty() => Ok(path),
        Some(segments) if segments.split('/').all(segment) => Ok(path),
        Some(_) | None => Err(Unfit::Path),
    }
}

#[cfg(test)]
mod tests;
