//! `bench-meter`: what the books cost a request of 1 KiB, in one process and without a network: the model that is
//! asked for is looked up, the answer is metered, an event is made and handed over.

#![expect(clippy::print_stdout, reason = "figures are what the program is for")]

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Parser;
use potluck_bench::ending;
use potluck_bench::payload::{completion, question};
use potluck_filters::meter::{Head, Meter, asked_model};
use potluck_filters::usage::Endpoint;

/// Measure what metering costs a request.
#[derive(Debug, Parser)]
#[command(after_help = "Example:\n  bench-meter --requests 1000000")]
struct Arguments {
    /// Requests of each round
    #[arg(long, default_value_t = 200_000)]
    requests: u32,
    /// Rounds, of which the median counts
    #[arg(long, default_value_t = 9)]
    rounds: usize,
}

fn main() -> ExitCode {
    ending::of(
        "bench-meter",
        run(&Arguments::parse()).map(|()| ExitCode::SUCCESS),
    )
}

fn run(arguments: &Arguments) -> Result<()> {
    let (question, answer) = (question(), completion());
    let asked = || {
        black_box(asked_model(
            Some(b"application/json"),
            black_box(question.as_bytes()),
        ));
    };
    let whole = || metered(Some(b"application/json"), answer.as_bytes(), usize::MAX);
    let stream = events();
    let streamed = || metered(Some(b"text/event-stream"), stream.as_bytes(), 200);
    for (what, size, work) in [
        ("the model of a question", question.len(), &asked as &dyn Fn()),
        ("the usage of an answer", answer.len(), &whole),
        ("the usage of a stream of 64 events", stream.len(), &streamed),
    ] {
        let median = median(arguments, work);
        println!("{what} ({size} bytes): {} ns", median.as_nanos());
    }
    Ok(())
}

fn median(arguments: &Arguments, work: &dyn Fn()) -> Duration {
    let round = |_| {
        let began = Instant::now();
        (0..arguments.requests).for_each(|_| work());
        began.elapsed() / arguments.requests.max(1)
    };
    let mut rounds: Vec<Duration> = (0..arguments.rounds.max(1)).map(round).collect();
    rounds.sort_unstable();
    rounds.get(rounds.len() / 2).copied().unwrap_or_default()
}

/// In pieces of at most so many bytes.
fn metered(content_type: Option<&[u8]>, body: &[u8], piece: usize) {
    let mut meter = Meter::new(&Head {
        endpoint: Endpoint::Chat,
        content_type,
        content_encoding: None,
        asked: 1024,
    });
    body.chunks(piece.min(body.len().max(1)))
        .for_each(|piece| meter.observe(black_box(piece)));
    black_box(meter.finish());
}

fn events() -> String {
    let delta = "data: {\"id\":\"x\",\"object\":\"chat.completion.chunk\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" word\"},\"logprobs\":null,\"finish_reason\":null}]}\n\n";
    let end = "data: {\"model\":\"m\",\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":64}}\n\ndata: [DONE]\n\n";
    format!("{}{end}", delta.repeat(63))
}
