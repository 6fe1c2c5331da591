//! `bench-meter`: what counting costs a request whose body and answer have 1 KiB each, in one thread and without a
//! network: the model that is asked for is looked up, the answer is metered, an event is made, and it goes through a
//! bounded channel of the kind that leads to the spool. Writing it down is not in it, since no request waits for that;
//! nor are the few fields that the relay notes while a request passes.
//!
//! Each round is a pair, with counting and without, in turns; told is the CPU time between the two, which other work
//! on the machine does not lengthen. Exits with 1 where that is more than it may be.

#![expect(clippy::print_stdout, reason = "figures are what the program is for")]

use std::hint::black_box;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use potluck_bench::ending;
use potluck_bench::payload::{completion, question};
use potluck_filters::id::{ClientKeyId, PoolKeyId, UserId};
use potluck_filters::meter::{Figures, Head, Meter, asked_model};
use potluck_filters::usage::{Ended, Endpoint, KeyUse, RequestNumber, Times, UsageEvent, Used};
use tokio::sync::mpsc;

/// What counting may cost a request.
const MOST: Duration = Duration::from_micros(1);

/// Measure what counting costs a request.
#[derive(Debug, Parser)]
#[command(after_help = "Example:\n  bench-meter --requests 1000000")]
struct Arguments {
    /// Requests of each round
    #[arg(long, default_value_t = 50_000)]
    requests: u32,
    /// Pairs of rounds, of which the median counts
    #[arg(long, default_value_t = 15)]
    rounds: usize,
}

fn main() -> ExitCode {
    ending::of("bench-meter", run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> Result<ExitCode> {
    ensure!(
        arguments.requests > 0 && arguments.rounds > 0,
        "nothing to measure"
    );
    let (question, answer, stream) = (question(), completion(), events());
    let names = Names::new();
    let (to, mut from) = mpsc::channel(64);
    let mut request = || {
        let model = asked_model(Some(b"application/json"), black_box(question.as_bytes()));
        let figures = metered(b"application/json", answer.as_bytes(), usize::MAX);
        let event = names.event(model.is_some(), &figures);
        black_box(to.try_send(event).is_ok());
        black_box(from.try_recv().is_ok());
    };
    let all = pairs(arguments, &[&question, &answer], &mut request)?;
    println!(
        "counting a request of 1 KiB: {}, at most {} ns",
        all.told(),
        MOST.as_nanos()
    );
    let mut asked = || {
        black_box(asked_model(
            Some(b"application/json"),
            black_box(question.as_bytes()),
        ));
    };
    let asked = pairs(arguments, &[&question], &mut asked)?;
    println!(
        "  of it the model of the question ({} bytes): {}",
        question.len(),
        asked.told()
    );
    let mut whole = || {
        drop(black_box(metered(
            b"application/json",
            answer.as_bytes(),
            usize::MAX,
        )));
    };
    let whole = pairs(arguments, &[&answer], &mut whole)?;
    println!(
        "  of it the usage of the answer ({} bytes): {}",
        answer.len(),
        whole.told()
    );
    let mut streamed = || drop(black_box(metered(b"text/event-stream", stream.as_bytes(), 200)));
    let streamed = pairs(arguments, &[&stream], &mut streamed)?;
    println!(
        "for itself: the usage of a stream of 64 events ({} bytes): {}",
        stream.len(),
        streamed.told()
    );
    Ok(if all.median() <= MOST {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// What each pair says of one request, the least first.
struct Pairs(Vec<Duration>);

impl Pairs {
    fn median(&self) -> Duration {
        self.0.get(self.0.len() / 2).copied().unwrap_or_default()
    }

    fn told(&self) -> String {
        let ns = |one: Option<&Duration>| one.map_or(0, Duration::as_nanos);
        let (least, most) = (ns(self.0.first()), ns(self.0.last()));
        format!("{} ns (from {least} to {most})", self.median().as_nanos())
    }
}

/// With the work and without, in turns.
fn pairs(arguments: &Arguments, bodies: &[&String], work: &mut dyn FnMut()) -> Result<Pairs> {
    let mut without = || {
        black_box(bodies);
    };
    // Once unmeasured, so that all is in the caches.
    round(arguments.requests, work)?;
    let mut rounds = Vec::with_capacity(arguments.rounds);
    for number in 0..arguments.rounds {
        let (on, off) = if number % 2 == 0 {
            let on = round(arguments.requests, work)?;
            (on, round(arguments.requests, &mut without)?)
        } else {
            let off = round(arguments.requests, &mut without)?;
            (round(arguments.requests, work)?, off)
        };
        rounds.push(on.saturating_sub(off) / arguments.requests);
    }
    rounds.sort_unstable();
    Ok(Pairs(rounds))
}

fn round(requests: u32, work: &mut dyn FnMut()) -> Result<Duration> {
    let began = worked()?;
    (0..requests).for_each(|_| work());
    Ok(worked()?.saturating_sub(began))
}

/// For how long a processor has worked for this thread.
fn worked() -> Result<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").context("reading /proc")?;
    let ns = text.split_whitespace().next().unwrap_or_default().parse();
    Ok(Duration::from_nanos(
        ns.context("the kernel does not say how long a thread worked")?,
    ))
}

/// In pieces of at most so many bytes.
fn metered(content_type: &[u8], body: &[u8], piece: usize) -> Figures {
    let mut meter = Meter::new(&Head {
        endpoint: Endpoint::Chat,
        content_type: Some(content_type),
        content_encoding: None,
        asked: 1024,
    });
    body.chunks(piece.min(body.len().max(1)))
        .for_each(|piece| meter.observe(black_box(piece)));
    meter.finish()
}

/// The names of a request, which a relay has at hand.
struct Names {
    upstream: Arc<str>,
    node: Arc<str>,
    model: Arc<str>,
}

impl Names {
    fn new() -> Self {
        let [upstream, node, model] = ["vercel", "vercel", "gpt-5-mini"].map(Arc::from);
        Self {
            upstream,
            node,
            model,
        }
    }

    fn event(&self, model: bool, figures: &Figures) -> UsageEvent {
        UsageEvent {
            request: RequestNumber([7; 10]),
            ended_at: 1_790_000_000_000,
            user: Some(UserId(1)),
            client_key: Some(ClientKeyId(2)),
            pool_key: Some(PoolKeyId(3)),
            upstream: Some(Arc::clone(&self.upstream)),
            node: Some(Arc::clone(&self.node)),
            model: model.then(|| Arc::clone(&self.model)),
            endpoint: Endpoint::Chat,
            status: 200,
            ended: Ended::Whole,
            code: None,
            attempts: 1,
            times: Times {
                queued: 0,
                first_byte: Some(20_000),
                total: 1_000_000,
                own: Some(90),
            },
            asked_bytes: 1024,
            answered_bytes: 1024,
            used: Used {
                prompt: figures.prompt,
                cached: figures.cached,
                completion: figures.completion,
                ..Used::default()
            },
            trace: None,
            key_use: KeyUse::default(),
        }
    }
}

fn events() -> String {
    let delta = "data: {\"id\":\"x\",\"object\":\"chat.completion.chunk\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" word\"},\"logprobs\":null,\"finish_reason\":null}]}\n\n";
    let end = "data: {\"model\":\"m\",\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":64}}\n\ndata: [DONE]\n\n";
    format!("{}{end}", delta.repeat(63))
}
