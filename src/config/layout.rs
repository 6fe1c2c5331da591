//! The configuration's routes and upstreams as an edge serves them.

use std::path::Path as FilePath;
use std::sync::Arc;

use potluck_filters::model::{self, Layout, RouteAuth};

use super::upstream::{Access, Node, Route, Upstream};
use super::usage::UsageOfStreams;
use super::{Config, Problem, judge, reach};

impl Config {
    /// What an edge serves from.
    ///
    /// # Errors
    /// Every rule that the configuration breaks; none for one that was loaded.
    pub fn layout(&self) -> Result<Layout, Vec<Problem>> {
        let problems = self.problems();
        if !problems.is_empty() {
            return Err(problems);
        }
        let upstreams = self
            .upstreams
            .iter()
            .map(|(name, upstream)| serve(name, upstream))
            .collect();
        let routes = self.routes.iter().filter_map(|route| self.route(route)).collect();
        Ok(Layout { routes, upstreams })
    }

    /// `None` only for an upstream that does not exist, which has been reported.
    fn route(&self, route: &Route) -> Option<model::Route> {
        Some(model::Route {
            prefix: route.prefix.as_str().into(),
            host: route.host.as_deref().map(Arc::from),
            upstream: self.index(route.main()?)?,
            models: self.model_routes(route),
            auth: match route.auth {
                Access::Key => RouteAuth::Key,
                Access::Optional => RouteAuth::Optional,
                Access::None => RouteAuth::None,
            },
            strip_prefix: route.strip_prefix,
            max_wait: route.max_wait.map(|period| period.0),
            plugins: self.extension(route),
        })
    }
}

/// Reads a PEM file of certificate authorities.
pub(super) fn authorities(file: &FilePath) -> Result<String, String> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
    if text.contains("-----BEGIN CERTIFICATE-----") {
        Ok(text)
    } else {
        Err(format!("{} holds no certificate in PEM form", file.display()))
    }
}

fn serve(name: &str, upstream: &Upstream) -> model::Upstream {
    let times = &upstream.timeouts;
    model::Upstream {
        name: name.into(),
        kind: upstream.kind,
        opened: reach::opened(upstream),
        asks_usage: upstream.usage == UsageOfStreams::Ask,
        nodes: upstream.nodes.iter().map(node).collect(),
        keyed: upstream.is_keyed(),
        policy: upstream.policy,
        min_credit: upstream.least_credit(),
        credit: upstream.credit.terms(upstream),
        queue: (&upstream.queue).into(),
        key_concurrency: upstream.concurrency(),
        attempts: upstream.attempts,
        timeouts: model::Timeouts {
            connect: times.connect.0,
            write: times.write.0,
            first_byte: times.first_byte.0,
            idle: times.idle.0,
            total: times.total.0,
            websocket: times.websocket.0,
        },
        bodies: model::Bodies {
            replay: upstream.bodies.replay.0,
            max: upstream.bodies.max.0,
        },
        ca_pem: upstream
            .ca_file
            .as_deref()
            .and_then(|file| authorities(file).ok())
            .map(Arc::from),
        health: upstream.health.settings(upstream.kind),
        private_networks: upstream
            .private_networks
            .0
            .iter()
            .map(|network| network.0)
            .collect(),
        judge: judge::table(upstream),
        cool_downs: (&upstream.cool_downs).into(),
        egress: (&upstream.egress).into(),
        drain: upstream.drain.0,
    }
}

fn node(node: &Node) -> model::Node {
    model::Node {
        name: node.name.as_str().into(),
        role: node.role.unwrap_or_default(),
        base: node.url.0.clone(),
        http: node.http,
    }
}
