//! Settings that are one word of text with a meaning: durations, sizes, addresses, URLs.
//!
//! Invariant: what `Display` writes, `FromStr` reads back as the same value; the generated schema
//! names the `format`, and [`check_format`] refuses exactly what `FromStr` refuses.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use potluck_filters::model::BaseUrl;
use potluck_filters::secret::Secret;

use super::health::{Expected, PrivateNetwork};
use super::judge::Statuses;

/// A length of time: whole numbers with `ms`, `s`, `m`, `h` or `d`, for example `25s` or `1m30s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period(pub Duration);

/// A number of bytes: a whole number with `B`, `KiB`, `MiB` or `GiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

/// An address to listen on, `host:port` with the host as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address(pub SocketAddr);

/// An address to listen on, or `off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listener {
    /// Nothing listens.
    Off,
    /// There.
    At(SocketAddr),
}

/// A node's base URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url(pub BaseUrl);

/// A database's URL. It may carry a password: `Debug` and `Display` mask it.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(Secret);

impl Period {
    /// Whole seconds.
    #[must_use]
    pub const fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }
}

impl Size {
    /// Whole mebibytes.
    #[must_use]
    pub const fn mib(mib: u64) -> Self {
        Self(mib << 20)
    }

    /// Whole kibibytes.
    #[must_use]
    pub const fn kib(kib: u64) -> Self {
        Self(kib << 10)
    }
}

impl DatabaseUrl {
    /// The URL with its password.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// Longest first, so that the largest unit that divides is found first.
const PERIOD_UNITS: [(&str, u64); 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];
const SIZE_UNITS: [(&str, u32); 4] = [("GiB", 30), ("MiB", 20), ("KiB", 10), ("B", 0)];

fn period_error(text: &str) -> String {
    format!("`{text}` is no duration; write a whole number with ms, s, m, h or d, like 25s")
}

impl FromStr for Period {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut rest = text;
        let mut total: u64 = 0;
        while !rest.is_empty() || text.is_empty() {
            let digits = rest
                .find(|c: char| !c.is_ascii_digit())
                .ok_or_else(|| period_error(text))?;
            let (number, tail) = rest.split_at(digits);
            let unit = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
            let (unit, tail) = tail.split_at(unit);
            let factor = PERIOD_UNITS
                .iter()
                .find(|(name, _)| *name == unit)
                .map(|(_, factor)| *factor);
            let part = number
                .parse::<u64>()
                .ok()
                .zip(factor)
                .and_then(|(n, f)| n.checked_mul(f));
            total = part
                .and_then(|part| total.checked_add(part))
                .ok_or_else(|| period_error(text))?;
            rest = tail;
        }
        Ok(Self(Duration::from_millis(total)))
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX);
        let (unit, factor) = PERIOD_UNITS
            .iter()
            .find(|(_, factor)| ms > 0 && ms % factor == 0)
            .unwrap_or(&("s", 1000));
        write!(f, "{}{unit}", ms / factor)
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let error =
            || format!("`{text}` is no size; write a whole number with B, KiB, MiB or GiB, like 16MiB");
        let digits = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(error)?;
        let (number, unit) = text.split_at(digits);
        let shift = SIZE_UNITS
            .iter()
            .find(|(name, _)| *name == unit.trim_start())
            .ok_or_else(error)?
            .1;
        let number: u64 = number.parse().map_err(|_| error())?;
        number.checked_mul(1 << shift).map(Self).ok_or_else(error)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |shift: u32| self.0 > 0 && self.0.is_multiple_of(1 << shift);
        let (unit, shift) = SIZE_UNITS
            .iter()
            .find(|(_, shift)| fits(*shift))
            .unwrap_or(&("B", 0));
        write!(f, "{}{unit}", self.0 >> shift)
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse().map(Self).map_err(|_| {
            format!("`{text}` is no address to listen on; write 127.0.0.1:5002, [::1]:5002 or 0.0.0.0:5002")
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Listener {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self::Off),
            _ => text
                .parse()
                .map(|Address(address)| Self::At(address))
                .map_err(|why: String| format!("{why}, or `off`")),
        }
    }
}

impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::At(address) => address.fmt(f),
        }
    }
}

impl FromStr for Url {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse()
            .map(Self)
            .map_err(|error| format!("this URL is not usable: {error}"))
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = ["sqlite:", "postgres://", "postgresql://"]
            .iter()
            .any(|scheme| text.starts_with(scheme));
        if known {
            Ok(Self(Secret::new(text)))
        } else {
            Err("a database URL starts with sqlite: or postgres://".to_owned())
        }
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.expose();
        let masked = url.split_once("://").and_then(|(scheme, rest)| {
            let (login, host) = rest.rsplit_once('@')?;
            let (user, _) = login.split_once(':')?;
            Some(format!(
                "{scheme}://{user}:…@{}",
                host.split('?').next().unwrap_or_default()
            ))
        });
        f.write_str(
            masked
                .as_deref()
                .unwrap_or_else(|| url.split('?').next().unwrap_or_default()),
        )
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

macro_rules! texts {
    ($($type:ident $format:literal $form:tt,)*) => {
        $(
            impl serde::Serialize for $type {
                fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.collect_str(self)
                }
            }

            impl<'de> serde::Deserialize<'de> for $type {
                fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
                }
            }

            impl schemars::JsonSchema for $type {
                fn schema_name() -> std::borrow::Cow<'static, str> {
                    $format.into()
                }

                fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                    schemars::json_schema!({ "type": $form, "format": $format })
                }
            }
        )*

        /// Whether a text can be read as what the schema's `format` names.
        pub(super) fn check_format(format: &str, text: &str) -> Result<(), String> {
            match format {
                $($format => text.parse::<$type>().map(drop),)*
                _ => Ok(()),
            }
        }
    };
}

texts! {
    Period "duration" "string",
    Size "size" "string",
    Address "address" "string",
    Listener "address-or-off" "string",
    Url "url" "string",
    DatabaseUrl "database-url" "string",
    Statuses "status" ["string", "integer"],
    Expected "expected-status" ["string", "integer"],
    PrivateNetwork "network" "string",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_shown_in_their_largest_unit() {
        for (text, ms, shown) in [
            ("25s", 25_000, "25s"),
            ("150ms", 150, "150ms"),
            ("1m30s", 90_000, "90s"),
            ("120m", 7_200_000, "2h"),
            ("30d", 2_592_000_000, "30d"),
            ("0s", 0, "0s"),
        ] {
            let period: Period = text.parse().unwrap();
            assert_eq!(
                (period.0, period.to_string().as_str()),
                (Duration::from_millis(ms), shown)
            );
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in [
            "",
            "25",
            "s",
            "1.5s",
            "-1s",
            "1w",
            "1 s",
            "99999999999999999999s",
            "9999999999999999999d",
        ] {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_read_and_shown_in_their_largest_unit() {
        for (text, bytes, shown) in [
            ("16MiB", 16 << 20, "16MiB"),
            ("1024 KiB", 1 << 20, "1MiB"),
            ("100B", 100, "100B"),
            ("0B", 0, "0B"),
        ] {
            let size: Size = text.parse().unwrap();
            assert_eq!((size.0, size.to_string().as_str()), (bytes, shown));
        }
        for text in ["", "16", "16MB", "1.5MiB", "-1B", "99999999999999999GiB"] {
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_listener_is_an_address_or_off() {
        for text in ["off", "127.0.0.1:5003", "[::1]:0"] {
            assert_eq!(text.parse::<Listener>().unwrap().to_string(), text);
        }
        for text in ["", "Off", "localhost:1", "5003"] {
            let why = text.parse::<Listener>().unwrap_err();
            assert!(why.ends_with(", or `off`"), "{why}");
        }
    }

    #[test]
    fn a_database_password_is_never_shown() {
        for (text, shown) in [
            (
                "postgres://potluck:hunter2@db.example/pot",
                "postgres://potluck:…@db.example/pot",
            ),
            (
                "postgres://db.example/pot?password=hunter2",
                "postgres://db.example/pot",
            ),
            ("postgres://u:a@b@db/pot?sslmode=require", "postgres://u:…@db/pot"),
            ("sqlite:data/potluck.db", "sqlite:data/potluck.db"),
        ] {
            let url: DatabaseUrl = text.parse().unwrap();
            assert_eq!((url.to_string().as_str(), url.expose()), (shown, text));
            assert_eq!(format!("{url:?}"), shown);
        }
        assert!("mysql://x".parse::<DatabaseUrl>().is_err());
    }
}
