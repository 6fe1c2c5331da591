//! What came with a call that says who asks. Values in, values out.
//!
//! Invariant: what could be read in two ways is read in none.

use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method, Uri, header};
use potluck_filters::secret::Secret;

use crate::auth::Held;

/// What says who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Credential {
    /// Nothing does.
    None,
    /// The token of `Authorization: Bearer …`.
    Bearer(Secret),
    /// Something else in `Authorization`.
    Other,
    /// An access token in a browser's cookie.
    Cookie(Secret),
    /// More than one thing does.
    Several,
}

impl Credential {
    /// Reads the heads of a request.
    pub(super) fn of(headers: &HeaderMap, held: &Held) -> Self {
        let mut all = headers.get_all(header::AUTHORIZATION).iter();
        match (all.next(), all.next(), &held.access) {
            (Some(_), Some(_), _) => Self::Several,
            // A browser sends its cookies along with whatever a program in a page meant to say.
            (Some(only), None, _) => bearer(only.as_bytes()).map_or(Self::Other, Self::Bearer),
            (None, _, Some(token)) => Self::Cookie(token.clone()),
            (None, _, None) => Self::None,
        }
    }
}

fn bearer(value: &[u8]) -> Option<Secret> {
    let (scheme, token) = value.split_at_checked(7)?;
    let token = std::str::from_utf8(token.trim_ascii()).ok()?;
    scheme
        .eq_ignore_ascii_case(b"bearer ")
        .then(|| Secret::new(token))
}

/// Whether a call changes nothing.
pub(super) fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Whether a browser says that a page of another site made this call. A program says nothing of the kind. `own` is where
/// clients reach the relay, which is not what `Host` says where a proxy writes that anew.
pub(super) fn is_from_elsewhere(headers: &HeaderMap, uri: &Uri, own: Option<&str>) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let elsewhere = text("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none"));
    let origin = text("origin").map(host_of);
    let host = uri.authority().map(ToString::to_string);
    let host = host.or_else(|| text("host").map(str::to_owned));
    let other = origin.is_some_and(|origin| {
        let same = |host: &str| origin.is_some_and(|origin| origin.eq_ignore_ascii_case(host));
        !host.as_deref().is_some_and(same) && !own.and_then(host_of).is_some_and(same)
    });
    elsewhere || other
}

/// `relay.example:8443` of `https://relay.example:8443/potluck`; `null` has none.
fn host_of(origin: &str) -> Option<&str> {
    let (_, rest) = origin.split_once("://")?;
    let host = rest.split('/').next()?;
    host.parse::<Authority>().ok().map(|_| host)
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

    #[test]
    fn one_credential_counts_and_two_do_not() {
        let secret = |text: &str| Secret::new(text);
        for (pairs, expected) in [
            (&[][..], Credential::None),
            (
                &[("authorization", "bearer  abc ")],
                Credential::Bearer(secret("abc")),
            ),
            (&[("authorization", "Basic abc")], Credential::Other),
            (&[("authorization", "abc")], Credential::Other),
            (&[("cookie", "potluck_access=x")], Credential::Cookie(secret("x"))),
            (&[("cookie", "potluck_refresh=x")], Credential::None),
            (
                &[("authorization", "Bearer a"), ("authorization", "Bearer a")],
                Credential::Several,
            ),
            (
                &[("authorization", "Bearer a"), ("cookie", "potluck_access=x")],
                Credential::Bearer(secret("a")),
            ),
        ] {
            let headers = headers(pairs);
            let held = Held::of(&headers, false);
            assert_eq!(Credential::of(&headers, &held), expected, "{pairs:?}");
        }
    }

    #[test]
    fn another_sites_page_is_known_by_what_its_browser_says() {
        let host = ("host", "relay.example:8443");
        for (pairs, expected) in [
            (&[host][..], false),
            (&[host, ("origin", "https://relay.example:8443")], false),
            (&[host, ("origin", "https://Relay.example:8443")], false),
            (&[host, ("origin", "https://relay.example")], true),
            (&[host, ("origin", "https://evil.example")], true),
            (&[host, ("origin", "null")], true),
            (&[host, ("sec-fetch-site", "same-origin")], false),
            (&[host, ("sec-fetch-site", "none")], false),
            (&[host, ("sec-fetch-site", "same-site")], true),
            (&[host, ("sec-fetch-site", "cross-site")], true),
            (&[("origin", "https://relay.example")], true),
        ] {
            let uri = Uri::from_static("/manage/v1/session");
            assert_eq!(
                is_from_elsewhere(&headers(pairs), &uri, None),
                expected,
                "{pairs:?}"
            );
        }
        let behind = headers(&[("host", "127.0.0.1:5003"), ("origin", "https://pool.example")]);
        let uri = Uri::from_static("/manage/v1/session");
        for (own, expected) in [
            (None, true),
            (Some("https://pool.example"), false),
            (Some("https://pool.example/potluck/"), false),
            (Some("https://pool.example:8443"), true),
        ] {
            assert_eq!(is_from_elsewhere(&behind, &uri, own), expected, "{own:?}");
        }
    }
}
