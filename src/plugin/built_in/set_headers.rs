//! `set-headers`: headers that every request, or every answer, of a route gets or loses.

use std::collections::BTreeMap;

use http::{HeaderName, HeaderValue};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::plugin::headers::Side;
use crate::plugin::{Deliver, Headers, Plugin, Rejection, Response, RouteFacts, Slip, UpstreamRequest};

/// Settings of `set-headers`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// What changes in requests on their way to the upstream.
    #[serde(default)]
    request: Changes,
    /// What changes in answers on their way to the client, the relay's own ones too.
    #[serde(default)]
    response: Changes,
}

/// Changes of a message's headers, in this order: remove, set, add.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Changes {
    /// Names of headers that are taken out.
    #[serde(default)]
    remove: Vec<String>,
    /// Headers by name, each in the place of all of that name.
    #[serde(default)]
    set: BTreeMap<String, String>,
    /// Headers by name, each beside those of that name.
    #[serde(default)]
    add: BTreeMap<String, String>,
}

/// The plug-in.
pub(super) struct SetHeaders(Settings);

impl Plugin for SetHeaders {
    const NAME: &'static str = "set-headers";
    const ABOUT: &'static str = "Adds, replaces and removes headers of requests and answers.";
    type Settings = Settings;
    type State = ();

    fn new(settings: Settings, _: &RouteFacts) -> Result<Self, Vec<Slip>> {
        let mut slips = Vec::new();
        settings.request.check("request", Side::ToUpstream, &mut slips);
        settings.response.check("response", Side::ToClient, &mut slips);
        if settings.request.is_empty() && settings.response.is_empty() {
            slips.push(Slip::new("needs something to do under `request` or `response`"));
        }
        if slips.is_empty() {
            Ok(Self(settings))
        } else {
            Err(slips)
        }
    }

    fn on_upstream_request(&self, (): &mut (), request: &mut UpstreamRequest<'_>) -> Result<(), Rejection> {
        self.0.request.make(request.headers())
    }

    fn on_response(&self, (): &mut (), response: &mut Response<'_>) -> Result<Deliver, Rejection> {
        self.0.response.make(response.headers())?;
        Ok(Deliver::Pass)
    }
}

impl Changes {
    fn is_empty(&self) -> bool {
        self.remove.is_empty() && self.set.is_empty() && self.add.is_empty()
    }

    fn make(&self, mut headers: Headers<'_>) -> Result<(), Rejection> {
        for name in &self.remove {
            headers.remove(name)?;
        }
        for (name, value) in &self.set {
            headers.set(name, value)?;
        }
        for (name, value) in &self.add {
            headers.append(name, value)?;
        }
        Ok(())
    }

    fn check(&self, key: &str, side: Side, slips: &mut Vec<Slip>) {
        let name_slip = |name: &str| match HeaderName::from_bytes(name.as_bytes()) {
            Err(_) => Some(format!("`{name}` is not a header's name")),
            Ok(known) if side.reserves(&known) => Some(format!(
                "`{known}` is the relay's own: it frames the message, names its hop or host, or carries a credential"
            )),
            Ok(_) => None,
        };
        for (at, name) in self.remove.iter().enumerate() {
            slips.extend(name_slip(name).map(|message| Slip::item("remove", at, message).within(key)));
        }
        for (within, pairs) in [("set", &self.set), ("add", &self.add)] {
            for (name, value) in pairs {
                let unsendable = HeaderValue::from_str(value).is_err();
                let slip = name_slip(name);
                let slip =
                    slip.or(unsendable.then(|| "has characters that cannot stand in a header".to_owned()));
                slips.extend(slip.map(|message| Slip::of(name, message).within(within).within(key)));
            }
        }
    }
}
