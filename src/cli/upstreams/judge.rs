//! `potluck upstreams judge`: a dry run of the judge on an answer that was never given.

use std::io::Read as _;
use std::time::Duration;

use clap::{ArgGroup, Args};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};
use potluck_filters::judge::{End, Stage, Verdict, no_answer, retry_after, shown};
use potluck_filters::model::Upstream;
use potluck_filters::rejection::Rejection;
use serde_json::{Value, json};

use super::words;
use crate::cli::exit::{Exit, Failure};
use crate::cli::{Options, print, table};
use crate::clock::unix_ms;
use crate::config::nearest;

pub(super) const EXAMPLES: &str = "\
Examples:
  potluck upstreams judge novelai --status 429
  potluck upstreams judge novelai --status 500 --body '{\"message\":\"Internal Server Error\"}'
  potluck upstreams judge vercel --status 429 --header 'retry-after: 30' --body @answer.json
  curl -s https://… | potluck upstreams judge vercel --status 403 --content-type text/html --body -
  potluck upstreams judge novelai --failed first-byte --timed-out
  potluck upstreams judge vercel --status 418 --json";

/// As much of an answer's body as the relay looks at.
const JUDGED: u64 = 4096;
/// Failures in a row for which the rest is shown.
const STREAKS: u32 = 5;

/// What is supposed to have come back.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("end").required(true).args(["status", "failed"]))]
pub(in crate::cli) struct JudgeArgs {
    /// The upstream's name; `potluck upstreams list` shows them.
    upstream: String,
    /// The answer's HTTP status.
    #[arg(long, value_name = "STATUS", value_parser = clap::value_parser!(u16).range(100..=999))]
    status: Option<u16>,
    /// The answer's content type.
    #[arg(long, value_name = "TYPE", conflicts_with = "failed")]
    content_type: Option<HeaderValue>,
    /// The answer's body: text, @FILE, or - for standard input. The first 4 KiB count.
    #[arg(
        long,
        value_name = "TEXT|@FILE|-",
        conflicts_with = "failed",
        allow_hyphen_values = true
    )]
    body: Option<String>,
    /// A header of the answer; may be given several times.
    #[arg(long, value_name = "NAME: VALUE", conflicts_with = "failed", value_parser = header)]
    header: Vec<(HeaderName, HeaderValue)>,
    /// Instead of an answer, how far the attempt came: proxy, connect, send, first-byte or body.
    #[arg(long, value_name = "STAGE", value_parser = stage)]
    failed: Option<Stage>,
    /// With --failed: a time-out ended it.
    #[arg(long, conflicts_with = "status")]
    timed_out: bool,
    /// With --failed: the connection had carried earlier requests.
    #[arg(long, conflicts_with = "status")]
    reused: bool,
}

fn header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let form = || "write it as 'name: value'".to_owned();
    let (name, value) = text.split_once(':').ok_or_else(form)?;
    let name = name.trim().parse().map_err(|_| form())?;
    Ok((name, value.trim().parse().map_err(|_| form())?))
}

fn stage(text: &str) -> Result<Stage, String> {
    serde_json::from_value(text.into())
        .map_err(|_| "must be proxy, connect, send, first-byte or body".to_owned())
}

/// What the answer would do.
pub(super) struct Judged<'a> {
    pub(super) upstream: &'a Upstream,
    pub(super) verdict: Verdict,
    /// What the upstream asked for.
    pub(super) asked: Option<Duration>,
    /// How long it would rest after one failure, two in a row, and so on; without jitter.
    pub(super) rests: Vec<Duration>,
    /// The relay's own words; nothing where the client gets the upstream's answer.
    pub(super) shown: Option<Rejection>,
}

pub(super) fn run(arguments: &JudgeArgs, options: &Options) -> Result<(), Failure> {
    let layout = options
        .config()?
        .layout()
        .map_err(|problems| Failure::from(crate::config::Problems(problems)))?;
    let Some((_, upstream)) = layout.upstream(&arguments.upstream) else {
        let names: Vec<&str> = layout.upstreams.iter().map(|upstream| &*upstream.name).collect();
        return Err(unknown(&arguments.upstream, &names));
    };
    let judged = judge(arguments, upstream)?;
    if options.json {
        print::json(&as_json(&judged));
    } else {
        print::text(&table::card(&words::rows(&judged)));
    }
    Ok(())
}

fn unknown(written: &str, names: &[&str]) -> Failure {
    let hint = nearest(written, names.iter().copied());
    let hint = hint
        .map(|near| format!("; did you mean `{near}`?"))
        .unwrap_or_default();
    let known = if names.is_empty() {
        "none is configured".to_owned()
    } else {
        format!("there is {}", names.join(", "))
    };
    Failure::new(
        Exit::Failed,
        format!("there is no upstream `{written}`{hint} ({known})"),
    )
}

fn judge<'a>(arguments: &JudgeArgs, upstream: &'a Upstream) -> Result<Judged<'a>, Failure> {
    let headers = headers(arguments);
    let body = arguments
        .body
        .as_deref()
        .map(body)
        .transpose()?
        .unwrap_or_default();
    let end = match (arguments.status, arguments.failed) {
        (Some(status), _) => End::Answer {
            status,
            content_type: headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()),
            body: &body,
        },
        (None, stage) => End::Failed {
            // The command line has one or the other.
            stage: stage.unwrap_or(Stage::Connect),
            timed_out: arguments.timed_out,
            reused_connection: arguments.reused,
        },
    };
    let verdict = upstream.judge.judge(&end);
    let asked = retry_after(&headers, unix_ms());
    let rest = |streak| {
        upstream
            .cool_downs
            .cool_down(verdict.cool_down, streak, asked, 0.0)
    };
    Ok(Judged {
        upstream,
        verdict,
        asked,
        rests: (1..=STREAKS).map(rest).collect(),
        shown: match end {
            End::Answer { .. } => shown(&verdict, asked),
            End::Failed { stage, timed_out, .. } => Some(no_answer(&verdict, stage, timed_out)),
        },
    })
}

fn headers(arguments: &JudgeArgs) -> HeaderMap {
    let mut headers: HeaderMap = arguments.header.iter().cloned().collect();
    if let Some(content_type) = &arguments.content_type {
        headers.insert(CONTENT_TYPE, content_type.clone());
    }
    headers
}

/// The text itself, a file's or standard input's beginning.
fn body(written: &str) -> Result<Vec<u8>, Failure> {
    let source: Box<dyn std::io::Read> = match written.strip_prefix('@') {
        Some(file) => {
            let opened = std::fs::File::open(file);
            Box::new(opened.map_err(|error| unreadable(file, &error))?)
        }
        None if written == "-" => Box::new(std::io::stdin()),
        None => Box::new(written.as_bytes()),
    };
    let mut body = Vec::new();
    let read = source.take(JUDGED).read_to_end(&mut body);
    read.map_err(|error| unreadable(written.trim_start_matches('@'), &error))?;
    Ok(body)
}

fn unreadable(name: &str, error: &std::io::Error) -> Failure {
    Failure::new(Exit::Failed, format!("{name} cannot be read: {error}"))
}

fn as_json(judged: &Judged<'_>) -> Value {
    let Judged {
        upstream, verdict, ..
    } = judged;
    let seconds: Vec<f64> = judged.rests.iter().map(Duration::as_secs_f64).collect();
    let client = judged.shown.as_ref().map_or_else(
        || json!({ "gets": "upstream-answer" }),
        |no| json!({ "gets": "refusal", "status": no.status().as_u16(), "code": no.code.as_str(), "message": no.message }),
    );
    json!({
        "upstream": &*upstream.name,
        "kind": super::kind(upstream.kind),
        "rule": verdict.rule,
        "outcome": verdict.outcome,
        "scope": verdict.scope,
        "cool_down": { "class": verdict.cool_down, "seconds": seconds },
        "retry_after_seconds": judged.asked.map(|asked| asked.as_secs_f64()),
        "retry": verdict.retry,
        "attempts": upstream.attempts,
        "client": client,
    })
}
