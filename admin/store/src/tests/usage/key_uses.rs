//! When client keys were used last.

use potluck_filters::id::ClientKeyId;
use potluck_filters::spending::DAY_MS;
use potluck_filters::usage::{KeyUse, Program, UsageEvent};

use super::forgetting::tidied;
use super::{NOW, batch, each, event};
use crate::usage::key_uses::{KeyUses, TextUses};

const MINUTE: i64 = 60_000;

fn used(number: u64, at: i64, former: bool, program: u8) -> UsageEvent {
    UsageEvent {
        key_use: KeyUse {
            former,
            program: Program(program),
        },
        ..event(number, at)
    }
}

#[tokio::test]
async fn the_last_use_of_each_text_is_known_to_the_minute() {
    each(async |database| {
        let books = database.books().await;
        let key = ClientKeyId(2);
        let old = NOW - 2 * DAY_MS;
        let first = vec![
            used(1, old, false, 1),
            used(2, NOW - 5 * MINUTE, false, 2),
            used(3, NOW - 6 * MINUTE, false, 2),
            used(4, NOW - MINUTE, true, 1),
        ];
        books.record(&batch(7, 1, first), NOW).await.unwrap();
        // Half a minute later is not written again; a minute later is, and what comes late changes nothing.
        let more = vec![
            used(5, NOW - 5 * MINUTE + 30_000, false, 2),
            used(6, NOW, true, 1),
            used(7, old, true, 1),
        ];
        books.record(&batch(7, 5, more), NOW).await.unwrap();
        let uses = books.key_uses(&[key, ClientKeyId(9)], NOW).await.unwrap();
        let text = |last_at, programs| TextUses {
            last_at: Some(last_at),
            programs,
        };
        let expected = KeyUses {
            present: text(NOW - 5 * MINUTE, 1),
            former: text(NOW, 1),
        };
        assert_eq!(uses.into_iter().collect::<Vec<_>>(), [(key, expected)]);
        // Another process knows of none that is written.
        let again = database.books().await;
        again
            .record(&batch(8, 1, vec![used(8, old, false, 2)]), NOW)
            .await
            .unwrap();
        assert_eq!(again.key_uses(&[key], NOW).await.unwrap()[&key], expected);
        let late = NOW + 1000 * DAY_MS;
        tidied(&again, late).await;
        assert!(again.key_uses(&[key], late).await.unwrap().is_empty());
        again.close().await;
        books.close().await;
    })
    .await;
}
