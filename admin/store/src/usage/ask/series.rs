//! Sums over time.

use crate::dialect::usage::{Cell, Question};
use crate::error::StoreError;
use crate::usage::UsageStore;
use crate::usage::book::{Book, Dim};
use crate::usage::level::{Level, Part, Span};
use crate::usage::sums::Sums;

use super::buckets;
use super::filter::{Conditions, Filter};
use super::member::{Member, int};

/// Steps of one series.
const STEPS: i64 = 1500;

/// Points of one series: more are no picture.
const POINTS: i64 = 20_000;

/// How long a step of a series is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// One minute.
    Minute,
    /// Five.
    FiveMinutes,
    /// One hour.
    Hour,
    /// One day (UTC).
    Day,
}

impl Step {
    pub(super) const fn level(self) -> Level {
        match self {
            Self::Minute | Self::FiveMinutes => Level::Minute,
            Self::Hour => Level::Hour,
            Self::Day => Level::Day,
        }
    }

    /// Buckets of its level.
    pub(super) const fn buckets(self) -> i64 {
        match self {
            Self::FiveMinutes => 5,
            Self::Minute | Self::Hour | Self::Day => 1,
        }
    }

    /// In milliseconds.
    #[must_use]
    pub const fn ms(self) -> i64 {
        self.level().ms() * self.buckets()
    }

    fn coarser(self) -> Option<Self> {
        match self {
            Self::Minute => Some(Self::FiveMinutes),
            Self::FiveMinutes => Some(Self::Hour),
            Self::Hour => Some(Self::Day),
            Self::Day => None,
        }
    }
}

/// A sum of one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// When the step begins, in milliseconds since the Unix epoch.
    pub at: i64,
    /// Of what, where that was asked.
    pub of: Option<Member>,
    /// How much.
    pub sums: Sums,
}

/// Sums over time. Steps without a request are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// How long its steps are: longer than asked for where those are not kept, or would be too many.
    pub step: Step,
    /// What it covers, in whole steps.
    pub span: Span,
    /// By time, then by what they are of.
    pub points: Vec<Point>,
}

impl UsageStore {
    /// Sums for each step of a range, in all or for each of something.
    ///
    /// # Errors
    /// When there are no such sums, they are too many, or the database fails.
    pub async fn series(
        &self,
        span: Span,
        step: Step,
        by: Option<Dim>,
        filter: &Filter,
        now: i64,
    ) -> Result<Series, StoreError> {
        let conditions = self.conditions(filter).await?;
        let book = Book::having(by.into_iter().chain(conditions.dims())).ok_or(StoreError::Unanswerable)?;
        let step = self.step(span, step, book.levels(), now);
        let part = whole_steps(span, step);
        let rows = self
            .books
            .ask(question(book, part, step, by, &conditions))
            .await?;
        if rows.len() as i64 > POINTS {
            return Err(StoreError::TooLong);
        }
        let by: Vec<Dim> = by.into_iter().collect();
        let members: Vec<&[Cell]> = rows.iter().filter_map(|row| row.get(1..)).collect();
        self.know(&by, &members).await?;
        let point = |row: &Vec<Cell>| {
            let (at, rest) = row.split_first()?;
            let (of, sums) = rest.split_at_checked(by.len())?;
            Some(Point {
                at: int(at) * step.ms(),
                of: self.members(&by, of).pop(),
                sums: Sums::read(sums),
            })
        };
        Ok(Series {
            step,
            span: Span {
                from: part.from * part.level.ms(),
                to: part.to * part.level.ms(),
            },
            points: rows.iter().filter_map(point).collect(),
        })
    }

    /// The step that is kept for all of the range, and is not too short for it.
    pub(super) fn step(&self, span: Span, wanted: Step, levels: &[Level], now: i64) -> Step {
        let long = span.to.saturating_sub(span.from);
        let mut step = wanted;
        while let Some(coarser) = step.coarser() {
            let kept = levels.contains(&step.level()) && self.kept.has(step.level(), span.from, now);
            if kept && long / step.ms() <= STEPS {
                break;
            }
            step = coarser;
        }
        step
    }
}

/// The buckets of all steps that a range touches.
pub(super) fn whole_steps(span: Span, step: Step) -> Part {
    let part = span.part(step.level());
    let buckets = step.buckets();
    Part {
        from: part.from.div_euclid(buckets) * buckets,
        to: (part.to + buckets - 1).div_euclid(buckets) * buckets,
        ..part
    }
}

fn question(book: Book, part: Part, step: Step, by: Option<Dim>, conditions: &Conditions) -> Question {
    let mut question = Question::new("");
    let buckets = buckets::text(book, part, conditions, &mut question);
    let filter = conditions.text(&mut question);
    let by = by.map_or(String::new(), |dim| format!(", {}", dim.column()));
    let sums = Sums::COLUMNS
        .map(|column| format!("cast(sum({column}) as bigint)"))
        .join(", ");
    let table = book.table();
    let at = format!("bucket / {}", step.buckets());
    let text = format!(
        "select {at} as at{by}, {sums} from {table} where {buckets}{filter} \
         group by {at}{by} order by at{by} limit {}",
        POINTS + 1
    );
    Question { text, ..question }
}
