//! Routes with several upstreams, chosen by the model that a request names.

use std::sync::Arc;

use potluck_filters::model::{self, Kind, ModelRoutes};
use potluck_filters::route::Pattern;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::one_or_many::OneOrMany;
use super::path::Path;
use super::problem::Fault;
use super::suggest::nearest;
use super::upstream::Route;
use super::{Config, reach};

/// Models of one upstream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelRule {
    /// Names of models, one or a list of them, in which `*` stands for any text, like `gpt-*`. Required.
    #[serde(rename = "match")]
    pub patterns: OneOrMany<String>,
    /// Name of the upstream that serves them. Required.
    pub upstream: String,
}

impl Route {
    /// The upstream that speaks for the route: its own, or the first that serves a model.
    pub(super) fn main(&self) -> Option<&str> {
        let first = || self.models.first().map(|rule| &*rule.upstream);
        self.upstream.as_deref().or_else(first)
    }

    fn chooses(&self) -> bool {
        !self.models.is_empty() || !self.fallback.is_empty()
    }
}

impl Config {
    pub(super) fn index(&self, upstream: &str) -> Option<usize> {
        self.upstreams.keys().position(|name| *name == *upstream)
    }

    /// `None` for a route with one upstream.
    pub(super) fn model_routes(&self, route: &Route) -> Option<Arc<ModelRoutes>> {
        let rule = |rule: &ModelRule| {
            Some(model::ModelRule {
                patterns: rule.patterns.0.iter().map(|text| Pattern::new(text)).collect(),
                upstream: self.index(&rule.upstream)?,
            })
        };
        let fallback = route.fallback.iter();
        route.chooses().then(|| {
            Arc::new(ModelRoutes {
                rules: route.models.iter().filter_map(rule).collect(),
                default: route.upstream.as_deref().and_then(|name| self.index(name)),
                fallback: fallback.filter_map(|name| self.index(name)).collect(),
            })
        })
    }
}

/// The upstreams that a route names, each with its place.
fn named<'r>(route: &'r Route, path: &Path) -> Vec<(&'r str, Path)> {
    let own = route.upstream.as_deref().map(|name| (name, path.key("upstream")));
    let rules = route.models.iter().enumerate();
    let rules = rules.map(|(at, rule)| (&*rule.upstream, path.key("models").index(at).key("upstream")));
    let fallback = route.fallback.iter().enumerate();
    let fallback = fallback.map(|(at, name)| (&**name, path.key("fallback").index(at)));
    own.into_iter().chain(rules).chain(fallback).collect()
}

pub(super) fn check(route: &Route, config: &Config, path: &Path, faults: &mut Vec<Fault>) {
    if route.main().is_none() {
        let message = "needs an `upstream`, or `models` with one each";
        faults.push(Fault::new(path.clone(), message));
    }
    let named = named(route, path);
    for (name, path) in &named {
        faults.extend(unknown(name, config, path));
    }
    patterns(route, path, faults);
    twice(route, path, faults);
    if route.chooses() {
        alike(&named, config, faults);
    }
}

fn unknown(name: &str, config: &Config, path: &Path) -> Option<Fault> {
    if config.upstreams.contains_key(name) {
        return None;
    }
    let hint = match nearest(name, config.upstreams.keys().map(String::as_str)) {
        Some(near) => format!("; did you mean `{near}`?"),
        None => String::new(),
    };
    Some(Fault {
        path: path.clone(),
        message: format!("there is no upstream `{name}`{hint}"),
        rests_on: Some(Path::of("upstreams").key(name)),
    })
}

fn patterns(route: &Route, path: &Path, faults: &mut Vec<Fault>) {
    let mut seen: Vec<(&str, usize)> = Vec::new();
    for (at, rule) in route.models.iter().enumerate() {
        let path = path.key("models").index(at).key("match");
        if rule.patterns.is_empty() {
            faults.push(Fault::new(path.clone(), "needs at least one name"));
        }
        for pattern in &rule.patterns.0 {
            match seen.iter().find(|(known, _)| known == pattern) {
                Some((_, first)) => {
                    let message = format!("entry {first} has `{pattern}` already, so this one is never met");
                    faults.push(Fault::new(path.clone(), message));
                }
                None => seen.push((pattern, at)),
            }
        }
    }
}

fn twice(route: &Route, path: &Path, faults: &mut Vec<Fault>) {
    for (at, name) in route.fallback.iter().enumerate() {
        let first = route.fallback.iter().position(|other| other == name);
        if first.is_some_and(|first| first < at) {
            let message = format!("`{name}` stands there already");
            faults.push(Fault::new(path.key("fallback").index(at), message));
        }
    }
}

/// All must be alike in what is decided before the model is known.
fn alike(named: &[(&str, Path)], config: &Config, faults: &mut Vec<Fault>) {
    let mut first = None;
    for (name, path) in named {
        let Some(upstream) = config.upstreams.get(*name) else {
            continue;
        };
        if upstream.kind != Kind::Openai {
            let message =
                format!("`{name}` is not of kind openai, and only those can be chosen by the model");
            faults.push(Fault::new(path.clone(), message));
            continue;
        }
        let opened = reach::opened(upstream);
        let (before, expected) = *first.get_or_insert((*name, opened));
        if opened != expected {
            let message = format!("`{name}` and `{before}` must have the same `reach` and `stateful`");
            faults.push(Fault::new(path.clone(), message));
        }
    }
}
