//! The client's credentials out, the pool's in: which headers an upstream gets and which a client.
//!
//! Invariant: no header that carries the client's key, and no hop-by-hop header, passes in either
//! direction. What remains passes as it came, unknown headers too.

use http::header::{
    ALT_SVC, AUTHORIZATION, CONNECTION, CONTENT_LENGTH, COOKIE, EXPECT, FORWARDED, HOST, PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION, SET_COOKIE, TE, TRAILER, TRANSFER_ENCODING, UPGRADE, USER_AGENT,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use memchr::memmem;

use crate::authenticate::WEBSOCKET_KEY_PREFIX;
use crate::model::Kind;

/// What the relay calls itself to NovelAI, whose CDN refuses some clients' own names.
pub const USER_AGENT_VALUE: HeaderValue =
    HeaderValue::from_static(concat!("Potluck/", env!("CARGO_PKG_VERSION")));

/// Decides, header by header, what of a client's request goes on to an upstream.
#[derive(Clone, Copy, Debug)]
pub struct ClientHeaders<'a> {
    kind: Kind,
    presented: Option<&'a str>,
    connection: Option<&'a HeaderValue>,
}

impl<'a> ClientHeaders<'a> {
    /// `presented` is the client key as sent; every header that holds it anywhere is dropped.
    #[must_use]
    pub fn new(kind: Kind, presented: Option<&'a str>, headers: &'a HeaderMap) -> Self {
        Self {
            kind,
            presented,
            connection: headers.get(CONNECTION),
        }
    }

    /// Whether this header goes on as it is.
    #[must_use]
    pub fn passes(&self, name: &HeaderName, value: &HeaderValue) -> bool {
        !is_hop_by_hop(name)
            && !is_credential(name)
            && !is_about_the_client(name)
            && !self.is_for_this_kind_only(name)
            && !self.named_by_connection(name)
            && !self.holds_the_key(value)
    }

    fn is_for_this_kind_only(&self, name: &HeaderName) -> bool {
        match self.kind {
            Kind::Novelai => *name == USER_AGENT,
            // These choose an organisation of the pool key's owner; that is not the client's to choose.
            Kind::Openai => matches!(name.as_str(), "openai-organization" | "openai-project"),
            Kind::Http => false,
        }
    }

    fn named_by_connection(&self, name: &HeaderName) -> bool {
        is_named_by(self.connection, name)
    }

    fn holds_the_key(&self, value: &HeaderValue) -> bool {
        // Most values are shorter than any key, and preparing a search costs more than this look.
        self.presented.is_some_and(|key| {
            value.len() >= key.len() && memmem::find(value.as_bytes(), key.as_bytes()).is_some()
        })
    }
}

/// Whether a `Connection` header names this one as meant for the next hop only.
#[must_use]
pub fn is_named_by(connection: Option<&HeaderValue>, name: &HeaderName) -> bool {
    connection.is_some_and(|value| {
        let listed = value.as_bytes().split(|b| *b == b',');
        listed
            .map(<[u8]>::trim_ascii)
            .any(|one| one.eq_ignore_ascii_case(name.as_str().as_bytes()))
    })
}

/// Whether a header of an upstream's answer goes on to the client. Cookies of APIs belong to the
/// pool key's session, not to the client; so do the key's own limits and the name of its organisation.
#[must_use]
pub fn answer_passes(kind: Kind, name: &HeaderName) -> bool {
    let own = *name == PROXY_AUTHENTICATE
        || name.as_str() == "x-request-id"
        || name.as_str().starts_with("x-potluck-");
    // Speaks of another way to the upstream's own host.
    let elsewhere = *name == ALT_SVC;
    let framing = *name == CONTENT_LENGTH || *name == TRANSFER_ENCODING;
    framing || !(is_hop_by_hop(name) || own || elsewhere || (kind != Kind::Http && is_about_the_key(name)))
}

fn is_about_the_key(name: &HeaderName) -> bool {
    *name == SET_COOKIE
        || name.as_str().starts_with("x-ratelimit-")
        || matches!(name.as_str(), "openai-organization" | "openai-project")
}

/// The subprotocols to offer upstream: all but the one that carried the key.
#[must_use]
pub fn subprotocols(value: &HeaderValue) -> Option<HeaderValue> {
    let offered = value.to_str().ok()?.split(',').map(str::trim);
    let kept: Vec<_> = offered
        .filter(|one| !one.starts_with(WEBSOCKET_KEY_PREFIX))
        .collect();
    if kept.is_empty() {
        None
    } else {
        HeaderValue::from_str(&kept.join(", ")).ok()
    }
}

/// The query without the parameters that hold the client's key, in whatever spelling of `%xx`.
/// `None` where nothing had to go.
#[must_use]
pub fn query_without_key(query: &str, presented: &str) -> Option<String> {
    let holds = |pair: &str| memmem::find(&percent_decoded(pair), presented.as_bytes()).is_some();
    if !query.split('&').any(holds) {
        return None;
    }
    Some(
        query
            .split('&')
            .filter(|pair| !holds(pair))
            .collect::<Vec<_>>()
            .join("&"),
    )
}

/// Text with its `%xx` resolved; broken escapes stay as they are.
pub(crate) fn percent_decoded(text: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let escaped = (*first == b'%').then(|| tail.get(..2)).flatten();
        let byte = escaped.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        decoded.push(byte.unwrap_or(*first));
        rest = if byte.is_some() {
            tail.get(2..).unwrap_or_default()
        } else {
            tail
        };
    }
    decoded
}

/// Whether a header carries a client's credential.
#[must_use]
pub fn is_credential(name: &HeaderName) -> bool {
    *name == AUTHORIZATION
        || *name == PROXY_AUTHORIZATION
        || *name == COOKIE
        || matches!(name.as_str(), "x-api-key" | "api-key" | "x-goog-api-key")
}

/// Whether a header is meant for the next hop only (RFC 9110 §7.6.1 and its ancestors). `Upgrade` is put back by the
/// one path that upgrades.
#[must_use]
pub fn is_hop_by_hop(name: &HeaderName) -> bool {
    *name == CONNECTION
        || *name == TRANSFER_ENCODING
        || *name == TE
        || *name == TRAILER
        || *name == UPGRADE
        || matches!(
            name.as_str(),
            "keep-alive" | "proxy-connection" | "http2-settings"
        )
}

/// Set anew per attempt (`Host`, `Content-Length`), answered here (`Expect`), or telling the upstream
/// where the client is; also the relay's own headers.
fn is_about_the_client(name: &HeaderName) -> bool {
    *name == HOST
        || *name == CONTENT_LENGTH
        || *name == EXPECT
        || *name == FORWARDED
        || ["x-forwarded-", "x-potluck-", "cf-"]
            .iter()
            .any(|prefix| name.as_str().starts_with(prefix))
        || matches!(
            name.as_str(),
            "x-real-ip" | "x-request-id" | "true-client-ip" | "via"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(kind: Kind, pairs: &[(&'static str, &'static str)]) -> Vec<&'static str> {
        let headers: HeaderMap = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        let filter = ClientHeaders::new(kind, Some("np-secret"), &headers);
        let kept = pairs.iter().filter(|(name, _)| {
            let name = HeaderName::from_static(name);
            filter.passes(&name, &headers[&name])
        });
        kept.map(|(name, _)| *name).collect()
    }

    #[test]
    fn no_credential_passes_whatever_header_it_came_in() {
        let pairs = [
            ("authorization", "Bearer np-secret"),
            ("x-api-key", "np-secret"),
            ("api-key", "other"),
            ("cookie", "session=1"),
            ("proxy-authorization", "Basic x"),
            ("x-custom", "key=np-secret;"),
            ("accept", "application/json"),
        ];
        assert_eq!(kept(Kind::Http, &pairs), ["accept"]);
    }

    #[test]
    fn hop_by_hop_headers_and_those_that_connection_names_stay_here() {
        let pairs = [
            ("connection", "keep-alive, X-Hop"),
            ("keep-alive", "timeout=5"),
            ("te", "trailers"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "websocket"),
            ("x-hop", "1"),
            ("x-unknown", "stays"),
        ];
        assert_eq!(kept(Kind::Openai, &pairs), ["x-unknown"]);
    }

    #[test]
    fn each_kind_keeps_back_what_is_not_the_clients_to_say() {
        let pairs = [
            ("user-agent", "Python-urllib/3.11"),
            ("openai-organization", "org-1"),
        ];
        assert_eq!(kept(Kind::Novelai, &pairs), ["openai-organization"]);
        assert_eq!(kept(Kind::Openai, &pairs), ["user-agent"]);
        assert_eq!(kept(Kind::Http, &pairs), ["user-agent", "openai-organization"]);
    }

    #[test]
    fn the_client_is_not_described() {
        let pairs = [
            ("x-forwarded-for", "1.2.3.4"),
            ("x-real-ip", "1.2.3.4"),
            ("x-potluck-max-wait", "5"),
        ];
        assert_eq!(kept(Kind::Http, &pairs), [""; 0]);
    }

    #[test]
    fn the_key_leaves_the_subprotocols_and_the_query() {
        let offered = HeaderValue::from_static("realtime, openai-insecure-api-key.np-secret, v1");
        assert_eq!(subprotocols(&offered).unwrap(), "realtime, v1");
        assert_eq!(
            subprotocols(&HeaderValue::from_static("openai-insecure-api-key.np-secret")),
            None
        );
        assert_eq!(
            query_without_key("a=1&key=np-secret&b=2", "np-secret").unwrap(),
            "a=1&b=2"
        );
        assert_eq!(
            query_without_key("a=1&k=np%2Dse%63ret", "np-secret").unwrap(),
            "a=1"
        );
        assert_eq!(query_without_key("a=1&b=%zz", "np-secret"), None);
    }

    #[test]
    fn answers_lose_hop_by_hop_headers_and_api_cookies() {
        let passes = |kind, name| answer_passes(kind, &HeaderName::from_static(name));
        assert!(passes(Kind::Novelai, "content-disposition") && passes(Kind::Novelai, "content-length"));
        assert!(!passes(Kind::Novelai, "set-cookie") && passes(Kind::Http, "set-cookie"));
        assert!(
            !passes(Kind::Openai, "x-ratelimit-limit-tokens") && !passes(Kind::Openai, "openai-organization")
        );
        assert!(!passes(Kind::Http, "alt-svc") && !passes(Kind::Http, "x-potluck-edge"));
        assert!(!passes(Kind::Openai, "connection") && !passes(Kind::Openai, "keep-alive"));
    }
}
