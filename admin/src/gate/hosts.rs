//! Under which names this relay may be called.
//!
//! A page in the operator's browser can have its own name lead to 127.0.0.1, and then ask the relay. It cannot
//! choose what stands in `Host`: that is the page's name, which is none of these.

use std::net::IpAddr;

use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri, header};

/// The names and addresses of this relay's own listener. The port does not matter: it may be forwarded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosts {
    /// Where it listens.
    bound: IpAddr,
    /// Further names, as the configuration has them.
    names: Vec<String>,
}

impl Hosts {
    /// Those of a listener on `bound`, and further names in lower case.
    #[must_use]
    pub fn new(bound: IpAddr, names: Vec<String>) -> Self {
        Self { bound, names }
    }

    /// Whether a request means this relay: by its `Host`, and by its target where that names a host too.
    pub(crate) fn are_meant_by(&self, target: &Uri, headers: &HeaderMap) -> bool {
        let mut hosts = headers.get_all(header::HOST).iter();
        let (Some(only), None) = (hosts.next(), hosts.next()) else {
            return false;
        };
        let host = Authority::try_from(only.as_bytes());
        host.is_ok_and(|host| self.has(&host)) && target.authority().is_none_or(|target| self.has(target))
    }

    fn has(&self, authority: &Authority) -> bool {
        if authority.as_str().contains('@') {
            return false;
        }
        let host = authority.host();
        let literal = host.trim_start_matches('[').trim_end_matches(']');
        match literal.parse::<IpAddr>() {
            Ok(address) => self.has_address(address),
            Err(_) => {
                host.eq_ignore_ascii_case("localhost")
                    || self.names.iter().any(|name| name.eq_ignore_ascii_case(host))
            }
        }
    }

    /// An address is never a page's name. One that listens everywhere has them all.
    fn has_address(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_loopback() || address == self.bound.to_canonical() || self.bound.is_unspecified()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meant(bound: &str, target: &str, hosts: &[&str]) -> bool {
        let own = Hosts::new(bound.parse().unwrap(), vec!["relay.example".to_owned()]);
        let hosts = hosts.iter().map(|host| (header::HOST, host.parse().unwrap()));
        own.are_meant_by(&target.parse().unwrap(), &hosts.collect())
    }

    #[test]
    fn loopback_the_own_address_and_listed_names_are_meant() {
        for host in [
            "localhost",
            "LocalHost:5003",
            "127.0.0.1",
            "127.0.0.1:9",
            "[::1]:5003",
            "10.1.2.3",
            "relay.example",
            "Relay.Example:443",
        ] {
            assert!(meant("10.1.2.3", "/manage/v1/status", &[host]), "{host}");
        }
        assert!(meant("0.0.0.0", "/", &["192.0.2.7"]));
        assert!(meant("127.0.0.1", "http://localhost/x", &["localhost"]));
    }

    #[test]
    fn other_names_are_not_meant() {
        for hosts in [
            &[][..],
            &[""],
            &["evil.example"],
            &["localhost.evil.example"],
            &["evil.localhost"],
            &["localhost@evil.example"],
            &["127.0.0.1.nip.io"],
            &["10.1.2.4"],
            &["0x7f000001"],
            &["localhost", "localhost"],
            &["localhost", "evil.example"],
        ] {
            assert!(!meant("10.1.2.3", "/manage/v1/status", hosts), "{hosts:?}");
        }
        assert!(!meant("127.0.0.1", "http://evil.example/x", &["localhost"]));
        assert!(!meant("127.0.0.1", "http://localhost/x", &["evil.example"]));
    }
}
