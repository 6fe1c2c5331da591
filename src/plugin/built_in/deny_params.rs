//! `deny-params`: what a request's JSON may not say.

use potluck_filters::rewrite::{Document, Places};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::plugin::request::unreadable;
use crate::plugin::{Code, Flow, Needs, Plugin, Rejection, Request, RouteFacts, Slip};

/// Settings of `deny-params`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// Places in the request's JSON, such as `tools` or `messages[].name`: a request that has one of them is
    /// refused (400).
    #[serde(default)]
    refuse: Vec<String>,
    /// Places in the request's JSON that are taken out of it. In forms nothing can be taken out: a form that has
    /// such a field is refused, too.
    #[serde(default)]
    remove: Vec<String>,
}

/// The plug-in.
pub(super) struct DenyParams {
    refuse: Vec<Places>,
    remove: Vec<Places>,
}

impl Plugin for DenyParams {
    const NAME: &'static str = "deny-params";
    const ABOUT: &'static str = "Refuses requests whose JSON has certain parameters, or takes these out.";
    type Settings = Settings;
    type State = ();

    fn new(settings: Settings, _: &RouteFacts) -> Result<Self, Vec<Slip>> {
        let mut slips = Vec::new();
        let mut read = |key: &'static str, texts: &[String]| -> Vec<Places> {
            let each = texts.iter().enumerate();
            each.filter_map(|(at, text)| match text.parse() {
                Ok(places) => Some(places),
                Err(error) => {
                    slips.push(Slip::item(key, at, format!("{error}")));
                    None
                }
            })
            .collect()
        };
        let refuse = read("refuse", &settings.refuse);
        let remove = read("remove", &settings.remove);
        if settings.refuse.is_empty() && settings.remove.is_empty() {
            slips.push(Slip::new("needs a place under `refuse` or `remove`"));
        }
        if slips.is_empty() {
            Ok(Self { refuse, remove })
        } else {
            Err(slips)
        }
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.request_body()
    }

    fn on_request(&self, (): &mut (), request: &mut Request<'_>) -> Result<Flow, Rejection> {
        if let Some(fields) = request.form()? {
            self.check_form(&fields)?;
            return Ok(Flow::Continue);
        }
        let Some(document) = request.document()? else {
            return Ok(Flow::Continue);
        };
        for places in &self.refuse {
            if !document.values(places).map_err(unreadable)?.is_empty() {
                return Err(denied(places));
            }
        }
        if let Some(body) = self.without(request, document)? {
            request.set_body(body);
        }
        Ok(Flow::Continue)
    }
}

impl DenyParams {
    fn check_form(&self, fields: &[&str]) -> Result<(), Rejection> {
        let has = |places: &&Places| {
            // Some servers take `a[]` and `a[b]` for parts of `a`.
            let stem = |field: &str| {
                field
                    .split('[')
                    .next()
                    .unwrap_or_default()
                    .trim()
                    .to_ascii_lowercase()
            };
            fields
                .iter()
                .any(|field| stem(field) == places.top().to_ascii_lowercase())
        };
        let found = self.refuse.iter().chain(&self.remove).find(has);
        found.map_or(Ok(()), |places| Err(denied(places)))
    }

    /// The body without what is taken out; `None` where there is nothing of it.
    fn without(&self, request: &Request<'_>, document: Document<'_>) -> Result<Option<Vec<u8>>, Rejection> {
        let mut changed: Option<Vec<u8>> = None;
        let mut document = Some(document);
        for places in &self.remove {
            let next = match (&changed, &document) {
                (Some(body), _) => request.document_of(body)?.without(places),
                (None, Some(document)) => document.without(places),
                (None, None) => Ok(None),
            };
            if let Some(next) = next.map_err(unreadable)? {
                changed = Some(next);
                document = None;
            }
        }
        Ok(changed)
    }
}

fn denied(places: &Places) -> Rejection {
    Rejection::new(Code::ParamNotAllowed).saying(format!("`{places}` may not be sent on this route."))
}
