//! `cost-cap`: what one request may cost at most.

use potluck_filters::rewrite::{Document, Places};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plugin::request::unreadable;
use crate::plugin::{Code, Flow, Kind, Needs, Plugin, Rejection, Request, RouteFacts, Slip};

/// Settings of `cost-cap`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// Most Anlas that one request may cost on the pool key that serves it. Only for `novelai`. Default: no cap.
    #[serde(default)]
    #[schemars(range(max = 1_000_000))]
    max_anlas: Option<u32>,
    /// Most tokens that one request may ask for, over all its choices. A request that names no number gets this
    /// one. Only for `openai`. Default: no cap.
    #[serde(default)]
    #[schemars(range(min = 1, max = 100_000_000))]
    max_tokens: Option<u32>,
    /// What becomes of a request for more tokens: `refuse` (400) or `lower` (it asks for as many as it may).
    #[serde(default)]
    #[schemars(with = "String", extend("enum" = ["refuse", "lower"]))]
    over: Over,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Over {
    #[default]
    Refuse,
    Lower,
}

/// The plug-in.
pub(super) struct CostCap(Settings);

impl Plugin for CostCap {
    const NAME: &'static str = "cost-cap";
    const ABOUT: &'static str = "Caps what one request may cost: Anlas on novelai, tokens on openai.";
    type Settings = Settings;
    type State = ();

    fn new(settings: Settings, route: &RouteFacts) -> Result<Self, Vec<Slip>> {
        let (anlas, tokens) = (settings.max_anlas.is_some(), settings.max_tokens.is_some());
        let slip = match route.kind {
            Kind::Novelai if tokens => Some(Slip::of(
                "max_tokens",
                "is for routes to kind openai; novelai has `max_anlas`",
            )),
            Kind::Novelai if !anlas => Some(Slip::new("needs `max_anlas` on a route to kind novelai")),
            Kind::Openai if anlas => Some(Slip::of(
                "max_anlas",
                "is for routes to kind novelai; openai has `max_tokens`",
            )),
            Kind::Openai if !tokens => Some(Slip::new("needs `max_tokens` on a route to kind openai")),
            Kind::Http => Some(Slip::new("knows no costs of kind http")),
            Kind::Novelai | Kind::Openai => None,
        };
        slip.map_or(Ok(Self(settings)), |slip| Err(vec![slip]))
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.request_body()
    }

    fn on_request(&self, (): &mut (), request: &mut Request<'_>) -> Result<Flow, Rejection> {
        if let Some(most) = self.0.max_anlas {
            request.limit_anlas(most);
        }
        if let Some(most) = self.0.max_tokens {
            self.limit_tokens(request, most)?;
        }
        Ok(Flow::Continue)
    }
}

/// All names under which requests ask for tokens.
const NAMES: [&str; 3] = ["max_tokens", "max_completion_tokens", "max_output_tokens"];

impl CostCap {
    fn limit_tokens(&self, request: &mut Request<'_>, most: u32) -> Result<(), Rejection> {
        let Some(usual) = name_for(request.about().path()) else {
            return Ok(());
        };
        let Some(document) = request.document()? else {
            return Ok(());
        };
        let choices = number(&document, "n")?.max(number(&document, "best_of")?);
        let each = u64::from(most) / choices.unwrap_or(1).max(1);
        if each == 0 {
            return Err(too_much(
                "This request asks for more choices than its tokens on this route.",
            ));
        }
        let mut changed = None;
        let mut named = false;
        for name in NAMES {
            let Some(asked) = number(&document, name)? else {
                continue;
            };
            named = true;
            if asked <= each {
                continue;
            }
            if self.0.over == Over::Refuse {
                return Err(too_much(&format!(
                    "`{name}` may be at most {each} on this route."
                )));
            }
            let body = changed.unwrap_or_else(|| request.body().to_vec());
            changed = Some(with(request, &body, name, each)?);
        }
        if !named {
            changed = Some(with(request, request.body(), usual, each)?);
        }
        if let Some(body) = changed {
            request.set_body(body);
        }
        Ok(())
    }
}

/// The name that an endpoint knows; nothing for one that makes no tokens.
fn name_for(path: &str) -> Option<&'static str> {
    match path.strip_prefix("/v1").unwrap_or(path) {
        "/chat/completions" => Some("max_completion_tokens"),
        "/completions" => Some("max_tokens"),
        "/responses" => Some("max_output_tokens"),
        _ => None,
    }
}

fn with(request: &Request<'_>, body: &[u8], name: &str, value: u64) -> Result<Vec<u8>, Rejection> {
    let json = Document::open(Some("application/json"), None, body, request.about().kind());
    let set = json.and_then(|json| json.with(name, &value.to_string()));
    set.map_err(unreadable)
}

/// A number at the top of the body; `null` counts as not there.
fn number(document: &Document<'_>, name: &str) -> Result<Option<u64>, Rejection> {
    let values = document.values(&Places::key(name)).map_err(unreadable)?;
    match values.first() {
        None | Some(&b"null") => Ok(None),
        Some(text) => serde_json::from_slice(text).map(Some).map_err(|_| {
            Rejection::new(Code::CostUnreadable).saying(format!("`{name}` is not a whole number."))
        }),
    }
}

fn too_much(message: &str) -> Rejection {
    Rejection::new(Code::ParamNotAllowed).saying(message.to_owned())
}
