//! Who sends a request, and how often strangers may: with a key what its look-up says, without one the address.
//!
//! Invariant: an address is slowed down for what it guessed wrong, never for a valid key.

use std::net::IpAddr;

use potluck_filters::admit;
use potluck_filters::authenticate::{self, Identity};
use potluck_filters::model::RouteAuth;
use potluck_filters::rejection::{Code, Rejection};
use potluck_filters::window::SPAN;

use crate::clock::unix_ms;
use crate::edge::Edge;
use crate::edge::live::Live;

impl Edge {
    /// Authenticates where the route asks for it, and checks where the request comes from.
    pub(super) fn identify<'a>(
        &self,
        live: &'a Live,
        presented: Option<&str>,
        peer: Option<IpAddr>,
        auth: RouteAuth,
    ) -> Result<Option<Identity<'a>>, Rejection> {
        let sent = match (auth, presented) {
            (RouteAuth::None, _) | (RouteAuth::Optional, None) => {
                return self.anonymous(peer).map(|()| None);
            }
            // No look-up failed, so nothing is counted.
            (RouteAuth::Key, None) => return Err(Code::MissingKey.into()),
            (RouteAuth::Key | RouteAuth::Optional, Some(sent)) => sent,
        };
        let found = authenticate::authenticate(&live.snapshot, sent, unix_ms());
        let identity = found.map_err(|code| self.failed(peer, code))?;
        admit::address(identity.key, peer)?;
        Ok(Some(identity))
    }

    /// Only look-ups that found nothing are counted: guessing is what is slowed down. A valid key always
    /// passes, whoever else shares its address, and the owner of a revoked one is told so each time.
    fn failed(&self, peer: Option<IpAddr>, code: Code) -> Rejection {
        let Some(peer) = peer.filter(|_| code == Code::UnknownKey) else {
            return code.into();
        };
        let failures = self.failures.observe(&neighbourhood(peer), 1);
        if failures > isize::try_from(self.settings.failures_per_minute).unwrap_or(isize::MAX) {
            return Rejection::new(Code::TooManyFailures).after(SPAN);
        }
        code.into()
    }

    /// Without a key there is only the address to count by.
    fn anonymous(&self, peer: Option<IpAddr>) -> Result<(), Rejection> {
        let seen = peer.map_or(0, |peer| self.anonymous.observe(&neighbourhood(peer), 1));
        if seen > isize::try_from(self.settings.anonymous_per_minute).unwrap_or(isize::MAX) {
            return Err(Rejection::new(Code::RateLimited).after(SPAN));
        }
        Ok(())
    }
}

/// The address, or for IPv6 its /64: one household or server has that many to choose from.
pub(crate) fn neighbourhood(peer: IpAddr) -> IpAddr {
    match peer {
        IpAddr::V4(_) => peer,
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) >> 64 << 64).into()),
    }
}
