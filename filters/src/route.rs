//! Which upstream does this path belong to?
//!
//! Prefixes are compared with the path as it was sent, whole segments only: an escaped prefix
//! (`/v1/novel%61i/…`) matches nothing, so what is checked and what is forwarded can not part ways.

mod listing;
mod pattern;

pub use listing::{Listed, Listing, list};
pub use pattern::Pattern;

use crate::model::{Layout, Route, Upstream};

/// A route that was found, and what of the path goes on from there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Match<'a> {
    /// The route.
    pub route: &'a Route,
    /// Its upstream.
    pub upstream: &'a Upstream,
    /// Index of the upstream in the layout.
    pub index: usize,
    /// The path as sent, without the prefix where the route strips it. Starts with `/`.
    pub path: &'a str,
}

/// Finds the route of a path as sent. `host` is the request's host without port, in any case.
///
/// The layout's routes stand in the order in which they are tried (the snapshot sorts them).
#[must_use]
pub fn find<'a>(layout: &'a Layout, host: Option<&str>, path: &'a str) -> Option<Match<'a>> {
    layout.routes.iter().find_map(|route| {
        let rest = below(&route.prefix, path)?;
        let here = route
            .host
            .as_deref()
            .is_none_or(|h| host.is_some_and(|x| x.eq_ignore_ascii_case(h)));
        let upstream = layout.upstreams.get(route.upstream).filter(|_| here)?;
        let path = if route.strip_prefix { rest } else { path };
        Some(Match {
            route,
            upstream,
            index: route.upstream,
            path,
        })
    })
}

/// What follows `prefix` in `path`, starting with `/`; `None` if the path lies elsewhere.
fn below<'a>(prefix: &str, path: &'a str) -> Option<&'a str> {
    let rest = path.strip_prefix(prefix.trim_end_matches('/'))?;
    match rest {
        "" => Some("/"),
        rest if rest.starts_with('/') => Some(rest),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_match_whole_segments_as_sent() {
        assert_eq!(below("/v1", "/v1/models"), Some("/models"));
        assert_eq!(below("/v1", "/v1"), Some("/"));
        assert_eq!(below("/v1/", "/v1/models"), Some("/models"));
        assert_eq!(below("/", "/anything"), Some("/anything"));
        assert_eq!(below("/v1", "/v10/models"), None);
        assert_eq!(below("/v1", "/%761/models"), None);
        assert_eq!(below("/v1", "/V1/models"), None);
    }
}
