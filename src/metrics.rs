//! A page of metrics, family by family, as OpenMetrics text.
//!
//! What is counted lies where it is counted, as plain numbers; a page is made of it when somebody asks. Invariant:
//! labels are names that operators gave, or closed sets; never a key, a user, a model or an address.

use std::fmt::Error;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};

/// A series' labels, in the order in which they are told.
pub(crate) type Labels = Vec<(&'static str, String)>;

/// What a series has come to.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// Goes up and down.
    Gauge(f64),
    /// Only goes up.
    Counter(u64),
    /// How often which size was met.
    Spread(Spread),
    /// Told by its labels alone.
    Info,
}

/// A histogram.
#[derive(Clone, Debug)]
pub(crate) struct Spread {
    /// All sizes together.
    pub(crate) sum: f64,
    /// Upper bounds, rising to infinity, each with how often a size was met that is in no lower one.
    pub(crate) buckets: Vec<(f64, u64)>,
}

/// Series of one name.
#[derive(Debug)]
struct Series {
    name: &'static str,
    help: &'static str,
    unit: Option<Unit>,
    kind: MetricType,
    rows: Vec<(Labels, Value)>,
}

/// A page that is being written.
#[derive(Debug)]
pub(crate) struct Page(Registry);

impl Page {
    pub(crate) fn new() -> Self {
        Self(Registry::with_prefix("potluck"))
    }

    /// What goes up and down.
    pub(crate) fn gauges<L: Into<Labels>>(
        &mut self,
        name: &'static str,
        help: &'static str,
        rows: impl IntoIterator<Item = (L, f64)>,
    ) {
        let rows = rows.into_iter().map(|(labels, n)| (labels, Value::Gauge(n)));
        self.list(name, help, MetricType::Gauge, rows);
    }

    /// One number that goes up and down.
    pub(crate) fn gauge(&mut self, name: &'static str, help: &'static str, number: f64) {
        self.gauges(name, help, [(Labels::new(), number)]);
    }

    /// What only goes up. The name is told with `_total` behind it.
    pub(crate) fn counters<L: Into<Labels>>(
        &mut self,
        name: &'static str,
        help: &'static str,
        rows: impl IntoIterator<Item = (L, u64)>,
    ) {
        let rows = rows.into_iter().map(|(labels, n)| (labels, Value::Counter(n)));
        self.list(name, help, MetricType::Counter, rows);
    }

    /// One number that only goes up.
    pub(crate) fn counter(&mut self, name: &'static str, help: &'static str, number: u64) {
        self.counters(name, help, [(Labels::new(), number)]);
    }

    /// Histograms.
    pub(crate) fn spreads<L: Into<Labels>>(
        &mut self,
        name: &'static str,
        help: &'static str,
        rows: impl IntoIterator<Item = (L, Spread)>,
    ) {
        let rows = rows
            .into_iter()
            .map(|(labels, spread)| (labels, Value::Spread(spread)));
        self.list(name, help, MetricType::Histogram, rows);
    }

    /// What does not change. The name is told with `_info` behind it.
    pub(crate) fn info(&mut self, name: &'static str, help: &'static str, labels: Labels) {
        self.list(name, help, MetricType::Info, [(labels, Value::Info)]);
    }

    /// The whole as text.
    pub(crate) fn finish(self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &self.0);
        text
    }

    fn list<L: Into<Labels>>(
        &mut self,
        name: &'static str,
        help: &'static str,
        kind: MetricType,
        rows: impl IntoIterator<Item = (L, Value)>,
    ) {
        let (name, unit) = apart(name);
        let rows = rows.into_iter().map(|(labels, value)| (labels.into(), value));
        let rows = rows.collect();
        self.0.register_collector(Box::new(Series {
            name,
            help,
            unit,
            kind,
            rows,
        }));
    }
}

/// A name and the unit at its end.
fn apart(name: &'static str) -> (&'static str, Option<Unit>) {
    let seconds = name.strip_suffix("_seconds").map(|name| (name, Unit::Seconds));
    let bytes = || name.strip_suffix("_bytes").map(|name| (name, Unit::Bytes));
    match seconds.or_else(bytes) {
        Some((name, unit)) => (name, Some(unit)),
        None => (name, None),
    }
}

impl Collector for Series {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), Error> {
        let kind = self.kind;
        let mut family = encoder.encode_descriptor(self.name, self.help, self.unit.as_ref(), kind)?;
        for (labels, value) in &self.rows {
            match value {
                Value::Info => family.encode_info(labels)?,
                Value::Gauge(_) | Value::Counter(_) | Value::Spread(_) if labels.is_empty() => {
                    told(&mut family, value)?;
                }
                Value::Gauge(_) | Value::Counter(_) | Value::Spread(_) => {
                    told(&mut family.encode_family(labels)?, value)?;
                }
            }
        }
        Ok(())
    }
}

fn told(encoder: &mut MetricEncoder<'_>, value: &Value) -> Result<(), Error> {
    match value {
        Value::Gauge(number) => encoder.encode_gauge(number),
        Value::Counter(number) => encoder.encode_counter::<NoLabelSet, u64, f64>(number, None),
        Value::Spread(spread) => {
            let count = spread.buckets.iter().map(|(_, met)| met).sum();
            encoder.encode_histogram::<NoLabelSet>(spread.sum, count, &spread.buckets, None)
        }
        Value::Info => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_what_monitoring_systems_read() {
        let mut page = Page::new();
        page.info("build", "What runs", vec![("version", "1.2".to_owned())]);
        page.gauge("snapshot_age_seconds", "Its age", 0.5);
        page.counters(
            "requests",
            "Requests",
            [(vec![("upstream", "a\"b".to_owned())], 3)],
        );
        let buckets = vec![(0.1, 2), (1.0, 0), (f64::INFINITY, 1)];
        let spread = Spread { sum: 7.5, buckets };
        page.spreads("wait_seconds", "Waits", [(Labels::new(), spread)]);
        let text = page.finish();
        let lines: Vec<_> = text.lines().filter(|line| !line.starts_with("# HELP")).collect();
        assert_eq!(
            lines,
            [
                "# TYPE potluck_build info",
                "potluck_build_info{version=\"1.2\"} 1",
                "# TYPE potluck_snapshot_age_seconds gauge",
                "# UNIT potluck_snapshot_age_seconds seconds",
                "potluck_snapshot_age_seconds 0.5",
                "# TYPE potluck_requests counter",
                "potluck_requests_total{upstream=\"a\\\"b\"} 3",
                "# TYPE potluck_wait_seconds histogram",
                "# UNIT potluck_wait_seconds seconds",
                "potluck_wait_seconds_sum 7.5",
                "potluck_wait_seconds_count 3",
                "potluck_wait_seconds_bucket{le=\"0.1\"} 2",
                "potluck_wait_seconds_bucket{le=\"1.0\"} 2",
                "potluck_wait_seconds_bucket{le=\"+Inf\"} 3",
                "# EOF",
            ]
        );
    }
}
