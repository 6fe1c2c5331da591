//! Several upstreams behind one route, chosen by the model that is asked for.

use crate::route::Pattern;

/// Which upstream of a route serves which model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelRoutes {
    /// Looked at in order; the first that matches wins.
    pub rules: Vec<ModelRule>,
    /// Serves what no rule matches, and what names no model. An index into the layout's upstreams.
    pub default: Option<usize>,
    /// Tried in order where the chosen upstream has no way.
    pub fallback: Vec<usize>,
}

/// Models of one upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelRule {
    /// One of them matches.
    pub patterns: Vec<Pattern>,
    /// Index into the layout's upstreams.
    pub upstream: usize,
}

impl ModelRoutes {
    /// The upstream that serves a model.
    #[must_use]
    pub fn choose(&self, model: &str) -> Option<usize> {
        let matching = |rule: &&ModelRule| rule.patterns.iter().any(|pattern| pattern.matches(model));
        let rule = self.rules.iter().find(matching);
        rule.map(|rule| rule.upstream).or(self.default)
    }

    /// All its upstreams, each once, in the order in which they stand.
    #[must_use]
    pub fn upstreams(&self) -> Vec<usize> {
        let rules = self.rules.iter().map(|rule| rule.upstream);
        let mut all = Vec::new();
        for index in rules.chain(self.default).chain(self.fallback.iter().copied()) {
            if !all.contains(&index) {
                all.push(index);
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(patterns: &[&str], upstream: usize) -> ModelRule {
        ModelRule {
            patterns: patterns.iter().map(|text| Pattern::new(text)).collect(),
            upstream,
        }
    }

    #[test]
    fn the_first_rule_that_matches_wins() {
        let mut routes = ModelRoutes {
            rules: vec![
                rule(&["gpt-5-mini", "o*"], 2),
                rule(&["gpt-*"], 0),
                rule(&["openai/*", "anthropic/*"], 1),
            ],
            default: None,
            fallback: vec![1, 3],
        };
        for (model, upstream) in [
            ("gpt-5-mini", Some(2)),
            ("gpt-5", Some(0)),
            ("o4", Some(2)),
            ("openai/gpt-5", Some(2)),
            ("anthropic/x", Some(1)),
            ("llama", None),
        ] {
            assert_eq!(routes.choose(model), upstream, "{model}");
        }
        assert_eq!(routes.upstreams(), [2, 0, 1, 3]);
        routes.default = Some(3);
        assert_eq!(routes.choose("llama"), Some(3));
        assert_eq!(routes.upstreams(), [2, 0, 1, 3]);
    }
}
