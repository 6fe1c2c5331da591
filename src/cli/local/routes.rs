//! What the control plane is told of the configuration's routes, so that people can look at them.

use std::time::Duration;

use potluck_admin::api::{Route, RouteAccess, RouteBounds, RouteModels};
use potluck_filters::model::{Layout, Upstream};

use crate::config::{self, Access, Config};

/// The routes as they are written, each with the bounds of the upstreams that it may lead to.
#[must_use]
pub fn routes(layout: &Layout, config: &Config) -> Vec<Route> {
    let routes = config.routes.iter();
    routes.map(|route| told(route, layout)).collect()
}

fn told(route: &config::Route, layout: &Layout) -> Route {
    let rules = route.models.iter().map(|rule| RouteModels {
        patterns: rule.patterns.0.clone(),
        upstream: rule.upstream.clone(),
    });
    Route {
        prefix: route.prefix.clone(),
        host: route.host.clone(),
        auth: match route.auth {
            Access::Key => RouteAccess::Key,
            Access::Optional => RouteAccess::Optional,
            Access::None => RouteAccess::None,
        },
        strip_prefix: route.strip_prefix,
        upstream: route.upstream.clone(),
        models: rules.collect(),
        fallback: route.fallback.clone(),
        plugins: route.plugins.iter().map(|plugin| plugin.name.clone()).collect(),
        max_wait_ms: route.max_wait.map(|wait| ms(wait.0)),
        bounds: reached(route, layout).map(bounds).collect(),
    }
}

/// The upstreams that a route names, each once, in the layout's order.
fn reached<'l>(route: &config::Route, layout: &'l Layout) -> impl Iterator<Item = &'l Upstream> {
    let by_model = route.models.iter().map(|rule| rule.upstream.as_str());
    let named = route.upstream.as_deref().into_iter().chain(by_model);
    let named: Vec<String> = named
        .chain(route.fallback.iter().map(String::as_str))
        .map(str::to_owned)
        .collect();
    let upstreams = layout.upstreams.iter();
    upstreams.filter(move |upstream| named.iter().any(|name| *name == *upstream.name))
}

fn bounds(upstream: &Upstream) -> RouteBounds {
    let (times, queue) = (&upstream.timeouts, &upstream.queue);
    let count = |requests| u32::try_from(requests).unwrap_or(u32::MAX);
    RouteBounds {
        upstream: upstream.name.to_string(),
        kind: upstream.kind,
        attempts: upstream.attempts,
        key_concurrency: upstream.keyed.then_some(upstream.key_concurrency),
        queue_max_wait_ms: ms(queue.max_wait),
        queue_requests: count(queue.per_upstream),
        queue_requests_per_user: count(queue.per_user),
        connect_ms: ms(times.connect),
        write_ms: ms(times.write),
        first_byte_ms: ms(times.first_byte),
        idle_ms: ms(times.idle),
        total_ms: ms(times.total),
        websocket_ms: ms(times.websocket),
        body_replay: upstream.bodies.replay,
        body_max: upstream.bodies.max,
    }
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_told_with_the_bounds_of_each_upstream_that_it_may_lead_to() {
        let config = Config::default();
        let layout = config.layout().unwrap();
        let told = routes(&layout, &config);
        let prefixes = |routes: &[Route]| {
            routes
                .iter()
                .map(|route| route.prefix.clone())
                .collect::<Vec<_>>()
        };
        let written: Vec<_> = config.routes.iter().map(|route| route.prefix.clone()).collect();
        assert_eq!(prefixes(&told), written);
        let novelai = told.iter().find(|route| route.prefix == "/v1/novelai").unwrap();
        let [bounds] = novelai.bounds.as_slice() else {
            panic!("{novelai:?}")
        };
        assert_eq!(bounds.upstream, "novelai");
        assert_eq!(bounds.key_concurrency, Some(1));
        assert_eq!((bounds.queue_max_wait_ms, bounds.total_ms), (25_000, 900_000));
    }
}
