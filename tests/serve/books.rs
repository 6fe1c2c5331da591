//! The books under fire: requests at random, the relay killed again and again, the books locked in between. What the
//! clients were served is in the books, once; and the sums are the sums of it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use nix::sys::signal::Signal;
use potluck::clock::Clock;
use potluck_filters::time::Moment;
use potluck_filters::usage::RequestNumber;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection, Executor, Row};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::installation::{Installation, wide_world};
use crate::relay::Relay;
use crate::requests::{chat_request, client};

/// Clients that send one request after the other.
const CLIENTS: usize = 12;
/// What a kill may forget is what ended within 100 ms before it. A busy machine's disk gets more.
const FORGOTTEN: Duration = Duration::from_secs(1);
/// Lives of the relay that end with a kill.
const LIVES: u64 = 3;

/// Requests that were served to their end: their ids, and when that was.
type Served = Vec<(RequestNumber, Moment)>;

/// Sends until told to stop, or until nobody answers any more.
async fn one_client(
    (url, key, streams): (String, Arc<str>, bool),
    clock: Clock,
    stop: watch::Receiver<bool>,
) -> Served {
    let mut served = Served::new();
    let client = client();
    while !*stop.borrow() {
        let request = client.post(&url).bearer_auth(&key).json(&chat_request(streams));
        let Ok(answer) = request.send().await else { break };
        let id = answer
            .headers()
            .get("x-request-id")
            .and_then(|id| id.to_str().ok());
        let id = id.and_then(RequestNumber::parse).expect("an id");
        assert_eq!(answer.status(), 200);
        if answer.bytes().await.is_err() {
            break;
        }
        served.push((id, clock.now()));
    }
    served
}

/// Clients at work.
struct Load {
    clients: JoinSet<Served>,
    stop: watch::Sender<bool>,
}

impl Load {
    fn begin(relay: &Relay, key: &str, clock: Clock) -> Self {
        let (stop, stopped) = watch::channel(false);
        let mut clients = JoinSet::new();
        for n in 0..CLIENTS {
            let url = relay.url("/v1/chat/completions");
            clients.spawn(one_client((url, key.into(), n % 2 == 0), clock, stopped.clone()));
        }
        Self { clients, stop }
    }

    async fn end(self) -> Served {
        self.stop.send_replace(true);
        self.clients.join_all().await.concat()
    }
}

async fn open(installation: &Installation) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(installation.path("data/usage.db"));
    let options = options.busy_timeout(Duration::from_secs(20));
    options.connect().await.expect("the books")
}

/// Requests in the books, each with how often it is there.
async fn booked(books: &mut SqliteConnection) -> HashMap<RequestNumber, usize> {
    let rows = sqlx::query("select request_high, request_low from usage_events");
    let mut booked = HashMap::new();
    for row in rows.fetch_all(books).await.expect("rows") {
        let (high, low): (i64, i64) = (row.get(0), row.get(1));
        let high = u16::try_from(high).expect("two bytes").to_be_bytes();
        let bytes = [&high[..], &low.to_be_bytes()].concat();
        let number = RequestNumber(bytes.try_into().expect("ten bytes"));
        *booked.entry(number).or_default() += 1;
    }
    booked
}

/// Requests, tokens and bytes, by every sum that is kept of them, and of the requests one by one.
async fn sums(books: &mut SqliteConnection) -> Vec<(String, [i64; 4])> {
    let raw = "select 'raw', count(*), coalesce(sum(prompt), 0), coalesce(sum(completion), 0), sum(answered_bytes) \
               from usage_events";
    let of = |table: &str, level: i64| {
        format!(
            "select '{table} {level}', sum(requests), coalesce(sum(prompt_reported), 0) + coalesce(sum(prompt_estimated), 0), \
             coalesce(sum(completion_reported), 0) + coalesce(sum(completion_estimated), 0), sum(answered_bytes) \
             from {table} where level = {level}"
        )
    };
    let mut all = vec![raw.to_owned()];
    all.extend((0..3).map(|level| of("usage_by_class", level)));
    let mut sums = Vec::new();
    for question in all {
        let row = sqlx::query(sqlx::AssertSqlSafe(question))
            .fetch_one(&mut *books)
            .await
            .expect("a sum");
        sums.push((row.get(0), [row.get(1), row.get(2), row.get(3), row.get(4)]));
    }
    sums
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_served_is_in_the_books_once_whatever_is_killed_and_locked() {
    let world = wide_world(4).await;
    let installation = Installation::furnished(&world).await;
    let (_, key) = installation.client_key().await;
    let clock = Clock::default();
    let (mut certain, mut all) = (Served::new(), Served::new());
    for life in 0..LIVES {
        let relay = Relay::start(&installation).await;
        let load = Load::begin(&relay, &key, clock);
        tokio::time::sleep(Duration::from_millis(400)).await;
        let mut books = open(&installation).await;
        if life > 0 {
            // From here on nothing is written; what comes waits on disk, over the kill too.
            books.execute("begin exclusive").await.expect("a lock");
        }
        tokio::time::sleep(FORGOTTEN + Duration::from_millis(150 * life)).await;
        let killed = clock.now();
        relay.signal(Signal::SIGKILL);
        relay.end().await;
        let served = load.end().await;
        certain.extend(served.iter().filter(|(_, ended)| *ended + FORGOTTEN < killed));
        all.extend(served);
        books.close().await.expect("an end");
    }
    // The last life ends as an operator ends it: nothing of it may be missing.
    let relay = Relay::start(&installation).await;
    let load = Load::begin(&relay, &key, clock);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let served = load.end().await;
    assert!(!served.is_empty());
    certain.extend(&served);
    all.extend(&served);
    relay.stop().await;

    let mut books = open(&installation).await;
    let booked = booked(&mut books).await;
    assert!(booked.values().all(|times| *times == 1), "nothing is there twice");
    let missing = certain.iter().filter(|(id, _)| !booked.contains_key(id)).count();
    assert_eq!(
        missing,
        0,
        "of {} that are certain, in {} lines",
        certain.len(),
        booked.len()
    );
    let upstream = world.openai.server.records.count();
    assert!(
        booked.len() <= upstream,
        "{} lines of {upstream} requests",
        booked.len()
    );
    let sums = sums(&mut books).await;
    assert_eq!(sums[0].1[0], booked.len() as i64);
    assert!(sums.iter().all(|(_, sum)| *sum == sums[0].1), "{sums:?}");
    let left = std::fs::read_dir(installation.path("data/usage"))
        .expect("the spool")
        .count();
    assert_eq!(left, 0, "all was sent on");
    println!(
        "{} served, {} certain, {} booked",
        all.len(),
        certain.len(),
        booked.len()
    );
}
