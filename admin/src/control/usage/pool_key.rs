//! What pool keys served, day by day, and for how many people.

use std::collections::BTreeMap;

use potluck_filters::id::{PoolKeyId, UserId};
use potluck_filters::spending::{DAY_MS, day_of};
use potluck_filters::usage::StatusClass;
use potluck_store::usage::UsageStore;
use potluck_store::usage::ask::{Filter, Member, Persons, Step, TotalsOf};
use potluck_store::usage::book::Dim;
use potluck_store::usage::level::Span;
use potluck_store::usage::sums::{FigureSum, Sums};

use crate::api::{DaysQuery, PoolKeyUsage, PoolKeyUsageDay, UsageSums, makes_something};
use crate::control::Control;
use crate::error::ControlError;

/// What it served on one day.
#[derive(Default)]
struct Day {
    sums: Sums,
    generations: u64,
    persons: Option<u64>,
}

impl Control {
    /// What a pool key of one's own served, day by day.
    ///
    /// # Errors
    /// When they have brought none with this id, a day is none, or the books cannot be read.
    pub(crate) async fn my_pool_key_usage(
        &self,
        user: UserId,
        id: PoolKeyId,
        asked: &DaysQuery,
    ) -> Result<PoolKeyUsage, ControlError> {
        self.my_pool_key(user, id).await?;
        self.served(id, asked).await
    }

    /// What a pool key served, day by day.
    ///
    /// # Errors
    /// When there is none with this id, a day is none, or the books cannot be read.
    pub(crate) async fn pool_key_usage(
        &self,
        id: PoolKeyId,
        asked: &DaysQuery,
    ) -> Result<PoolKeyUsage, ControlError> {
        self.pool_key(id).await?;
        self.served(id, asked).await
    }

    async fn served(&self, id: PoolKeyId, asked: &DaysQuery) -> Result<PoolKeyUsage, ControlError> {
        let (first, last) = self.asked_days(asked)?;
        let (books, now) = (self.books()?, self.now_ms());
        let span = Span {
            from: first * DAY_MS,
            to: (last + 1) * DAY_MS,
        };
        if span.from >= span.to {
            return Err(ControlError::invalid("from", "must not be after `to`"));
        }
        let of = Filter {
            pool_keys: Some(vec![id]),
            ..Filter::default()
        };
        let mut days: BTreeMap<i64, Day> = BTreeMap::new();
        for point in books.series(span, Step::Day, None, &of, now).await?.points {
            days.entry(day_of(point.at)).or_default().sums.add(&point.sums);
        }
        let answered = Filter {
            class: Some(StatusClass::Ok),
            ..of
        };
        for point in books
            .series(span, Step::Day, Some(Dim::Endpoint), &answered, now)
            .await?
            .points
        {
            if matches!(point.of, Some(Member::Endpoint(endpoint)) if makes_something(endpoint)) {
                days.entry(day_of(point.at)).or_default().generations += point.sums.requests;
            }
        }
        for one in books.persons(&[id], first, last + 1).await? {
            days.entry(one.day).or_default().persons = match one.persons {
                Persons::FewerThanThree => None,
                Persons::Many(many) => Some(many),
            };
        }
        Ok(told(days))
    }
}

fn told(days: BTreeMap<i64, Day>) -> PoolKeyUsage {
    let mut total = Sums::default();
    let mut generations: u64 = 0;
    for day in days.values() {
        total.add(&day.sums);
        generations = generations.saturating_add(day.generations);
    }
    let days = days.into_iter().map(|(number, day)| {
        let sums = UsageSums::from(&day.sums);
        PoolKeyUsageDay {
            day: crate::control::my_pool_keys::day_date(number).to_string(),
            requests: sums.requests,
            generations: day.generations,
            anlas: sums.anlas,
            cost_micros: sums.cost_micros,
            persons: day.persons,
        }
    });
    PoolKeyUsage {
        days: days.collect(),
        total: (&total).into(),
        generations,
    }
}

/// What all pool keys served together. There may be more of them than one question answers.
pub(super) async fn together(
    books: &UsageStore,
    span: Span,
    filter: &Filter,
    now: i64,
) -> Result<Sums, ControlError> {
    let mut of = TotalsOf {
        by: vec![Dim::PoolKey],
        filter: filter.clone(),
        limit: 1000,
        ..TotalsOf::default()
    };
    let mut all = Sums::default();
    loop {
        let page = books.totals(span, &of, now).await?;
        page.rows.iter().for_each(|row| all.add(&row.sums));
        match page.next {
            Some(next) => of.after = Some(next),
            None => return Ok(all),
        }
    }
}

/// What is left of a sum without a part of it.
pub(super) fn less(all: &Sums, part: &Sums) -> Sums {
    let figure = |all: FigureSum, part: FigureSum| FigureSum {
        reported: all.reported.saturating_sub(part.reported),
        estimated: all.estimated.saturating_sub(part.estimated),
        told: all.told.saturating_sub(part.told),
    };
    Sums {
        requests: all.requests.saturating_sub(part.requests),
        asked_bytes: all.asked_bytes.saturating_sub(part.asked_bytes),
        answered_bytes: all.answered_bytes.saturating_sub(part.answered_bytes),
        queued_us: all.queued_us.saturating_sub(part.queued_us),
        total_us: all.total_us.saturating_sub(part.total_us),
        prompt: figure(all.prompt, part.prompt),
        cached: figure(all.cached, part.cached),
        completion: figure(all.completion, part.completion),
        images: figure(all.images, part.images),
        anlas: figure(all.anlas, part.anlas),
        cost: figure(all.cost, part.cost),
    }
}
