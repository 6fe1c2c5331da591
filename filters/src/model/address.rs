//! An address range in CIDR form, for a client key's address allow-list.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A network such as `10.0.0.0/8` or `2001:db8::/32`; a bare address is a network of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Network {
    /// As IPv6; IPv4 is held in its mapped form, so that one comparison serves both.
    base: u128,
    /// Leading bits that must be equal, 0 to 128 (IPv4: 96 + its prefix).
    prefix: u8,
    is_v4: bool,
}

/// Why a text is not a network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// Neither an address nor `address/prefix`.
    #[error("{0:?} is not an IP address or a network such as 10.0.0.0/8")]
    Address(String),
    /// The prefix is no number or too long for the family.
    #[error("{0:?} has a prefix that its address family does not allow")]
    Prefix(String),
}

impl Network {
    /// Whether `address` lies in this network. An IPv4-mapped IPv6 address counts as IPv4.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        (bits(address) ^ self.base) & mask(self.prefix) == 0
    }
}

fn bits(address: IpAddr) -> u128 {
    let v6 = match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    };
    u128::from(v6)
}

fn mask(prefix: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0)
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
        let address: IpAddr = address
            .parse()
            .map_err(|_| NetworkError::Address(text.to_owned()))?;
        let (longest, shift) = if address.is_ipv4() {
            (32_u8, 96_u8)
        } else {
            (128, 0)
        };
        let prefix = prefix
            .map_or(Ok(longest), str::parse)
            .ok()
            .filter(|p| *p <= longest);
        let prefix = prefix.ok_or_else(|| NetworkError::Prefix(text.to_owned()))? + shift;
        Ok(Self {
            base: bits(address) & mask(prefix),
            prefix,
            is_v4: address.is_ipv4(),
        })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let v6 = Ipv6Addr::from(self.base);
        match v6.to_ipv4_mapped().filter(|_| self.is_v4) {
            Some(v4) => write!(f, "{v4}/{}", self.prefix - 96),
            None => write!(f, "{v6}/{}", self.prefix),
        }
    }
}

impl TryFrom<String> for Network {
    type Error = NetworkError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        network.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(network: &str, address: &str, inside: bool) {
        let network: Network = network.parse().unwrap();
        assert_eq!(
            network.contains(address.parse().unwrap()),
            inside,
            "{network} {address}"
        );
    }

    #[test]
    fn membership_is_by_prefix_and_family() {
        check("10.0.0.0/8", "10.255.0.1", true);
        check("10.0.0.0/8", "11.0.0.1", false);
        check("10.1.2.3", "10.1.2.3", true);
        check("10.1.2.3", "10.1.2.4", false);
        check("2001:db8::/32", "2001:db8:1::1", true);
        check("2001:db8::/32", "2001:db9::1", false);
        check("127.0.0.0/8", "::ffff:127.0.0.1", true);
        check("0.0.0.0/0", "2001:db8::1", false);
        check("::/0", "2001:db8::1", true);
    }

    #[test]
    fn text_round_trips_with_host_bits_cleared() {
        for (text, shown) in [
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("::1", "::1/128"),
            ("1.2.3.4", "1.2.3.4/32"),
        ] {
            assert_eq!(text.parse::<Network>().unwrap().to_string(), shown);
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "10.0.0", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "host/8"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }
}
