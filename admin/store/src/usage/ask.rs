//! What may be asked of the books.
//!
//! Invariants: sums are never read from requests; every list is asked for page by page, by a key that does not move when
//! rows are added; no question takes longer than the books' patience.

pub(crate) mod buckets;
mod entries;
mod filter;
mod latencies;
mod member;
mod persons;
mod series;
mod spent;
mod totals;

pub use entries::{Entry, EntryFilter, Page};
pub use filter::Filter;
pub use latencies::LatencyPoint;
pub use member::Member;
pub use persons::{Persons, PersonsOfDay};
pub use series::{Point, Series, Step};
pub use totals::{After, Measure, Total, Totals, TotalsOf};
