//! `cors`: which web pages may use a route, and what their browsers may show them.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, VARY,
};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::Period;
use crate::plugin::{Answer, Deliver, Plugin, Preflight, Rejection, Response, RouteFacts, Slip};

/// Settings of `cors`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// Origins of the pages that may use the route, such as `https://app.example`, or `*` for all. Required.
    origins: Vec<String>,
    /// Methods that pages may use.
    #[serde(default = "methods")]
    methods: Vec<String>,
    /// Headers that pages may send. Default: those that a page's browser asks for.
    #[serde(default)]
    headers: Vec<String>,
    /// Headers of answers that pages may read, beyond those that browsers always show.
    #[serde(default = "expose")]
    expose: Vec<String>,
    /// How long a browser may remember the answer to a preflight.
    #[serde(default = "max_age")]
    max_age: Period,
    /// Whether pages may send cookies and other credentials of the browser. Never with the origin `*`.
    #[serde(default)]
    credentials: bool,
}

fn methods() -> Vec<String> {
    ["GET", "HEAD", "POST"].map(str::to_owned).into()
}

fn expose() -> Vec<String> {
    let limits = ["limit", "remaining", "reset"].map(|what| format!("x-ratelimit-{what}-requests"));
    let own = ["x-request-id", "retry-after"].map(str::to_owned);
    own.into_iter().chain(limits).collect()
}

const fn max_age() -> Period {
    Period::seconds(600)
}

/// The plug-in.
pub(super) struct Cors {
    /// `None`: all.
    origins: Option<Vec<String>>,
    methods: HeaderValue,
    headers: Option<HeaderValue>,
    expose: Option<HeaderValue>,
    max_age: HeaderValue,
    credentials: bool,
}

impl Plugin for Cors {
    const NAME: &'static str = "cors";
    const ABOUT: &'static str = "Lets web pages of listed origins use the route: answers their browsers' preflights and \
                                 adds the CORS headers to every answer.";
    type Settings = Settings;
    type State = ();

    fn new(settings: Settings, _: &RouteFacts) -> Result<Self, Vec<Slip>> {
        let slips = slips(&settings);
        if !slips.is_empty() {
            return Err(slips);
        }
        let any = settings.origins.iter().any(|origin| origin == "*");
        Ok(Self {
            origins: (!any).then_some(settings.origins),
            methods: list(&settings.methods).unwrap_or(HeaderValue::from_static("GET, HEAD, POST")),
            headers: list(&settings.headers),
            expose: list(&settings.expose),
            max_age: HeaderValue::from(settings.max_age.0.as_secs()),
            credentials: settings.credentials,
        })
    }

    fn on_preflight(&self, preflight: &Preflight<'_>) -> Option<Answer> {
        // Refused by what is not there: that is how browsers are told no.
        let mut answer =
            Answer::new(StatusCode::NO_CONTENT, "").with(VARY, HeaderValue::from_static("origin"));
        let Some(origin) = HeaderValue::from_str(preflight.origin)
            .ok()
            .and_then(|o| self.allowed(&o))
        else {
            return Some(answer);
        };
        answer = answer
            .with(ACCESS_CONTROL_ALLOW_ORIGIN, origin)
            .with(ACCESS_CONTROL_ALLOW_METHODS, self.methods.clone())
            .with(ACCESS_CONTROL_MAX_AGE, self.max_age.clone());
        let asked = preflight
            .headers
            .and_then(|headers| HeaderValue::from_str(headers).ok());
        if let Some(headers) = self.headers.clone().or(asked) {
            answer = answer.with(ACCESS_CONTROL_ALLOW_HEADERS, headers);
        }
        if self.credentials {
            answer = answer.with(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        Some(answer)
    }

    fn on_response(&self, (): &mut (), response: &mut Response<'_>) -> Result<Deliver, Rejection> {
        let origin = response.about().origin().cloned();
        let allowed = origin.and_then(|origin| self.allowed(&origin));
        let mut headers = response.headers();
        for name in OF_CORS {
            headers.remove(name.as_str())?;
        }
        if self.origins.is_some() {
            headers.append("vary", "origin")?;
        }
        let Some(origin) = allowed else {
            return Ok(Deliver::Pass);
        };
        headers.put(ACCESS_CONTROL_ALLOW_ORIGIN, origin)?;
        if let Some(expose) = &self.expose {
            headers.put(ACCESS_CONTROL_EXPOSE_HEADERS, expose.clone())?;
        }
        if self.credentials {
            headers.set("access-control-allow-credentials", "true")?;
        }
        Ok(Deliver::Pass)
    }
}

/// What an upstream may have said on its own behalf.
const OF_CORS: [HeaderName; 6] = [
    ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_HEADERS,
    ACCESS_CONTROL_ALLOW_CREDENTIALS,
    ACCESS_CONTROL_EXPOSE_HEADERS,
    ACCESS_CONTROL_MAX_AGE,
];

impl Cors {
    /// What an answer says of this origin; nothing where its pages may not read it.
    fn allowed(&self, origin: &HeaderValue) -> Option<HeaderValue> {
        match &self.origins {
            None => Some(HeaderValue::from_static("*")),
            Some(origins) => {
                let listed = origins
                    .iter()
                    .any(|listed| listed.as_bytes() == origin.as_bytes());
                listed.then(|| origin.clone())
            }
        }
    }
}

fn list(words: &[String]) -> Option<HeaderValue> {
    if words.is_empty() {
        return None;
    }
    HeaderValue::from_str(&words.join(", ")).ok()
}

fn slips(settings: &Settings) -> Vec<Slip> {
    let mut slips = Vec::new();
    if settings.origins.is_empty() {
        slips.push(Slip::of("origins", "needs at least one origin, or `*` for all"));
    }
    for (at, origin) in settings
        .origins
        .iter()
        .enumerate()
        .filter(|(_, origin)| *origin != "*")
    {
        let bare = origin.split_once("://").filter(|(scheme, host)| {
            let plain = |b: u8| b.is_ascii_graphic() && !b.is_ascii_uppercase() && !b"/?#@*".contains(&b);
            !scheme.is_empty() && !host.is_empty() && host.bytes().all(plain)
        });
        if bare.is_none() {
            let message = "must be an origin as browsers send it, in lower case and without a path, like https://app.example";
            slips.push(Slip::item("origins", at, message));
        }
    }
    if settings.credentials && settings.origins.iter().any(|origin| origin == "*") {
        let message = "cannot go with the origin `*`: name the origins whose pages may send credentials";
        slips.push(Slip::of("credentials", message));
    }
    for (at, method) in settings.methods.iter().enumerate() {
        if Method::from_bytes(method.as_bytes()).is_err() || method.bytes().any(|b| b.is_ascii_lowercase()) {
            slips.push(Slip::item(
                "methods",
                at,
                "must be a method in upper case, like POST",
            ));
        }
    }
    for (key, names) in [("headers", &settings.headers), ("expose", &settings.expose)] {
        let wrong = names
            .iter()
            .enumerate()
            .filter(|(_, name)| HeaderName::from_bytes(name.as_bytes()).is_err());
        slips.extend(wrong.map(|(at, _)| Slip::item(key, at, "is not a header's name")));
    }
    slips
}
