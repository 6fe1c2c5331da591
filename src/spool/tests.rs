//! What is promised of usage on its way: in order, once, and still there after a crash.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use potluck_filters::id::{ClientKeyId, PoolKeyId, UserId};
use potluck_filters::meter::Figure;
use potluck_filters::rejection::Code;
use potluck_filters::usage::{Before, Ended, Endpoint, KeyUse, RequestNumber, Times, UsageEvent, Used};
use tokio::runtime::Handle;
use tokio::sync::Notify;

use super::record::{decode, encode};
use super::*;

const PATIENCE: Duration = Duration::from_secs(20);
const GIB: u64 = 1 << 30;

/// Event number `n`, so that it can be told apart.
fn event(n: u64) -> UsageEvent {
    UsageEvent {
        request: RequestNumber::parse(&format!("{n:020x}")).unwrap(),
        ended_at: 1_790_000_000_000,
        user: Some(UserId(7)),
        client_key: Some(ClientKeyId(8)),
        key_use: KeyUse::default(),
        pool_key: Some(PoolKeyId(9)),
        upstream: Some("vercel".into()),
        node: None,
        model: Some("gpt-5-mini".into()),
        endpoint: Endpoint::Chat,
        status: 429,
        ended: Ended::Refused,
        code: Some(Code::RateLimited),
        attempts: 2,
        times: Times {
            queued: 1,
            first_byte: Some(2),
            total: 3,
            own: None,
        },
        asked_bytes: 4,
        answered_bytes: 5,
        used: Used {
            prompt: Figure::Reported(6),
            completion: Figure::Estimated(7),
            ..Used::default()
        },
        trace: None,
    }
}

/// Books in memory, which take each number once, and only when they are willing.
#[derive(Default)]
struct Ledger {
    taken: Mutex<Vec<(i64, u64, UsageEvent)>>,
    willing: Mutex<bool>,
    at_most: Mutex<Option<usize>>,
    news: Notify,
}

#[async_trait]
impl Taker for Ledger {
    async fn take(&self, batch: &Batch) -> Result<u64, NotTaken> {
        self.news.notify_one();
        if !*self.willing.lock() {
            return Err(NotTaken("the books are closed".into()));
        }
        let mut taken = self.taken.lock();
        let mark = taken.iter().filter(|(epoch, ..)| *epoch == batch.epoch);
        let mark = mark.map(|(_, number, _)| *number).max().unwrap_or(0);
        let at_most = self.at_most.lock().unwrap_or(usize::MAX);
        let numbered = (batch.first..).zip(&batch.events).take(at_most);
        let new = numbered.filter(|(number, _)| *number > mark);
        taken.extend(new.map(|(number, event)| (batch.epoch, number, event.clone())));
        let last = taken
            .iter()
            .filter(|(epoch, ..)| *epoch == batch.epoch)
            .map(|(_, number, _)| *number);
        Ok(last.max().unwrap_or(0))
    }
}

impl Ledger {
    fn open(willing: bool) -> Arc<Self> {
        let ledger = Self::default();
        *ledger.willing.lock() = willing;
        Arc::new(ledger)
    }

    /// Until it has so many.
    async fn has(&self, events: usize) {
        let all = async {
            while self.taken.lock().len() < events {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        if tokio::time::timeout(PATIENCE, all).await.is_err() {
            panic!("{} of {events} came", self.taken.lock().len());
        }
    }

    async fn was_asked(&self) {
        tokio::time::timeout(PATIENCE, self.news.notified())
            .await
            .unwrap();
    }

    /// The requests of an epoch, by their numbers.
    fn of(&self, epoch: i64) -> Vec<(u64, String)> {
        let taken = self.taken.lock();
        let own = taken.iter().filter(|(known, ..)| *known == epoch);
        own.map(|(_, number, event)| (*number, event.request.to_string()))
            .collect()
    }
}

/// What an epoch should have brought.
fn numbered(events: std::ops::RangeInclusive<u64>) -> Vec<(u64, String)> {
    events.map(|n| (n, format!("{n:020x}"))).collect()
}

fn open(folder: &Path, epoch: i64, ledger: &Arc<Ledger>, most: u64) -> Spool {
    let settings = Settings {
        folder: folder.to_owned(),
        edge: "potluck".into(),
        epoch,
        most,
    };
    Spool::open(&settings, Arc::clone(ledger) as _, &Handle::current()).unwrap()
}

async fn put(spool: &Spool, events: std::ops::RangeInclusive<u64>) {
    let inlet = spool.inlet();
    let last = *events.end();
    events.for_each(|n| inlet.put(event(n)));
    while inlet.status().report().written < last {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn files(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort_unstable();
    names
}

/// What a disk would hold if the process died now.
fn crash(folder: &Path) -> tempfile::TempDir {
    let after = tempfile::tempdir().unwrap();
    for name in files(folder) {
        std::fs::copy(folder.join(&name), after.path().join(&name)).unwrap();
    }
    after
}

#[tokio::test(flavor = "multi_thread")]
async fn events_come_in_order_and_leave_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(true);
    let spool = open(folder.path(), 1, &ledger, GIB);
    put(&spool, 1..=3_000).await;
    put(&spool, 3_001..=3_010).await;
    let status = spool.status();
    spool.close(PATIENCE).await;
    assert_eq!(ledger.of(1), numbered(1..=3_010));
    let report = status.report();
    assert_eq!((report.written, report.sent, report.lost), (3_010, 3_010, 0));
    assert_eq!(files(folder.path()), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_taken_is_sent_again_until_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(false);
    let spool = open(folder.path(), 1, &ledger, GIB);
    put(&spool, 1..=10).await;
    ledger.was_asked().await;
    assert!(spool.status().report().sent == 0);
    *ledger.at_most.lock() = Some(3);
    *ledger.willing.lock() = true;
    ledger.has(10).await;
    spool.close(PATIENCE).await;
    assert_eq!(ledger.of(1), numbered(1..=10));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_process_wrote_is_adopted_and_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(true);
    let first = open(folder.path(), 1, &ledger, GIB);
    put(&first, 1..=5).await;
    ledger.has(5).await;
    *ledger.willing.lock() = false;
    put(&first, 6..=2_000).await;
    let left = crash(folder.path());
    // It was killed; that the books are asked by both is what they have to bear.
    *ledger.willing.lock() = true;
    let second = open(left.path(), 2, &ledger, GIB);
    put(&second, 1..=20).await;
    ledger.has(2_020).await;
    second.close(PATIENCE).await;
    first.close(PATIENCE).await;
    assert_eq!(ledger.of(1), numbered(1..=2_000));
    assert_eq!(ledger.of(2), numbered(1..=20));
    assert_eq!(files(left.path()), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_sent_at_the_end_is_sent_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(false);
    let spool = open(folder.path(), 1, &ledger, GIB);
    put(&spool, 1..=10).await;
    spool.close(Duration::from_millis(1)).await;
    assert_eq!(files(folder.path()).len(), 1);
    *ledger.willing.lock() = true;
    let spool = open(folder.path(), 2, &ledger, GIB);
    ledger.has(10).await;
    spool.close(PATIENCE).await;
    assert_eq!(ledger.of(1), numbered(1..=10));
    assert_eq!(files(folder.path()), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_backlog_is_read_in_parts_and_added_up_as_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(false);
    let spool = open(folder.path(), 1, &ledger, GIB);
    put(&spool, 1..=40_000).await;
    spool.close(Duration::from_millis(1)).await;
    let left = Left::all(folder.path());
    assert_eq!(left.len(), 1);
    assert_eq!((&**left[0].of().0, left[0].of().1), ("potluck", 1));
    let (mut next, mut before) = (10_001, Before::new(0, 0));
    left[0].each_from(next, |seen| {
        assert_eq!(*seen, event(next));
        before.see(seen);
        next += 1;
    });
    assert_eq!(next, 40_001);
    let admitted: Vec<_> = before.admitted().iter().map(|one| one.requests).collect();
    assert_eq!(admitted, [30_000], "all in one second, of one key");
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_told_of_their_own_requests_while_the_books_are_closed() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(false);
    let spool = open(folder.path(), 1, &ledger, GIB);
    put(&spool, 1..=7).await;
    let inlet = spool.inlet();
    let ended_at = crate::clock::unix_ms();
    for user in [8, 9, 8] {
        inlet.put(UsageEvent {
            user: Some(UserId(user)),
            ended_at,
            ..event(10)
        });
    }
    while inlet.status().report().written < 10 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let requests = |user| {
        let steps = inlet.recent(UserId(user), ended_at + 1);
        let steps = steps.get("vercel").into_iter().flatten();
        steps.map(|step| step.counted.requests).sum::<u64>()
    };
    assert_eq!((requests(8), requests(9), requests(10)), (2, 1, 0));
    spool.close(Duration::from_millis(1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_file_is_set_aside_and_holds_nobody_up() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(false);
    let spool = open(folder.path(), 3, &ledger, GIB);
    put(&spool, 1..=10).await;
    let left = crash(folder.path());
    std::fs::write(left.path().join("0000000000000001.redb"), vec![7; 10_000]).unwrap();
    std::fs::write(left.path().join("0000000000000002.redb"), b"").unwrap();
    *ledger.willing.lock() = true;
    let next = open(left.path(), 4, &ledger, GIB);
    ledger.has(10).await;
    let status = next.status();
    next.close(PATIENCE).await;
    assert_eq!(ledger.of(3), numbered(1..=10));
    assert_eq!(status.report().set_aside, 2);
    let broken = ["0000000000000001.broken", "0000000000000002.broken"];
    assert_eq!(files(left.path()), broken);
    spool.close(PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_bound_new_events_are_refused_and_counted_and_then_taken_again() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(false);
    let spool = open(folder.path(), 1, &ledger, 10_000);
    put(&spool, 1..=100).await;
    let inlet = spool.inlet();
    inlet.put(event(101));
    while inlet.status().report().lost == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(inlet.status().report().full);
    *ledger.willing.lock() = true;
    ledger.has(100).await;
    while inlet.status().report().sent < 100 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    put(&spool, 101..=101).await;
    assert!(!inlet.status().report().full);
    spool.close(PATIENCE).await;
    assert_eq!(ledger.of(1), numbered(1..=101));
}

#[test]
fn records_of_older_and_newer_processes_are_read() {
    let mut values: Vec<serde_json::Value> = Vec::new();
    for n in [1, 2] {
        let mut value = serde_json::to_value(event(n)).unwrap();
        // A newer process says more.
        value["added"] = serde_json::json!({"anything": [1, 2]});
        // As ten bytes, which is what a record has.
        value["request"] = serde_json::json!(event(n).request.0);
        values.push(value);
    }
    let newer = rmp_serde::to_vec_named(&values).unwrap();
    assert_eq!(decode(&newer).unwrap(), [event(1), event(2)]);
    let own = encode(&[event(1)]).unwrap();
    for word in [
        "ended_at",
        "vercel",
        "chat",
        "refused",
        "rate_limited",
        "reported",
        "estimated",
        "none",
    ] {
        let found = own.windows(word.len()).any(|part| part == word.as_bytes());
        assert!(found, "{word} stands in a record as a word");
    }
}
