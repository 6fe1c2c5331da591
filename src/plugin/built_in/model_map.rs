//! `model-map`: other names for models. A request for one is a request for the other from here on.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::plugin::{Flow, Needs, Plugin, Rejection, Request, RouteFacts, Slip};

/// Settings of `model-map`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// Which model is asked for in whose place, by the name as sent: exact, or a beginning with `*` at its end. An
    /// exact name wins, then the longest beginning. Required.
    models: BTreeMap<String, String>,
}

/// The plug-in.
pub(super) struct ModelMap {
    exact: BTreeMap<String, String>,
    /// The longest first.
    beginnings: Vec<(String, String)>,
}

impl Plugin for ModelMap {
    const NAME: &'static str = "model-map";
    const ABOUT: &'static str = "Asks the upstream for another model than the request names.";
    type Settings = Settings;
    type State = ();

    fn new(settings: Settings, _: &RouteFacts) -> Result<Self, Vec<Slip>> {
        if settings.models.is_empty() {
            return Err(vec![Slip::of("models", "needs at least one model")]);
        }
        let (mut exact, mut beginnings, mut slips) = (BTreeMap::new(), Vec::new(), Vec::new());
        for (sent, asked) in settings.models {
            if sent.trim_end_matches('*').contains('*') || sent.ends_with("**") {
                slips.push(Slip::of(sent, "may have one `*`, at the end").within("models"));
            } else if asked.is_empty() || asked.contains(|c: char| c.is_control() || c == '*') {
                slips.push(Slip::of(sent, "must be the name of one model").within("models"));
            } else if let Some(beginning) = sent.strip_suffix('*') {
                beginnings.push((beginning.to_owned(), asked));
            } else {
                exact.insert(sent, asked);
            }
        }
        beginnings.sort_by_key(|(beginning, _)| std::cmp::Reverse(beginning.len()));
        if slips.is_empty() {
            Ok(Self { exact, beginnings })
        } else {
            Err(slips)
        }
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.request_body()
    }

    fn on_request(&self, (): &mut (), request: &mut Request<'_>) -> Result<Flow, Rejection> {
        let model = request.model()?;
        if let Some(asked) = model.and_then(|sent| self.asked_for(&sent)) {
            request.set_model(asked)?;
        }
        Ok(Flow::Continue)
    }
}

impl ModelMap {
    fn asked_for(&self, sent: &str) -> Option<&str> {
        let mut beginnings = self.beginnings.iter();
        let found = self.exact.get(sent);
        let found = found.or_else(|| Some(&beginnings.find(|(beginning, _)| sent.starts_with(beginning))?.1));
        found.map(String::as_str)
    }
}
