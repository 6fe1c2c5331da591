//! Which buckets of a table of sums are read, as SQL.
//!
//! A key is of level, bucket and what the table is by. Where that begins with the model and one model is asked for, each
//! bucket is named: a range would end the use of the key there, and everybody's sums of all models would be read.

use crate::dialect::usage::{Cell, Question};
use crate::usage::book::{Book, Dim};
use crate::usage::level::Part;

use super::filter::Conditions;

/// Buckets that are named one by one. More are a range.
const NAMED: i64 = 2000;

/// The condition on level and bucket.
pub(crate) fn text(book: Book, part: Part, conditions: &Conditions, question: &mut Question) -> String {
    let level = question.value(Cell::Int(part.level.number()));
    let named = book.lies_by_model()
        && conditions.dims().any(|dim| dim == Dim::Model)
        && (1..=NAMED).contains(&(part.to - part.from));
    if named {
        let buckets: Vec<String> = (part.from..part.to)
            .map(|bucket| question.value(Cell::Int(bucket)))
            .collect();
        return format!("level = {level} and bucket in ({})", buckets.join(", "));
    }
    let (from, to) = (
        question.value(Cell::Int(part.from)),
        question.value(Cell::Int(part.to)),
    );
    format!("level = {level} and bucket >= {from} and bucket < {to}")
}
