//! An upstream that is probed: where, how fast, and how many keys it has.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use potluck_filters::credit::CreditTerms;
use potluck_filters::id::PoolKeyId;
use potluck_filters::model::{Kind, Layout, Node, NodePlan, Upstream};
use potluck_filters::probe::{Settings, Slots, interval};

use super::ask::Site;
use super::askable::Askable;
use super::outcome::ms;

/// Keys that are alive are visited more often than this: the longest rest of an invalid one is shorter.
const FORGOTTEN: Duration = Duration::from_secs(8 * 3600);

/// What the accounts of an upstream are asked.
#[derive(Clone, Debug)]
pub(super) enum Question {
    /// How the account is: tier, Anlas and so on.
    Account,
    /// What is left behind the key.
    Credit(Arc<CreditTerms>),
}

impl Question {
    /// `None` where there is nothing to ask.
    fn of(upstream: &Upstream) -> Option<Self> {
        match (upstream.kind, &upstream.credit) {
            _ if !upstream.keyed => None,
            (Kind::Novelai, _) => Some(Self::Account),
            (Kind::Openai | Kind::Http, Some(terms)) => Some(Self::Credit(Arc::new(terms.clone()))),
            (Kind::Openai | Kind::Http, None) => None,
        }
    }
}

/// An upstream that is probed.
pub(super) struct Place {
    pub(super) site: Arc<Site>,
    /// The nodes that answer questions about accounts.
    nodes: Askable,
    /// What its accounts are asked.
    pub(super) question: Question,
    pub(super) slots: Slots,
    /// The keys that were visited, and when last, in Unix time in milliseconds.
    met: HashMap<PoolKeyId, i64>,
}

impl Place {
    /// Takes over what was said about nodes at run time.
    pub(super) fn lay(&mut self, plan: Option<&NodePlan>) {
        self.nodes.lay(plan);
    }

    /// The node to ask about a key that is bound to these origins: after each failure another one.
    pub(super) fn node(&self, origins: &[Box<str>], streak: u32) -> Option<Node> {
        self.nodes.one_of(origins, streak)
    }

    /// How often its keys are probed, by how many there are; those not met for long are gone.
    pub(super) fn meet(&mut self, key: PoolKeyId, now: i64, settings: &Settings) -> Duration {
        let interval = interval(self.met.len(), settings);
        if self.met.insert(key, now).is_none() {
            let longest = ms(interval.saturating_mul(2)).max(ms(FORGOTTEN));
            self.met.retain(|_, last| last.saturating_add(longest) > now);
        }
        interval
    }
}

/// All of a layout, by name. One whose client cannot be made is left out, and the log says so.
pub(super) fn places(layout: &Layout, settings: &Settings) -> HashMap<String, Place> {
    let mut places = HashMap::new();
    for upstream in layout.upstreams.iter().filter(|_| settings.enabled) {
        let Some(question) = Question::of(upstream) else {
            continue;
        };
        match Site::new(upstream, settings.timeout) {
            Ok(site) => {
                let place = Place {
                    site: Arc::new(site),
                    nodes: Askable::of(upstream),
                    question,
                    slots: Slots::per_minute(settings.per_minute),
                    met: HashMap::new(),
                };
                places.insert(upstream.name.to_string(), place);
            }
            Err(error) => tracing::error!(upstream = %upstream.name, %error, "its accounts cannot be asked"),
        }
    }
    places
}
