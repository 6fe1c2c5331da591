//! Whether a node may be at an address: decided for every address that a name is found at, before anything
//! connects to it.
//!
//! Invariant: where a cloud keeps its secrets, and what is no one machine, is refused whatever was allowed.
//! An IPv6 address that carries an IPv4 one is as good as that one, and no better.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use crate::model::{BaseUrl, Network};

/// Why nothing may connect to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// Where clouds answer with credentials of the machine.
    #[error("is the address of a cloud's metadata service, which is never connected to")]
    Metadata,
    /// 169.254.0.0/16 and fe80::/10.
    #[error("is a link-local address, where clouds keep their metadata; it is never connected to")]
    LinkLocal,
    /// Unspecified, multicast or broadcast.
    #[error("is not the address of one machine")]
    Nowhere,
    /// Set aside by IANA: documentation, benchmarks, and what is not in use.
    #[error("is a reserved address, which is never connected to")]
    Reserved,
    /// 127.0.0.0/8 and ::1.
    #[error("is this machine itself; `private_networks` of the upstream would have to contain it")]
    Loopback,
    /// RFC 1918, shared address space of providers (RFC 6598), and fc00::/7.
    #[error("is a private address; `private_networks` of the upstream would have to contain it")]
    Private,
}

/// Metadata services outside the link-local range: Alibaba's and Oracle's older one.
const METADATA_V4: [Ipv4Addr; 2] = [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(192, 0, 0, 192)];
/// Amazon's and Google's.
const METADATA_V6: [Ipv6Addr; 2] = [
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
];
/// Azure's WireServer, which answers from a public address on every machine of that cloud.
const WIRE_SERVER: Ipv4Addr = Ipv4Addr::new(168, 63, 129, 16);

/// Whether a connection to `address` may be made. Private and loopback addresses only where `allowed`
/// contains them, in whichever form they are written.
///
/// # Errors
/// Why not.
pub fn judge(address: IpAddr, allowed: &[Network]) -> Result<(), Why> {
    let inner = match address {
        IpAddr::V4(v4) => Some(v4),
        IpAddr::V6(v6) => carried(v6),
    };
    let seen = inner.map_or(address, IpAddr::V4);
    let why = match seen {
        IpAddr::V4(v4) => judge_v4(v4),
        IpAddr::V6(v6) => judge_v6(v6),
    };
    match why {
        None => Ok(()),
        Some(Why::Loopback | Why::Private) if allowed.iter().any(|network| network.contains(seen)) => Ok(()),
        Some(why) => Err(why),
    }
}

/// The private networks that a node may be in: those of its upstream and, where it stands in the configuration
/// file, the address that is written there.
#[must_use]
pub fn allowed(base: &BaseUrl, configured: bool, private: &Arc<[Network]>) -> Arc<[Network]> {
    if !configured {
        return Arc::clone(private);
    }
    let own: &[&str] = match &*base.host {
        "localhost" => &["127.0.0.0/8", "::1"],
        host => &[host],
    };
    let own = own.iter().filter_map(|network| network.parse().ok());
    private.iter().copied().chain(own).collect()
}

/// The IPv4 address that this one leads to: mapped, compatible, translated (NAT64) or tunnelled (6to4, Teredo).
fn carried(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = v6.segments();
    let v4 = |high: u16, low: u16| Some(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match [a, b, c, d, e, f] {
        // ::1 and :: are no IPv4 addresses.
        [0, 0, 0, 0, 0, 0] if g == 0 && h <= 1 => None,
        // ::a.b.c.d, ::ffff:a.b.c.d, and the same with a zero between (RFC 2765); 64:ff9b::/96 (RFC 6052)
        // and 64:ff9b:1::/48 (RFC 8215, as it is used with a /96); ISATAP (RFC 5214), in whichever network.
        [0, 0, 0, 0, 0, 0 | 0xffff]
        | [0, 0, 0, 0, 0xffff, 0]
        | [0x64, 0xff9b, 0, 0, 0, 0]
        | [0x64, 0xff9b, 1, ..]
        | [_, _, _, _, 0 | 0x200, 0x5efe] => v4(g, h),
        // 2002::/16 (RFC 3056).
        [0x2002, high, low, ..] => v4(high, low),
        // 2001::/32 (RFC 4380): the client's address, its bits turned over.
        [0x2001, 0, ..] => v4(!g, !h),
        _ => None,
    }
}

fn judge_v4(v4: Ipv4Addr) -> Option<Why> {
    let [a, b, c, _] = v4.octets();
    match (a, b, c) {
        _ if METADATA_V4.contains(&v4) || v4 == WIRE_SERVER => Some(Why::Metadata),
        (169, 254, _) => Some(Why::LinkLocal),
        // RFC 791 and RFC 1122: "this network".
        _ if v4.is_broadcast() => Some(Why::Nowhere),
        (0 | 224..=239, ..) => Some(Why::Nowhere),
        (127, ..) => Some(Why::Loopback),
        (10, ..) | (172, 16..=31, _) | (192, 168, _) | (100, 64..=127, _) => Some(Why::Private),
        // RFC 6890, 5737, 2544 and 1112.
        (192, 0, 0 | 2)
        | (192, 88, 99)
        | (198, 18..=19, _)
        | (198, 51, 100)
        | (203, 0, 113)
        | (240..=255, ..) => Some(Why::Reserved),
        _ => None,
    }
}

fn judge_v6(v6: Ipv6Addr) -> Option<Why> {
    let [a, b, ..] = v6.segments();
    match (a, b) {
        _ if METADATA_V6.contains(&v6) => Some(Why::Metadata),
        _ if v6.is_loopback() => Some(Why::Loopback),
        _ if v6.is_unspecified() => Some(Why::Nowhere),
        (0xfe80..=0xfebf, _) => Some(Why::LinkLocal),
        (0xff00..=0xffff, _) => Some(Why::Nowhere),
        // fc00::/7, and fec0::/10 as it was before.
        (0xfc00..=0xfdff | 0xfec0..=0xfeff, _) => Some(Why::Private),
        (0x100, 0) | (0x2001, 0x2 | 0xdb8) | (0x3fff, 0..=0xfff) | (0x5f00, _) => Some(Why::Reserved),
        // Of all else only 2000::/3 is in use.
        (0x2000..=0x3fff, _) => None,
        _ => Some(Why::Reserved),
    }
}

#[cfg(test)]
mod tests;
