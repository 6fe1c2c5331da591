//! `ip-allow`: from where a route may be used.

use potluck_filters::model::Network;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::plugin::{Code, Flow, Plugin, Rejection, Request, RouteFacts, Slip};

/// Settings of `ip-allow`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// Addresses and networks, such as `10.0.0.0/8` or `2001:db8::/32`. Required.
    networks: Vec<String>,
}

/// The plug-in.
pub(super) struct IpAllow(Vec<Network>);

impl Plugin for IpAllow {
    const NAME: &'static str = "ip-allow";
    const ABOUT: &'static str = "Refuses requests from addresses outside the listed networks.";
    type Settings = Settings;
    type State = ();

    fn new(settings: Settings, _: &RouteFacts) -> Result<Self, Vec<Slip>> {
        let (mut networks, mut slips) = (Vec::new(), Vec::new());
        for (at, text) in settings.networks.iter().enumerate() {
            match text.parse() {
                Ok(network) => networks.push(network),
                Err(error) => slips.push(Slip::item("networks", at, format!("{error}"))),
            }
        }
        if settings.networks.is_empty() {
            slips.push(Slip::of("networks", "needs at least one address or network"));
        }
        if slips.is_empty() {
            Ok(Self(networks))
        } else {
            Err(slips)
        }
    }

    fn on_request(&self, (): &mut (), request: &mut Request<'_>) -> Result<Flow, Rejection> {
        let peer = request.about().peer();
        // One that is not known is outside.
        let inside = peer.is_some_and(|peer| self.0.iter().any(|network| network.contains(peer)));
        if inside {
            return Ok(Flow::Continue);
        }
        Err(Rejection::new(Code::AddressNotAllowed).saying("This route may not be used from this address."))
    }
}
