//! Sums over a range, by one or two things, the largest first.

use std::collections::{BTreeSet, HashMap};

use crate::dialect::usage::{Cell, Question, Rows};
use crate::error::StoreError;
use crate::usage::UsageStore;
use crate::usage::book::{Book, Dim};
use crate::usage::level::{Part, Span, covered};
use crate::usage::sums::Sums;

use super::buckets;
use super::filter::{Conditions, Filter};
use super::member::{Member, int};

/// Sums of one page.
const MOST: u32 = 1000;

/// By what sums are ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Measure {
    /// How many requests.
    #[default]
    Requests,
    /// Tokens asked and answered, reported or not.
    Tokens,
    /// Pictures.
    Images,
    /// NovelAI's currency.
    Anlas,
    /// Money.
    Cost,
    /// Bytes of answers.
    Bytes,
    /// Time.
    Time,
}

impl Measure {
    const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Requests => &["requests"],
            Self::Tokens => &[
                "prompt_reported",
                "prompt_estimated",
                "completion_reported",
                "completion_estimated",
            ],
            Self::Images => &["images_reported", "images_estimated"],
            Self::Anlas => &["anlas_reported", "anlas_estimated"],
            Self::Cost => &["cost_reported", "cost_estimated"],
            Self::Bytes => &["answered_bytes"],
            Self::Time => &["total_us"],
        }
    }

    fn text(self) -> String {
        let sums = self
            .columns()
            .iter()
            .map(|column| format!("coalesce(sum({column}), 0)"));
        format!("cast({} as bigint)", sums.collect::<Vec<_>>().join(" + "))
    }
}

/// Behind which sum a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct After {
    /// The amount that it is ordered by.
    pub amount: i64,
    /// The numbers of what it is of.
    pub numbers: Vec<i64>,
}

/// Which sums.
#[derive(Clone, Debug, Default)]
pub struct TotalsOf {
    /// Of each of what: nothing, one or two things.
    pub by: Vec<Dim>,
    /// Of which requests.
    pub filter: Filter,
    /// The largest by this first.
    pub measure: Measure,
    /// How many, at most 1000.
    pub limit: u32,
    /// Behind which.
    pub after: Option<After>,
}

/// A sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Total {
    /// Of what, in the order in which it was asked.
    pub of: Vec<Member>,
    /// How much.
    pub sums: Sums,
    /// Its place in the order.
    pub place: After,
}

/// A page of sums.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totals {
    /// What they cover: the range, and where finer sums are no longer kept, the rest of its first and last hour or day.
    pub span: Span,
    /// The largest first.
    pub rows: Vec<Total>,
    /// Behind which the next page begins.
    pub next: Option<After>,
}

impl UsageStore {
    /// Sums over a range.
    ///
    /// # Errors
    /// When there are no such sums, or the database fails.
    pub async fn totals(&self, span: Span, of: &TotalsOf, now: i64) -> Result<Totals, StoreError> {
        let conditions = self.conditions(&of.filter).await?;
        let dims = of.by.iter().copied().chain(conditions.dims());
        let book = Book::having(dims).ok_or(StoreError::Unanswerable)?;
        let parts = span.parts(book.levels(), self.kept, now);
        let Some(covered) = covered(&parts) else {
            return Ok(Totals {
                span,
                rows: Vec::new(),
                next: None,
            });
        };
        let span = Span {
            from: covered.from,
            to: if span.is_open(now) { span.to } else { covered.to },
        };
        let asked = Asked {
            book,
            parts: &parts,
            conditions: &conditions,
        };
        let limit = of.limit.clamp(1, MOST);
        let rows = if of.by.iter().any(|dim| dim.is_wide()) {
            let ranked = self.books.ask(ranking(&asked, of, limit)).await?;
            self.summed(&asked, of, &ranked).await?
        } else {
            self.books.ask(summing(&asked, of, limit)).await?
        };
        let members: Vec<&[Cell]> = rows.iter().filter_map(|row| row.get(1..)).collect();
        self.know(&of.by, &members).await?;
        let mut rows: Vec<Total> = rows.iter().filter_map(|row| self.total(&of.by, row)).collect();
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_| more).map(|last| last.place.clone());
        Ok(Totals { span, rows, next })
    }

    /// The sums of those that come first, in their order.
    async fn summed(&self, asked: &Asked<'_>, of: &TotalsOf, ranked: &Rows) -> Result<Rows, StoreError> {
        if ranked.is_empty() {
            return Ok(Rows::new());
        }
        let sums = self.books.ask(summing_these(asked, of, ranked)).await?;
        let by_members: HashMap<Vec<i64>, &[Cell]> = sums
            .iter()
            .filter_map(|row| row.split_at_checked(of.by.len()))
            .map(|(members, sums)| (members.iter().map(int).collect(), sums))
            .collect();
        let whole = |row: &Vec<Cell>| {
            let numbers: Vec<i64> = row.iter().skip(1).map(int).collect();
            Some([row.as_slice(), by_members.get(&numbers)?].concat())
        };
        Ok(ranked.iter().filter_map(whole).collect())
    }

    fn total(&self, by: &[Dim], row: &[Cell]) -> Option<Total> {
        let (amount, rest) = row.split_first()?;
        let (of, sums) = rest.split_at_checked(by.len())?;
        let sums = Sums::read(sums);
        // Sums over nothing are a row too, where they are not of each of something.
        (sums.requests > 0).then(|| Total {
            of: self.members(by, of),
            sums,
            place: After {
                amount: int(amount),
                numbers: of.iter().map(int).collect(),
            },
        })
    }
}

/// Where an answer is read from.
struct Asked<'a> {
    book: Book,
    parts: &'a [Part],
    conditions: &'a Conditions,
}

impl Asked<'_> {
    /// These columns of all rows that fit, and that are of one of `these`.
    fn rows(&self, columns: &[&str], these: &str, question: &mut Question) -> String {
        let filter = self.conditions.text(question);
        let part = |part: &Part| {
            let buckets = buckets::text(self.book, *part, self.conditions, question);
            format!(
                "select {} from {} where {buckets}{filter}{these}",
                columns.join(", "),
                self.book.table()
            )
        };
        let parts: Vec<String> = self.parts.iter().map(part).collect();
        parts.join(" union all ")
    }
}

fn columns(by: &[Dim]) -> Vec<&'static str> {
    by.iter().map(|dim| dim.column()).collect()
}

/// The largest, with all their sums at once: for what has few rows.
fn summing(asked: &Asked<'_>, of: &TotalsOf, limit: u32) -> Question {
    let all: Vec<&str> = columns(&of.by).into_iter().chain(Sums::COLUMNS).collect();
    largest(asked, of, &all, &format!(", {}", sums()), limit)
}

/// Which are the largest: of all rows only one amount is added up.
fn ranking(asked: &Asked<'_>, of: &TotalsOf, limit: u32) -> Question {
    let by = columns(&of.by).into_iter();
    let all: Vec<&str> = by.chain(of.measure.columns().iter().copied()).collect();
    largest(asked, of, &all, "", limit)
}

fn largest(asked: &Asked<'_>, of: &TotalsOf, columns_of: &[&str], sums: &str, limit: u32) -> Question {
    let mut question = Question::new("");
    let rows = asked.rows(columns_of, "", &mut question);
    let (measure, by) = (of.measure.text(), columns(&of.by).join(", "));
    let (mut names, mut group) = (String::new(), String::new());
    let mut order = "order by amount desc".to_owned();
    if !by.is_empty() {
        names = format!(", {by}");
        group = format!("group by {by}");
        order += &names;
        group += &behind(&measure, &by, of.after.as_ref(), &mut question);
    }
    let text = format!(
        "select {measure} as amount{names}{sums} from ({rows}) parts {group} {order} limit {}",
        limit + 1
    );
    Question { text, ..question }
}

/// The sums of those that were ranked, in any order, and perhaps of some others.
fn summing_these(asked: &Asked<'_>, of: &TotalsOf, ranked: &Rows) -> Question {
    let mut question = Question::new("");
    let mut these = String::new();
    for (place, dim) in of.by.iter().enumerate() {
        let numbers: BTreeSet<i64> = ranked
            .iter()
            .filter_map(|row| row.get(place + 1))
            .map(int)
            .collect();
        let numbers = numbers
            .into_iter()
            .map(|number| question.value(Cell::Int(number)));
        let numbers: Vec<String> = numbers.collect();
        these += &format!(" and {} in ({})", dim.column(), numbers.join(", "));
    }
    let by = columns(&of.by);
    let all: Vec<&str> = by.iter().copied().chain(Sums::COLUMNS).collect();
    let rows = asked.rows(&all, &these, &mut question);
    let by = by.join(", ");
    let text = format!("select {by}, {} from ({rows}) parts group by {by}", sums());
    Question { text, ..question }
}

fn sums() -> String {
    Sums::COLUMNS
        .map(|column| format!("cast(sum({column}) as bigint)"))
        .join(", ")
}

fn behind(measure: &str, by: &str, after: Option<&After>, question: &mut Question) -> String {
    let Some(after) = after else {
        return String::new();
    };
    let amount = question.value(Cell::Int(after.amount));
    let numbers: Vec<String> = after
        .numbers
        .iter()
        .map(|number| question.value(Cell::Int(*number)))
        .collect();
    let numbers = numbers.join(", ");
    format!(" having ({measure} < {amount} or ({measure} = {amount} and ({by}) > ({numbers})))")
}
