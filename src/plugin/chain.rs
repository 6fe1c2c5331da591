//! The plug-ins of one route, in the order in which the configuration lists them.

use std::fmt;

use super::hooks::Hooks;
use super::{Answer, Needs, Preflight};

/// A route's plug-ins. Never empty: a route without plug-ins has no chain.
pub(crate) struct Chain {
    plugins: Vec<Box<dyn Hooks>>,
    needs: Needs,
    /// The place of the first that reads the request's body: those before it run before the body is read.
    first_reader: usize,
}

impl Chain {
    /// `None` for no plug-ins.
    pub(crate) fn new(plugins: Vec<Box<dyn Hooks>>) -> Option<Self> {
        let all = plugins.iter().map(|plugin| plugin.needs());
        let needs = all.reduce(Needs::and)?;
        let first_reader = plugins.iter().position(|plugin| plugin.needs().request_body);
        Some(Self {
            first_reader: first_reader.unwrap_or(plugins.len()),
            plugins,
            needs,
        })
    }

    pub(crate) fn needs(&self) -> Needs {
        self.needs
    }

    pub(super) fn plugins(&self) -> &[Box<dyn Hooks>] {
        &self.plugins
    }

    pub(super) fn first_reader(&self) -> usize {
        self.first_reader
    }

    /// The answer to a browser's preflight, where a plug-in has one.
    pub(super) fn preflight(&self, preflight: &Preflight<'_>) -> Option<Answer> {
        self.plugins
            .iter()
            .find_map(|plugin| plugin.on_preflight(preflight))
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.plugins.iter().map(|plugin| plugin.name()))
            .finish()
    }
}
