//! Nothing is counted twice, whatever is sent again, and nothing half.

use super::{ALWAYS, NOW, all, batch, each, event};
use crate::usage::ask::TotalsOf;
use crate::usage::{Batch, HighWater, UsageStore};

async fn counted(books: &UsageStore) -> (usize, u64) {
    let totals = books.totals(ALWAYS, &TotalsOf::default(), NOW).await.unwrap();
    let sums = totals.rows.first().map_or(0, |total| total.sums.requests);
    (all(books).await.len(), sums)
}

fn numbers(range: std::ops::Range<u64>) -> Vec<potluck_filters::usage::UsageEvent> {
    range.map(|number| event(number, NOW)).collect()
}

#[tokio::test]
async fn what_was_written_is_not_written_again() {
    each(async |database| {
        let books = database.books().await;
        assert_eq!(books.high_water("edge-1", 7).await.unwrap(), None);
        for (first, last, after) in [
            (1, 5, 5),
            (1, 5, 5),
            (3, 9, 9),
            (9, 9, 9),
            (2, 4, 9),
            (10, 12, 12),
        ] {
            let written = books
                .record(&batch(7, first, numbers(first..last + 1)), NOW)
                .await
                .unwrap();
            assert_eq!(written, HighWater(after), "{first} to {last}");
            assert_eq!(counted(&books).await, (after as usize, after));
        }
        assert_eq!(
            books.record(&batch(7, 13, Vec::new()), NOW).await.unwrap(),
            HighWater(12)
        );
        assert_eq!(books.high_water("edge-1", 7).await.unwrap(), Some(HighWater(12)));
        books.close().await;
        let again = database.books().await;
        again.record(&batch(7, 1, numbers(1..13)), NOW).await.unwrap();
        assert_eq!(counted(&again).await, (12, 12), "nor by the next process");
        again.close().await;
    })
    .await;
}

#[tokio::test]
async fn each_process_of_an_edge_has_numbers_of_its_own_in_whatever_order_they_come() {
    each(async |database| {
        let books = database.books().await;
        for (edge, epoch, first) in [("a", 9, 0), ("a", 8, 0), ("b", 9, 0), ("a", 8, 3), ("a", 9, 2)] {
            let sent = Batch {
                edge: edge.into(),
                ..batch(epoch, first, numbers(first..first + 3))
            };
            books.record(&sent, NOW).await.unwrap();
        }
        let marks = [("a", 9, 4), ("a", 8, 5), ("b", 9, 2)];
        for (edge, epoch, mark) in marks {
            let found = books.high_water(edge, epoch).await.unwrap();
            assert_eq!(found, Some(HighWater(mark)), "{edge} {epoch}");
        }
        assert_eq!(counted(&books).await, (5 + 6 + 3, 5 + 6 + 3));
        books.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_write_that_ends_before_its_commit_has_not_happened() {
    each(async |database| {
        let books = database.books().await;
        let events = numbers(1..50);
        books
            .record(&batch(7, 0, vec![event(0, NOW)]), NOW)
            .await
            .unwrap();
        let mut writing = books.books.write().await.unwrap();
        books.put(&mut writing, &events, 100, NOW).await.unwrap();
        drop(writing);
        assert_eq!(counted(&books).await, (1, 1));
        books.record(&batch(7, 1, events), NOW).await.unwrap();
        assert_eq!(counted(&books).await, (50, 50));
        books.close().await;
    })
    .await;
}

#[tokio::test]
async fn edges_that_write_at_once_are_all_written() {
    each(async |database| {
        let books = database.books().await;
        let other = database.books().await;
        let send = async |books: &UsageStore, epoch: i64| {
            for first in (1..200).step_by(20) {
                books
                    .record(&batch(epoch, first, numbers(first..first + 20)), NOW)
                    .await
                    .unwrap();
            }
        };
        tokio::join!(send(&books, 1), send(&books, 2), send(&other, 3));
        assert_eq!(counted(&books).await, (600, 600));
        books.close().await;
        other.close().await;
    })
    .await;
}
