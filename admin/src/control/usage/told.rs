//! Sums and times as they are told.

use std::collections::BTreeMap;

use potluck_filters::latency::Latencies;
use potluck_store::usage::UsageStore;
use potluck_store::usage::ask::{EntryFilter, Filter, Member, Series, Totals, TotalsOf};
use potluck_store::usage::book::Dim;
use potluck_store::usage::level::Span;
use potluck_store::usage::sums::Sums;

use super::Wanted;
use crate::api::{UsageClasses, UsagePoint, UsageTimed, UsageTimes, UsageTotal};
use crate::error::ControlError;

/// Requests whose times are looked at where times are not summed.
const TIMED: u32 = 1000;

/// The sum of all rows.
pub(super) fn summed(totals: &Totals) -> Sums {
    totals.rows.iter().fold(Sums::default(), |mut all, row| {
        all.add(&row.sums);
        all
    })
}

pub(super) async fn total(
    books: &UsageStore,
    span: Span,
    filter: &Filter,
    now: i64,
) -> Result<UsageTotal, ControlError> {
    let of = TotalsOf {
        by: vec![Dim::Class],
        filter: filter.clone(),
        limit: 100,
        ..TotalsOf::default()
    };
    let found = books.totals(span, &of, now).await?;
    let mut classes = UsageClasses::default();
    for row in &found.rows {
        if let Some(Member::Class(class)) = row.of.first() {
            classes.add(*class, row.sums.requests);
        }
    }
    Ok(UsageTotal {
        from: found.span.from,
        to: found.span.to,
        sums: (&summed(&found)).into(),
        classes,
    })
}

/// Whether times of such requests are summed: all of them, or by upstream and endpoint.
pub(super) fn is_summed(filter: &Filter) -> bool {
    let wide = Filter {
        upstream: filter.upstream.clone(),
        endpoint: filter.endpoint,
        ..Filter::default()
    };
    *filter == wide
}

pub(super) async fn times(books: &UsageStore, wanted: &Wanted, now: i64) -> Result<UsageTimes, ControlError> {
    let (span, filter) = (wanted.span, &wanted.filter);
    if is_summed(filter) {
        let latencies = books.latencies(span, filter, now).await?;
        return Ok(UsageTimes::new(UsageTimed::All, &latencies));
    }
    let entries = EntryFilter {
        span,
        of: filter.clone(),
        code: None,
    };
    let newest = books.entries(&entries, None, TIMED).await?;
    let mut latencies = Latencies::default();
    for entry in &newest.entries {
        latencies.note(&entry.event.times);
    }
    let of = if newest.next.is_some() {
        UsageTimed::Newest
    } else {
        UsageTimed::All
    };
    Ok(UsageTimes::new(of, &latencies))
}

/// How long requests of each took, where that is summed.
pub(super) async fn timed_by(
    books: &UsageStore,
    span: Span,
    by: Dim,
    filter: &Filter,
    now: i64,
) -> Result<BTreeMap<Member, Latencies>, ControlError> {
    if !is_summed(filter) || !matches!(by, Dim::Upstream | Dim::Endpoint) {
        return Ok(BTreeMap::new());
    }
    let timed = books.latencies_by(span, by, filter, now).await?;
    Ok(timed.into_iter().collect())
}

/// One point a step, of the sums of its classes.
pub(super) fn points(series: &Series) -> BTreeMap<i64, UsagePoint> {
    let mut points: BTreeMap<i64, UsagePoint> = BTreeMap::new();
    for one in &series.points {
        let point = points.entry(one.at).or_default();
        point.at = one.at;
        if let Some(Member::Class(class)) = one.of {
            point.classes.add(class, one.sums.requests);
        }
        add(point, &one.sums);
    }
    points
}

fn add(point: &mut UsagePoint, sums: &Sums) {
    let sums = crate::api::UsageSums::from(sums);
    let tokens = sums
        .prompt_tokens
        .amount()
        .saturating_add(sums.completion_tokens.amount());
    let places = [
        (&mut point.requests, sums.requests),
        (&mut point.tokens, tokens),
        (&mut point.images, sums.images.amount()),
        (&mut point.anlas, sums.anlas.amount()),
        (&mut point.cost_micros, sums.cost_micros.amount()),
        (&mut point.answered_bytes, sums.answered_bytes),
        (&mut point.queued_us, sums.queued_us),
        (&mut point.total_us, sums.total_us),
    ];
    for (place, more) in places {
        *place = place.saturating_add(more);
    }
}
