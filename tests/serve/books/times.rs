//! The histograms in the books: each is that of its requests, and those of a range merge to the longer range's.

use std::collections::BTreeMap;

use potluck_filters::latency::Latencies;
use potluck_filters::usage::Times;
use sqlx::Row as _;

use super::ledger::{LEVELS, Ledger};

/// Bucket, upstream and endpoint.
type Which = [i64; 3];

type Histograms = BTreeMap<Which, Latencies>;

impl Ledger {
    /// Each histogram of each level counts the times of its requests, and none is missing.
    pub(super) async fn latencies_are_right(&mut self) {
        let requests = self.times().await;
        assert!(!requests.is_empty(), "there are requests");
        let mut finer: Option<(i64, Histograms)> = None;
        for (level, ms) in LEVELS {
            let mut expected = Histograms::new();
            for ([id, upstream, endpoint], times) in &requests {
                let which = [id / (ms << 20), *upstream, *endpoint];
                expected.entry(which).or_default().note(times);
            }
            let kept = self.histograms(level).await;
            assert_eq!(kept, expected, "histograms of level {level}");
            if let Some((finer_ms, finer)) = finer {
                assert_eq!(merged(&finer, ms / finer_ms), kept, "merged to level {level}");
            }
            finer = Some((ms, kept));
        }
    }

    /// Id, upstream and endpoint of each request, and its times.
    async fn times(&mut self) -> Vec<([i64; 3], Times)> {
        let columns = [
            "id",
            "upstream",
            "endpoint",
            "queued_us",
            "total_us",
            "coalesce(first_byte_us, -1)",
            "coalesce(own_us, -1)",
        ];
        let columns = columns
            .map(|column| format!("cast({column} as bigint)"))
            .join(", ");
        let rows = self.numbers(format!("select {columns} from usage_events")).await;
        let us = |number: i64| u64::try_from(number).ok();
        let one = |row: &Vec<i64>| {
            let times = Times {
                queued: us(row[3]).expect("a time"),
                total: us(row[4]).expect("a time"),
                first_byte: us(row[5]),
                own: us(row[6]),
            };
            ([row[0], row[1], row[2]], times)
        };
        rows.iter().map(one).collect()
    }

    async fn histograms(&mut self, level: i64) -> Histograms {
        let question = "select cast(bucket as bigint), cast(upstream as bigint), cast(endpoint as bigint), counts \
                        from usage_latencies where level = $1";
        let rows = sqlx::query(question).bind(level).fetch_all(&mut self.0);
        let one = |row: &sqlx::any::AnyRow| {
            let counts: Vec<u8> = row.get(3);
            let latencies = Latencies::unpack(&counts).expect("a packed histogram");
            ([row.get(0), row.get(1), row.get(2)], latencies)
        };
        rows.await.expect("rows").iter().map(one).collect()
    }
}

/// The histograms of buckets that are so many times as long.
fn merged(finer: &Histograms, times: i64) -> Histograms {
    let mut longer = Histograms::new();
    for ([bucket, upstream, endpoint], one) in finer {
        let which = [bucket / times, *upstream, *endpoint];
        longer.entry(which).or_default().merge(one);
    }
    longer
}
