//! What an upstream was found to charge: learned from how balances went down while requests were served.
//!
//! A price is per token where an answer says how many there were, else per request. Each look at a balance
//! moves the prices of what was used since the last look towards what that has cost.

use std::collections::HashMap;

use crate::meter::{Figure, Figures};

/// Models with a price of their own; the others share one.
const MOST: usize = 256;
/// How much of a price each new look replaces.
const NEW: f64 = 0.3;
/// A look cannot raise a price by more than this factor: money may have gone elsewhere.
const STEEPEST: f64 = 10.0;

/// What is counted of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Unit {
    Token,
    Request,
}

/// Which price applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line(u16);

/// What a request used, and what that costs by what is known now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Use {
    /// Which price applies; `None` where the upstream itself said what it cost.
    pub(super) line: Option<Line>,
    /// How many units.
    pub(super) units: f64,
    /// In millionths.
    pub cost: u64,
}

/// What was used of one line since a balance was seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sum {
    pub(super) line: Line,
    pub(super) units: f64,
    pub(super) requests: u32,
}

/// The learned prices of an upstream, in millionths a unit.
#[derive(Debug, Default)]
pub struct Tariffs {
    tokens: HashMap<Box<str>, Line>,
    requests: HashMap<Box<str>, Line>,
    prices: Vec<Option<f64>>,
    /// A request's mean, whatever it asked for.
    average: Option<f64>,
}

impl Tariffs {
    /// What a request used.
    pub fn rate(&mut self, figures: &Figures) -> Use {
        if let Figure::Reported(cost) = figures.cost {
            let (line, units) = (None, 1.0);
            return Use { line, units, cost };
        }
        let (unit, units) = match figures.tokens().amount() {
            Some(tokens) if tokens > 0 => (Unit::Token, tokens as f64),
            Some(_) | None => (Unit::Request, 1.0),
        };
        let line = self.line(unit, figures.model.as_deref().unwrap_or_default());
        let price = self.price(line).map(|price| price * units);
        let cost = price.or(self.average).unwrap_or(0.0);
        // The cast saturates.
        Use {
            line: Some(line),
            units,
            cost: cost as u64,
        }
    }

    fn price(&self, line: Line) -> Option<f64> {
        self.prices.get(usize::from(line.0)).copied().flatten()
    }

    fn line(&mut self, unit: Unit, model: &str) -> Line {
        let is_full = self.prices.len() >= MOST;
        let names = match unit {
            Unit::Token => &mut self.tokens,
            Unit::Request => &mut self.requests,
        };
        let model = if is_full && !names.contains_key(model) {
            ""
        } else {
            model
        };
        if let Some(line) = names.get(model) {
            return *line;
        }
        // Fewer than 2^16 by far.
        let line = Line(u16::try_from(self.prices.len()).unwrap_or(u16::MAX));
        names.insert(model.into(), line);
        self.prices.push(None);
        line
    }

    /// Learns that these have cost so much in all, beside what was reported of `reported` requests.
    pub(super) fn learn(&mut self, used: &[Sum], cost: u64, (reported, reported_cost): (u32, u64)) {
        let requests = reported + used.iter().map(|sum| sum.requests).sum::<u32>();
        if requests > 0 {
            let mean = cost.max(reported_cost) as f64 / f64::from(requests);
            self.average = Some(moved(self.average, mean));
        }
        let cost = cost.saturating_sub(reported_cost) as f64;
        let known = |sum: &&Sum| self.price(sum.line).is_some();
        let (old, new): (Vec<&Sum>, Vec<&Sum>) = used.iter().partition(known);
        let expected: f64 = old
            .iter()
            .filter_map(|sum| Some(self.price(sum.line)? * sum.units))
            .sum();
        if new.is_empty() {
            self.scale(&old, cost / expected.max(1.0));
        } else {
            // What the known ones do not explain is the new ones', each request alike.
            self.begin(&new, cost - expected);
        }
    }

    fn scale(&mut self, used: &[&Sum], factor: f64) {
        for sum in used {
            if let Some(Some(price)) = self.prices.get_mut(usize::from(sum.line.0)) {
                *price *= 1.0 + NEW * (factor.min(STEEPEST) - 1.0);
            }
        }
    }

    fn begin(&mut self, used: &[&Sum], cost: f64) {
        let requests: u32 = used.iter().map(|sum| sum.requests).sum();
        // Nothing was taken off yet: upstreams may book late.
        if cost < 1.0 || requests == 0 {
            return;
        }
        for sum in used {
            let share = cost * f64::from(sum.requests) / f64::from(requests);
            if let Some(price) = self.prices.get_mut(usize::from(sum.line.0)) {
                *price = Some(share / sum.units.max(1.0));
            }
        }
    }
}

fn moved(old: Option<f64>, new: f64) -> f64 {
    old.map_or(new, |old| old + NEW * (new - old))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(model: &str, tokens: u64) -> Figures {
        Figures {
            model: Some(model.into()),
            completion: Figure::Reported(tokens),
            ..Figures::default()
        }
    }

    fn sum(used: Use, requests: u32) -> Sum {
        Sum {
            line: used.line.unwrap(),
            units: used.units * f64::from(requests),
            requests,
        }
    }

    #[test]
    fn a_single_model_is_priced_at_the_first_look_and_followed_from_there() {
        let mut tariffs = Tariffs::default();
        let used = tariffs.rate(&figures("a", 100));
        assert_eq!(used.cost, 0, "nothing is known yet");
        tariffs.learn(&[sum(used, 10)], 10_000, (0, 0));
        assert_eq!(tariffs.rate(&figures("a", 100)).cost, 1_000);
        assert_eq!(tariffs.rate(&figures("b", 5)).cost, 1_000, "a mean request");
        for _ in 0..30 {
            tariffs.learn(&[sum(used, 10)], 20_000, (0, 0));
        }
        let cost = tariffs.rate(&figures("a", 100)).cost;
        assert!((1_990..=2_000).contains(&cost), "{cost}");
    }

    #[test]
    fn what_the_upstream_reports_needs_no_price() {
        let mut tariffs = Tariffs::default();
        let cost = Figure::Reported(42);
        let used = tariffs.rate(&Figures {
            cost,
            ..figures("a", 9)
        });
        assert_eq!((used.cost, used.line), (42, None));
    }

    #[test]
    fn a_new_model_gets_what_the_known_ones_do_not_explain() {
        let mut tariffs = Tariffs::default();
        let old = tariffs.rate(&figures("old", 10));
        tariffs.learn(&[sum(old, 1)], 100, (0, 0));
        let new = tariffs.rate(&figures("new", 10));
        tariffs.learn(&[sum(old, 1), sum(new, 1)], 600, (1, 200));
        assert_eq!(tariffs.rate(&figures("new", 10)).cost, 300);
        assert_eq!(tariffs.rate(&figures("old", 10)).cost, 100);
    }

    #[test]
    fn clients_that_make_up_models_do_not_make_it_grow() {
        let mut tariffs = Tariffs::default();
        for n in 0..5_000 {
            tariffs.rate(&figures(&format!("model-{n}"), 1));
        }
        assert!(tariffs.prices.len() <= MOST + 2);
    }
}
