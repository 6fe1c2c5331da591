//! What is in the books: the requests, and all sums of them.

use std::collections::HashSet;
use std::time::Duration;

use potluck_filters::usage::RequestNumber;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

/// A connection to them.
pub(super) struct Ledger(pub(super) AnyConnection);

/// The requests in them.
#[derive(Default)]
pub(super) struct Booked {
    pub(super) all: HashSet<RequestNumber>,
    pub(super) twice: Vec<RequestNumber>,
    /// Those that went to an upstream.
    pub(super) tried: HashSet<RequestNumber>,
}

/// Tables of sums, and what each is by besides the time.
const SUMS: [(&str, &[&str]); 7] = [
    ("usage_by_code", &["upstream", "class", "code"]),
    ("usage_by_class", &["upstream", "class"]),
    (
        "usage_by_node",
        &["upstream", "node", "model", "endpoint", "class"],
    ),
    ("usage_by_client_key", &["user_id", "client_key_id", "class"]),
    (
        "usage_by_client_key_and_model",
        &[
            "user_id",
            "client_key_id",
            "upstream",
            "model",
            "endpoint",
            "class",
        ],
    ),
    ("usage_by_pool_key", &["pool_key_id", "upstream", "class"]),
    (
        "usage_by_pool_key_and_model",
        &["pool_key_id", "upstream", "model", "endpoint", "class"],
    ),
];
/// Levels that sums are kept at, and their milliseconds.
pub(super) const LEVELS: [(i64, i64); 3] = [(0, 60_000), (1, 3_600_000), (2, 86_400_000)];
/// What is added up as it is, and figures that not every request has.
const PLAIN: [&str; 4] = ["asked_bytes", "answered_bytes", "queued_us", "total_us"];
const FIGURES: [&str; 6] = ["prompt", "cached", "completion", "images", "anlas", "cost"];

impl Ledger {
    pub(super) async fn numbers(&mut self, question: String) -> Vec<Vec<i64>> {
        let rows = sqlx::query(AssertSqlSafe(question)).fetch_all(&mut self.0);
        let rows = rows.await.expect("rows");
        let row = |row: &sqlx::any::AnyRow| (0..row.len()).map(|n| row.get::<i64, _>(n)).collect();
        rows.iter().map(row).collect()
    }

    pub(super) async fn booked(&mut self) -> Booked {
        let question = "select cast(request_high as bigint), cast(request_low as bigint), cast(attempts as bigint) \
                        from usage_events";
        let mut booked = Booked::default();
        for row in self.numbers(question.to_owned()).await {
            let high = u16::try_from(row[0]).expect("two bytes").to_be_bytes();
            let bytes = [&high[..], &row[1].to_be_bytes()].concat();
            let number = RequestNumber(bytes.try_into().expect("ten bytes"));
            if !booked.all.insert(number) {
                booked.twice.push(number);
            }
            if row[2] > 0 {
                booked.tried.insert(number);
            }
        }
        booked
    }

    /// Waits until that request is in them.
    pub(super) async fn until_booked(&mut self, id: RequestNumber) {
        let low = i64::from_be_bytes(id.0[2..].try_into().expect("eight bytes"));
        let question = format!("select cast(1 as bigint) from usage_events where request_low = {low}");
        let there = async { while self.numbers(question.clone()).await.is_empty() {} };
        let there = tokio::time::timeout(Duration::from_secs(30), there).await;
        there.expect("the books go on when the database is back");
    }

    /// Sums, histograms and persons are those of the requests.
    pub(super) async fn is_right(&mut self) {
        self.sums_are_right().await;
        self.latencies_are_right().await;
        self.persons_are_right().await;
    }

    /// Each row of each table of sums is the sum of its requests, and none is missing.
    async fn sums_are_right(&mut self) {
        for (table, by) in SUMS {
            let mut kept = 0;
            for (level, ms) in LEVELS {
                let (sums, requests) = (summed(table, by, level), added(table, by, ms));
                if self.numbers(format!("{sums} limit 1")).await.is_empty() {
                    // Tables by model have no minutes.
                    continue;
                }
                kept += 1;
                for (one, other) in [(&sums, &requests), (&requests, &sums)] {
                    let differ = self.numbers(format!("{one} except {other}")).await;
                    assert!(differ.is_empty(), "{table} at level {level}: {differ:?}");
                }
            }
            // A load of which nothing was refused has no sums by code.
            assert!(kept > 0 || table == "usage_by_code", "{table} has sums");
        }
    }

    /// Each pool key has each day the users whom it served, and nobody else.
    async fn persons_are_right(&mut self) {
        let persons = bigints(&["day, pool_key_id, user_id"]);
        let kept = format!("select {persons} from usage_persons order by 1, 2, 3");
        let persons = bigints(&[&format!("id / {}", 86_400_000_i64 << 20), "pool_key_id, user_id"]);
        let served = format!(
            "select distinct {persons} from usage_events where pool_key_id <> 0 and user_id <> 0 order by 1, 2, 3"
        );
        let (kept, served) = (self.numbers(kept).await, self.numbers(served).await);
        assert_eq!(kept, served);
        let users: HashSet<i64> = served.iter().map(|row| row[2]).collect();
        assert!(users.len() > 1, "several users were served: {users:?}");
    }
}

/// The rows of a table of sums.
fn summed(table: &str, by: &[&str], level: i64) -> String {
    let plain = PLAIN.map(|name| format!("coalesce({name}, 0)"));
    let figures = FIGURES.map(|name| {
        format!(
            "coalesce({name}_reported, 0) + coalesce({name}_estimated, 0), coalesce({name}_told, 0), \
             coalesce({name}_reported, 0)"
        )
    });
    let columns = bigints(&[&["bucket"], by, &["requests"]].concat());
    let rest = bigints(
        &plain
            .iter()
            .chain(&figures)
            .map(String::as_str)
            .collect::<Vec<_>>(),
    );
    format!("select {columns}, {rest} from {table} where level = {level}")
}

/// The same rows, added up from the requests.
fn added(table: &str, by: &[&str], ms: i64) -> String {
    let bucket = format!("id / {}", ms << 20);
    let plain = PLAIN.map(|name| format!("sum({name})"));
    let figures = FIGURES.iter().enumerate().map(|(place, name)| {
        // Two bits a figure say where it is from; 2 is that the upstream reported it.
        let reported = format!("case when (told >> {}) & 3 = 2 then {name} else 0 end", 2 * place);
        format!("coalesce(sum({name}), 0), count({name}), coalesce(sum({reported}), 0)")
    });
    let figures: Vec<String> = figures.collect();
    let columns = bigints(&[&[&*bucket], by, &["count(*)"]].concat());
    let rest = bigints(
        &plain
            .iter()
            .chain(&figures)
            .map(String::as_str)
            .collect::<Vec<_>>(),
    );
    let which = match table {
        "usage_by_code" => "where code <> 0",
        "usage_by_pool_key" | "usage_by_pool_key_and_model" => "where pool_key_id <> 0",
        _ => "",
    };
    format!(
        "select {columns}, {rest} from usage_events {which} group by {bucket}, {}",
        by.join(", ")
    )
}

/// Each of them as a number of the same width, whatever the database makes of sums.
fn bigints(columns: &[&str]) -> String {
    let each = columns.iter().flat_map(|columns| split(columns));
    each.map(|column| format!("cast({column} as bigint)"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Cuts a list of expressions at the commas that stand in no brackets.
fn split(columns: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, letter) in columns.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(columns[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(columns[start..].trim());
    parts
}
