//! Kinds, roles and nodes: where an upstream lives and how it is spoken to.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an upstream speaks; decides its judge table, error format and what may be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// NovelAI's native API: three hosts, one generation at a time per account.
    Novelai,
    /// Any OpenAI-compatible API.
    Openai,
    /// Any HTTP service, for example self-run GPU nodes.
    Http,
}

/// Which of NovelAI's three hosts a node stands for. Other kinds have one role.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Kinds other than `novelai`.
    #[default]
    Any,
    /// Images and all account paths.
    Image,
    /// Text and the OpenAI-like paths.
    Text,
    /// The legacy API: voice and annotation.
    Api,
}

/// HTTP versions a node may be spoken to with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum HttpVersion {
    /// h2 where TLS offers it, else HTTP/1.1.
    #[default]
    Auto,
    /// HTTP/1.1 only.
    H1,
    /// h2 only (over plaintext: with prior knowledge).
    H2,
}

/// `http` or `https`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Plaintext: loopback only, or by explicit opt-in per upstream.
    Http,
    /// TLS with the certificate verified.
    Https,
}

/// A node's base URL, taken apart and checked: scheme, host, port and a path prefix without a
/// slash at its end. No user, query or fragment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BaseUrl {
    /// Plain or TLS.
    pub scheme: Scheme,
    /// Host name or address literal, lower case, without brackets.
    pub host: Arc<str>,
    /// TCP port.
    pub port: u16,
    /// Empty, or starts with `/` and does not end with one.
    pub prefix: Arc<str>,
}

/// Why a text is not a usable base URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// Not a URL with scheme and host.
    #[error("not an absolute http:// or https:// URL")]
    NotAbsolute,
    /// `user:password@` is a credential in a place where it would be logged.
    #[error("must not carry a user name or password")]
    UserInfo,
    /// A query or fragment has no meaning in a base URL.
    #[error("must not have a query or fragment")]
    Query,
}

impl BaseUrl {
    /// Whether the host is this machine: a loopback address literal, or `localhost`.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.host
            .parse::<IpAddr>()
            .map_or(&*self.host == "localhost", |ip| ip.is_loopback())
    }

    /// What belongs into `Host` and `:authority`: the port only where it is not the scheme's own.
    #[must_use]
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.to_string()
        };
        match (self.scheme, self.port) {
            (Scheme::Http, 80) | (Scheme::Https, 443) => host,
            (Scheme::Http | Scheme::Https, port) => format!("{host}:{port}"),
        }
    }

    /// `host:port`, the form in which a pool key is bound to its hosts.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

impl FromStr for BaseUrl {
    type Err = BaseUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.contains(['?', '#']) {
            return Err(BaseUrlError::Query);
        }
        let uri: http::Uri = text.parse().map_err(|_| BaseUrlError::NotAbsolute)?;
        let authority = uri.authority().ok_or(BaseUrlError::NotAbsolute)?;
        if authority.as_str().contains('@') {
            return Err(BaseUrlError::UserInfo);
        }
        let (scheme, default_port) = match uri.scheme_str() {
            Some("http") => (Scheme::Http, 80),
            Some("https") => (Scheme::Https, 443),
            Some(_) | None => return Err(BaseUrlError::NotAbsolute),
        };
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        Ok(Self {
            scheme,
            host: host.to_ascii_lowercase().into(),
            port: authority.port_u16().unwrap_or(default_port),
            prefix: uri.path().trim_end_matches('/').into(),
        })
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        write!(f, "{scheme}://{}{}", self.authority(), self.prefix)
    }
}

/// One base URL of an upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Unique within its upstream; names the node's health across reloads.
    pub name: Arc<str>,
    /// Which host of the upstream it stands for.
    pub role: Role,
    /// Where it is.
    pub base: BaseUrl,
    /// How it is spoken to.
    pub http: HttpVersion,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls_come_apart_and_together() {
        for (text, shown, origin) in [
            (
                "https://image.novelai.net",
                "https://image.novelai.net",
                "image.novelai.net:443",
            ),
            (
                "https://Example.COM:443/v1/",
                "https://example.com/v1",
                "example.com:443",
            ),
            (
                "http://127.0.0.1:8080/a/b",
                "http://127.0.0.1:8080/a/b",
                "127.0.0.1:8080",
            ),
            ("http://[::1]:9/", "http://[::1]:9", "::1:9"),
        ] {
            let url: BaseUrl = text.parse().unwrap();
            assert_eq!((url.to_string().as_str(), url.origin().as_str()), (shown, origin));
        }
    }

    #[test]
    fn what_is_no_base_url_is_refused() {
        check("example.com", BaseUrlError::NotAbsolute);
        check("ftp://example.com", BaseUrlError::NotAbsolute);
        check("https://user:pw@example.com", BaseUrlError::UserInfo);
        check("https://example.com/?a=b", BaseUrlError::Query);
        fn check(text: &str, error: BaseUrlError) {
            assert_eq!(text.parse::<BaseUrl>(), Err(error), "{text}");
        }
    }

    #[test]
    fn loopback_is_recognised() {
        for (text, loopback) in [
            ("http://localhost:1", true),
            ("http://127.9.9.9", true),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(text.parse::<BaseUrl>().unwrap().is_loopback(), loopback);
        }
    }
}
