//! Whose address a call came from, where proxies stand before the relay.
//!
//! Invariant: what a header says counts only as far as proxies that are listed have written it. Read from the right,
//! the first address that is none of theirs is the caller's; what stands left of it anybody may have written.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, header};
use potluck_filters::model::Network;

const X_FORWARDED_FOR: &str = "x-forwarded-for";
const X_FORWARDED_PROTO: &str = "x-forwarded-proto";

/// The caller's address. `peer` is at the other end of the connection.
pub(crate) fn caller(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    if !is_trusted(peer) {
        return peer;
    }
    let walk = |hops: &[Option<IpAddr>]| {
        let mut caller = peer;
        for hop in hops.iter().rev() {
            // What cannot be read was not written by a proxy that knows better; who wrote it is the caller.
            let Some(hop) = hop else { break };
            caller = *hop;
            if !is_trusted(caller) {
                break;
            }
        }
        caller
    };
    let (usual, standard) = (walk(&x_forwarded_for(headers)), walk(&forwarded_for(headers)));
    match (
        headers.contains_key(X_FORWARDED_FOR),
        headers.contains_key(header::FORWARDED),
    ) {
        (true, false) => usual,
        (false, true) => standard,
        // A proxy that writes one header passes the other on as it came: where they differ, neither counts.
        (true, true) if usual == standard => usual,
        (true, true) | (false, false) => peer,
    }
}

/// Whether the call came over TLS, as the nearest proxy says.
pub(crate) fn over_tls(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> bool {
    if !trusted.iter().any(|network| network.contains(peer)) {
        return false;
    }
    let told = values(headers, X_FORWARDED_PROTO).next_back().map(str::to_owned);
    let told = told.or_else(|| parameter(values(headers, "forwarded").next_back()?, "proto"));
    told.is_some_and(|proto| proto.eq_ignore_ascii_case("https"))
}

/// The comma-separated parts of all headers of a name, in their order.
fn values<'h>(headers: &'h HeaderMap, name: &str) -> impl DoubleEndedIterator<Item = &'h str> {
    let all: Vec<&str> = headers
        .get_all(name)
        .iter()
        .map(|value| value.to_str().unwrap_or_default())
        .collect();
    let parts = all.into_iter().flat_map(|value| value.split(','));
    parts.map(str::trim)
}

fn x_forwarded_for(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    values(headers, X_FORWARDED_FOR).map(address).collect()
}

fn forwarded_for(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    values(headers, header::FORWARDED.as_str())
        .map(|hop| parameter(hop, "for").and_then(|node| address(&node)))
        .collect()
}

/// A parameter of one hop of `Forwarded` (RFC 7239), without its quotes.
fn parameter(hop: &str, name: &str) -> Option<String> {
    hop.split(';').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        key.trim()
            .eq_ignore_ascii_case(name)
            .then(|| value.trim().trim_matches('"').to_owned())
    })
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:80`.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let address = bare.unwrap_or(text).parse::<IpAddr>().ok();
    let address = address.or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()));
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    fn seen(peer: &str, pairs: &[(&'static str, &str)]) -> String {
        let trusted: Vec<Network> = ["10.0.0.0/8", "2001:db8:1::/48"]
            .iter()
            .map(|text| text.parse().unwrap())
            .collect();
        caller(peer.parse().unwrap(), &headers(pairs), &trusted).to_string()
    }

    #[test]
    fn the_rightmost_hop_that_is_no_listed_proxy_is_the_caller() {
        let xff = "x-forwarded-for";
        for (peer, pairs, expected) in [
            ("192.0.2.9", &[][..], "192.0.2.9"),
            ("192.0.2.9", &[(xff, "198.51.100.1")], "192.0.2.9"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &[(xff, "198.51.100.1")], "198.51.100.1"),
            ("::ffff:10.0.0.1", &[(xff, "198.51.100.1")], "198.51.100.1"),
            ("10.0.0.1", &[(xff, "203.0.113.7, 198.51.100.1")], "198.51.100.1"),
            ("10.0.0.1", &[(xff, "198.51.100.1, 10.0.0.2")], "198.51.100.1"),
            (
                "10.0.0.1",
                &[(xff, "1.1.1.1"), (xff, "198.51.100.1, 10.0.0.2")],
                "198.51.100.1",
            ),
            ("10.0.0.1", &[(xff, "10.0.0.3,10.0.0.2")], "10.0.0.3"),
            ("10.0.0.1", &[(xff, "198.51.100.1, junk, 10.0.0.2")], "10.0.0.2"),
            ("10.0.0.1", &[(xff, "")], "10.0.0.1"),
            ("10.0.0.1", &[(xff, "198.51.100.1:4711")], "198.51.100.1"),
            ("10.0.0.1", &[(xff, "[2001:db8::7]:4711")], "2001:db8::7"),
            ("2001:db8:1::1", &[(xff, "2001:db8::7")], "2001:db8::7"),
            ("10.0.0.1", &[("forwarded", "for=198.51.100.1")], "198.51.100.1"),
            (
                "10.0.0.1",
                &[(
                    "forwarded",
                    "for=203.0.113.7, For=\"[2001:db8::7]:80\";proto=https",
                )],
                "2001:db8::7",
            ),
            ("10.0.0.1", &[("forwarded", "for=unknown")], "10.0.0.1"),
            (
                "10.0.0.1",
                &[("forwarded", "for=_hidden, for=10.0.0.2")],
                "10.0.0.2",
            ),
            ("10.0.0.1", &[("forwarded", "by=10.0.0.1")], "10.0.0.1"),
            (
                "10.0.0.1",
                &[(xff, "198.51.100.1"), ("forwarded", "for=198.51.100.1")],
                "198.51.100.1",
            ),
            (
                "10.0.0.1",
                &[(xff, "198.51.100.1"), ("forwarded", "for=203.0.113.7")],
                "10.0.0.1",
            ),
            ("10.0.0.1", &[("x-real-ip", "198.51.100.1")], "10.0.0.1"),
        ] {
            assert_eq!(seen(peer, pairs), expected, "{peer} {pairs:?}");
        }
    }

    #[test]
    fn only_a_listed_proxy_can_say_that_a_call_came_over_tls() {
        let trusted: Vec<Network> = vec!["10.0.0.0/8".parse().unwrap()];
        for (peer, pairs, expected) in [
            ("192.0.2.9", &[("x-forwarded-proto", "https")][..], false),
            ("10.0.0.1", &[("x-forwarded-proto", "https")], true),
            ("10.0.0.1", &[("x-forwarded-proto", "https, http")], false),
            ("10.0.0.1", &[("forwarded", "for=1.1.1.1;proto=HTTPS")], true),
            ("10.0.0.1", &[("forwarded", "for=1.1.1.1")], false),
            ("10.0.0.1", &[], false),
        ] {
            let told = over_tls(peer.parse().unwrap(), &headers(pairs), &trusted);
            assert_eq!(told, expected, "{peer} {pairs:?}");
        }
    }
}
