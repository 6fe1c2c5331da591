//! How long requests took.

use std::collections::BTreeMap;

use potluck_filters::latency::Latencies;

use crate::dialect::usage::{Cell, Question};
use crate::error::StoreError;
use crate::usage::UsageStore;
use crate::usage::level::{Level, Part, Span};

use super::filter::Filter;
use super::series::{Step, whole_steps};

/// How long requests of one step took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LatencyPoint {
    /// When the step begins, in milliseconds since the Unix epoch.
    pub at: i64,
    /// What was counted.
    pub latencies: Latencies,
}

impl UsageStore {
    /// How long requests of a range took, all of them merged. Of the filter, only upstream and endpoint are kept.
    ///
    /// # Errors
    /// When the filter has more than that, or the database fails.
    pub async fn latencies(&self, span: Span, filter: &Filter, now: i64) -> Result<Latencies, StoreError> {
        let mut merged = Latencies::default();
        for part in span.parts(&Level::ALL, self.kept, now) {
            self.each_latency(part, filter, |_, one| merged.merge(one))
                .await?;
        }
        Ok(merged)
    }

    /// The same for each step; steps without a request are left out. Says how long the steps are.
    ///
    /// # Errors
    /// When the filter has more than that, or the database fails.
    pub async fn latency_series(
        &self,
        span: Span,
        step: Step,
        filter: &Filter,
        now: i64,
    ) -> Result<(Step, Vec<LatencyPoint>), StoreError> {
        let step = self.step(span, step, &Level::ALL, now);
        let mut points: BTreeMap<i64, Latencies> = BTreeMap::new();
        let part = whole_steps(span, step);
        let add = |bucket: i64, one: &Latencies| {
            let at = bucket.div_euclid(step.buckets()) * step.ms();
            points.entry(at).or_default().merge(one);
        };
        self.each_latency(part, filter, add).await?;
        let points = points.into_iter();
        Ok((
            step,
            points
                .map(|(at, latencies)| LatencyPoint { at, latencies })
                .collect(),
        ))
    }

    async fn each_latency(
        &self,
        part: Part,
        filter: &Filter,
        mut each: impl FnMut(i64, &Latencies),
    ) -> Result<(), StoreError> {
        use crate::usage::book::Dim;
        let conditions = self.conditions(filter).await?;
        if conditions
            .dims()
            .any(|dim| !matches!(dim, Dim::Upstream | Dim::Endpoint))
        {
            return Err(StoreError::Unanswerable);
        }
        let mut question = Question::new("");
        let level = question.value(Cell::Int(part.level.number()));
        let (from, to) = (
            question.value(Cell::Int(part.from)),
            question.value(Cell::Int(part.to)),
        );
        let filter = conditions.text(&mut question);
        let text = format!(
            "select level, bucket, upstream, endpoint, counts from usage_latencies \
             where level = {level} and bucket >= {from} and bucket < {to}{filter}"
        );
        for row in self.books.ask(Question { text, ..question }).await? {
            if let Some(([_, bucket, ..], latencies)) = crate::usage::latencies::read(&row)? {
                each(bucket, &latencies);
            }
        }
        Ok(())
    }
}
