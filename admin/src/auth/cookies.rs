//! The cookies of a browser's session: written, and read back.
//!
//! Invariant: no script can read them (`HttpOnly`), no other site's page has them sent (`SameSite=Strict`); over TLS
//! their names begin with `__Host-`, so that no other host and no plain connection can set them.

use axum::http::{HeaderMap, HeaderValue, header};
use potluck_filters::secret::Secret;

const ACCESS: &str = "potluck_access";
const REFRESH: &str = "potluck_refresh";
const HOST: &str = "__Host-";

/// How cookies are written to a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cookies {
    /// Whether the caller came over TLS.
    pub(crate) secure: bool,
}

/// What a caller's cookies hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Held {
    /// An access token.
    pub(crate) access: Option<Secret>,
    /// A refresh token.
    pub(crate) refresh: Option<Secret>,
}

impl Cookies {
    /// The access token until it ends.
    pub(crate) fn access(self, token: &Secret, seconds: i64) -> Option<HeaderValue> {
        self.set(ACCESS, token, seconds)
    }

    /// The refresh token until it ends.
    pub(crate) fn refresh(self, token: &Secret, seconds: i64) -> Option<HeaderValue> {
        self.set(REFRESH, token, seconds)
    }

    /// Both gone.
    pub(crate) fn cleared(self) -> Vec<HeaderValue> {
        let nothing = Secret::new("");
        let all = [ACCESS, REFRESH].map(|name| self.set(name, &nothing, 0));
        all.into_iter().flatten().collect()
    }

    fn set(self, name: &str, token: &Secret, seconds: i64) -> Option<HeaderValue> {
        let (prefix, secure) = if self.secure { (HOST, "; Secure") } else { ("", "") };
        let text = format!(
            "{prefix}{name}={}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}",
            token.expose()
        );
        let mut value = HeaderValue::try_from(text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

impl Held {
    /// Reads a request's cookies. Where a caller came over TLS only those that were set over it count. One that comes
    /// twice counts as none: a neighbour on the same host may have set the other.
    pub(crate) fn of(headers: &HeaderMap, secure: bool) -> Self {
        let prefix = if secure { HOST } else { "" };
        Self {
            access: only(headers, prefix, ACCESS),
            refresh: only(headers, prefix, REFRESH),
        }
    }
}

fn only(headers: &HeaderMap, prefix: &str, name: &str) -> Option<Secret> {
    let lines = headers.get_all(header::COOKIE).iter();
    let pairs = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'));
    let mut found = pairs.filter_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key.strip_prefix(prefix) == Some(name)).then_some(value)
    });
    match (found.next(), found.next()) {
        (Some(value), None) if !value.is_empty() => Some(Secret::new(value)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_the_browsers_alone_and_over_tls_this_hosts_alone() {
        let token = Secret::new("t");
        let plain = Cookies { secure: false };
        let secure = Cookies { secure: true };
        assert_eq!(
            plain.access(&token, 900).unwrap(),
            "potluck_access=t; Path=/; Max-Age=900; HttpOnly; SameSite=Strict"
        );
        assert_eq!(
            secure.refresh(&token, 9).unwrap(),
            "__Host-potluck_refresh=t; Path=/; Max-Age=9; HttpOnly; SameSite=Strict; Secure"
        );
        let cleared = secure.cleared();
        assert_eq!(cleared.len(), 2);
        assert!(
            cleared[0]
                .to_str()
                .unwrap()
                .starts_with("__Host-potluck_access=; Path=/; Max-Age=0;")
        );
        assert!(!format!("{:?}", plain.access(&Secret::new("hidden"), 1)).contains("hidden"));
    }

    #[test]
    fn cookies_are_read_back_unless_they_come_twice_or_from_a_plain_connection() {
        let read = |secure, lines: &[&str]| {
            let lines = lines.iter().map(|line| (header::COOKIE, line.parse().unwrap()));
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                headers.append(name, value);
            }
            Held::of(&headers, secure)
        };
        let held = read(false, &["a=b; potluck_access=x", "potluck_refresh=y; c"]);
        assert_eq!(held.access, Some(Secret::new("x")));
        assert_eq!(held.refresh, Some(Secret::new("y")));
        assert_eq!(
            read(true, &["__Host-potluck_access=x"]).access,
            Some(Secret::new("x"))
        );
        for (secure, line) in [
            (true, "potluck_access=x"),
            (false, "__Host-potluck_access=x"),
            (false, "potluck_access=x; potluck_access=y"),
            (false, "potluck_access="),
            (false, "xpotluck_access=x"),
            (false, ""),
        ] {
            assert_eq!(read(secure, &[line]), Held::default(), "{secure} {line}");
        }
    }
}
