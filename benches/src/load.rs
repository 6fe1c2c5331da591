//! The load: a number of keep-alive connections, each with one request in flight at most, every
//! answer checked. Closed (as fast as answers come) for throughput, or at a fixed rate for latency.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rand::{Rng, RngExt, SeedableRng, rngs::StdRng};
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use crate::connection::Connection;
use crate::histogram::Histogram;
use crate::payload::{LENGTH, Request};

/// How requests follow each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// The next request leaves when the last answer is there.
    Closed,
    /// This many requests per second over all connections, evenly spread.
    PerSecond(f64),
}

/// What is to be sent, and for how long.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Who is measured.
    pub address: SocketAddr,
    /// Connections.
    pub connections: u32,
    /// How long requests are started.
    pub duration: Duration,
    /// How they follow each other.
    pub pace: Pace,
    /// One of these is drawn for each request.
    pub keys: Arc<[String]>,
}

/// What came of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tally {
    /// Requests answered, all of them with status 200 and a whole body.
    pub requests: u64,
    /// Requests per second.
    pub rps: f64,
    /// Median latency in microseconds.
    pub p50_us: f64,
    /// 99th percentile in microseconds.
    pub p99_us: f64,
    /// Longest latency in microseconds.
    pub longest_us: f64,
}

/// Runs the plan.
///
/// # Errors
/// At the first answer that is not a 200 with a body of [`LENGTH`] bytes, and on any broken connection.
pub async fn run(plan: &Plan) -> Result<Tally> {
    let mut connections = Vec::new();
    for _ in 0..plan.connections {
        connections.push(Connection::open(plan.address).await?);
    }
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for (index, connection) in (0..).zip(connections) {
        tasks.spawn(Worker::new(plan, index, start, connection).run());
    }
    let mut all = Histogram::default();
    while let Some(done) = tasks.join_next().await {
        all.merge(&done.context("a connection's task ended badly")??);
    }
    Ok(tally(&all, start.elapsed()))
}

#[expect(clippy::cast_precision_loss, reason = "a count of requests, far below 2^52")]
fn tally(all: &Histogram, elapsed: Duration) -> Tally {
    let micros = |latency: Duration| latency.as_secs_f64() * 1e6;
    Tally {
        requests: all.total(),
        rps: all.total() as f64 / elapsed.as_secs_f64(),
        p50_us: micros(all.quantile(0.5)),
        p99_us: micros(all.quantile(0.99)),
        longest_us: micros(all.longest()),
    }
}

/// One connection's share of the plan.
struct Worker {
    connection: Connection,
    request: Request,
    keys: Arc<[String]>,
    rng: StdRng,
    end: Instant,
    /// When the next request is due, and the time between two; `None` in a closed loop.
    schedule: Option<(Instant, Duration)>,
}

impl Worker {
    fn new(plan: &Plan, index: u32, start: Instant, connection: Connection) -> Self {
        let schedule = match plan.pace {
            Pace::Closed => None,
            Pace::PerSecond(rate) => {
                let between = Duration::from_secs_f64(1.0 / rate);
                Some((start + between * index, between * plan.connections))
            }
        };
        Self {
            connection,
            request: Request::chat(plan.address),
            keys: Arc::clone(&plan.keys),
            // The same draw in every round and for every target.
            rng: StdRng::seed_from_u64(u64::from(index)),
            end: start + plan.duration,
            schedule,
        }
    }

    async fn run(mut self) -> Result<Histogram> {
        let (mut seen, mut out) = (Histogram::default(), Vec::new());
        while let Some(sent) = self.turn().await {
            self.request.write(drawn(&self.keys, &mut self.rng)?, &mut out);
            let head = self.connection.exchange(&out).await?;
            seen.record(sent.elapsed());
            if head.status != 200 || head.content_length != LENGTH {
                let body = String::from_utf8_lossy(self.connection.body(&head));
                bail!(
                    "an answer of {} bytes with status {}: {body}",
                    head.content_length,
                    head.status
                );
            }
        }
        Ok(seen)
    }

    /// When the next request counts as sent; `None` at the end.
    ///
    /// A request that waited for the last answer on its connection counts from when it was due, so
    /// that a stall is seen by all whom it would have met. Otherwise it counts from the wake-up:
    /// the timer's own lateness is not the target's.
    async fn turn(&mut self) -> Option<Instant> {
        let now = Instant::now();
        let sent = match &mut self.schedule {
            None => now,
            Some((due, between)) => {
                let this = *due;
                *due += *between;
                if this < now { this } else { woken_at(this).await }
            }
        };
        (sent < self.end).then_some(sent)
    }
}

async fn woken_at(due: Instant) -> Instant {
    tokio::time::sleep_until(due.into()).await;
    Instant::now()
}

fn drawn<'a>(keys: &'a [String], rng: &mut impl Rng) -> Result<&'a str> {
    keys.get(rng.random_range(0..keys.len().max(1)))
        .map(String::as_str)
        .context("no client keys were given")
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::payload::completion;

    /// Runs a short load against a listener that gives every request the same answer.
    async fn loaded(answer: String, pace: Pace) -> Result<Tally> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let server = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let answer = answer.clone();
                tokio::spawn(async move {
                    let mut request = vec![0; request_length(address)];
                    while stream.read_exact(&mut request).await.is_ok() {
                        stream.write_all(answer.as_bytes()).await.unwrap();
                    }
                });
            }
        });
        let keys = Arc::from(["np-a".to_owned(), "np-b".to_owned()]);
        let plan = Plan {
            address,
            connections: 2,
            duration: Duration::from_millis(500),
            pace,
            keys,
        };
        let tally = run(&plan).await;
        server.abort();
        tally
    }

    fn request_length(address: SocketAddr) -> usize {
        let mut out = Vec::new();
        Request::chat(address).write("np-a", &mut out);
        out.len()
    }

    fn ok() -> String {
        format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {LENGTH}\r\n\r\n{}",
            completion()
        )
    }

    #[tokio::test]
    async fn right_answers_are_counted() {
        let tally = loaded(ok(), Pace::Closed).await.unwrap();
        assert!(
            tally.requests >= 2 && tally.p50_us > 0.0 && tally.p99_us <= tally.longest_us,
            "{tally:?}"
        );
    }

    #[tokio::test]
    async fn a_rate_is_kept_to() {
        let tally = loaded(ok(), Pace::PerSecond(200.0)).await.unwrap();
        // Half a second at 200 a second, and no more however fast the machine.
        assert!((1..=100).contains(&tally.requests), "{tally:?}");
    }

    #[tokio::test]
    async fn the_first_wrong_answer_ends_the_load_and_is_shown() {
        for (answer, shown) in [
            (
                "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy",
                "status 503: busy",
            ),
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "2 bytes"),
        ] {
            let error = loaded(answer.to_owned(), Pace::Closed)
                .await
                .unwrap_err()
                .to_string();
            assert!(error.contains(shown), "{error}");
        }
    }
}
