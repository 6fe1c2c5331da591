//! How long requests took.

use std::collections::BTreeMap;

use potluck_filters::latency::Latencies;

use crate::dialect::usage::{Cell, Question};
use crate::error::StoreError;
use crate::usage::UsageStore;
use crate::usage::book::Dim;
use crate::usage::level::{Level, Part, Span};
use crate::usage::rolled::LatencyKey;

use super::filter::Filter;
use super::member::Member;
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
        let add = |[_, bucket, ..]: LatencyKey, one: &Latencies| {
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

    /// How long requests of a range took, for each upstream or each endpoint. Of the filter, only these two are kept.
    ///
    /// # Errors
    /// When that is asked by something else, the filter has more than that, or the database fails.
    pub async fn latencies_by(
        &self,
        span: Span,
        by: Dim,
        filter: &Filter,
        now: i64,
    ) -> Result<Vec<(Member, Latencies)>, StoreError> {
        let number = |[_, _, upstream, endpoint]: LatencyKey| match by {
            Dim::Upstream => Some(upstream),
            Dim::Endpoint => Some(endpoint),
            Dim::Node | Dim::Model | Dim::Class | Dim::Code | Dim::User | Dim::ClientKey | Dim::PoolKey => {
                None
            }
        };
        let mut merged: BTreeMap<i64, Latencies> = BTreeMap::new();
        number([0; 4]).ok_or(StoreError::Unanswerable)?;
        for part in span.parts(&Level::ALL, self.kept, now) {
            let add = |key, one: &Latencies| {
                if let Some(number) = number(key) {
                    merged.entry(number).or_default().merge(one);
                }
            };
            self.each_latency(part, filter, add).await?;
        }
        let cells: Vec<[Cell; 1]> = merged.keys().map(|number| [Cell::Int(*number)]).collect();
        let rows: Vec<&[Cell]> = cells.iter().map(<[Cell; 1]>::as_slice).collect();
        self.know(&[by], &rows).await?;
        let members = rows.iter().flat_map(|row| self.members(&[by], row));
        Ok(members.zip(merged.into_values()).collect())
    }

    async fn each_latency(
        &self,
        part: Part,
        filter: &Filter,
        mut each: impl FnMut(LatencyKey, &Latencies),
    ) -> Result<(), StoreError> {
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
            if let Some((key, latencies)) = crate::usage::latencies::read(&row)? {
                each(key, &latencies);
            }
        }
        Ok(())
    }
}
