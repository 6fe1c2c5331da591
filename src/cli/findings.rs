//! `potluck findings`: what is wrong, who is to blame, and what can be done.

use std::time::Duration;

use clap::{Args, Subcommand};
use potluck_admin::api::{Acknowledge, Finding, FindingState, Findings};

use super::api::Api;
use super::exit::Failure;
use super::list::{sent, typed};
use super::{Options, date, print, table};
use crate::clock::unix_ms;
use crate::config::Period;

const PATH: &str = "/manage/v1/findings";

/// `potluck findings …`.
#[derive(Debug, Subcommand)]
pub(super) enum FindingsCommand {
    /// List what is wrong now, the worst first.
    #[command(
        after_help = "Examples:\n  potluck findings list\n  potluck findings list --resolved --json\n  \
                            potluck findings list --all"
    )]
    List(ListArgs),
    /// Show one finding: its cause, what it was told from, and what can be done.
    #[command(after_help = "Examples:\n  potluck findings show 31")]
    Show {
        /// Its id.
        id: i64,
    },
    /// Take note of a finding, so that others see that somebody is at it.
    #[command(
        visible_alias = "ack",
        after_help = "Examples:\n  potluck findings acknowledge 31 --note \"asked the provider\"\n  \
                      potluck findings ack 31 --for 2h"
    )]
    Acknowledge {
        /// Its id.
        id: i64,
        /// What there is to say to others.
        #[arg(long)]
        note: Option<String>,
        /// For how long it is to be quiet, like 30m or 2h; else until it is over or becomes worse.
        #[arg(long = "for", value_name = "TIME")]
        span: Option<Period>,
    },
}

/// Which findings.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Those that are over.
    #[arg(long, conflicts_with = "all")]
    resolved: bool,
    /// Those that are over, too.
    #[arg(long)]
    all: bool,
}

impl FindingsCommand {
    pub(super) async fn run(self, api: &Api, options: &Options) -> Result<(), Failure> {
        match self {
            Self::List(wanted) => list(&wanted, api, options).await,
            Self::Show { id } => one(api.get(&format!("{PATH}/{id}")).await?, options),
            Self::Acknowledge { id, note, span } => {
                let body = sent(&Acknowledge {
                    note,
                    until: span.map(|Period(span)| unix_ms() + ms(span)),
                })?;
                one(
                    api.post(&format!("{PATH}/{id}/acknowledge"), &body).await?,
                    options,
                )
            }
        }
    }
}

fn ms(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

async fn list(wanted: &ListArgs, api: &Api, options: &Options) -> Result<(), Failure> {
    let state = match (wanted.resolved, wanted.all) {
        (true, _) => FindingState::Resolved,
        (_, true) => FindingState::All,
        (false, false) => FindingState::Open,
    };
    let word = sent(&state)?;
    let word = word.as_str().unwrap_or_default();
    let answer = api.get(&format!("{PATH}?state={word}&limit=1000")).await?;
    if options.json {
        print::json(&answer);
        return Ok(());
    }
    let mut found: Findings = typed(answer)?;
    found
        .items
        .sort_by(|a, b| (b.severity, a.began_at).cmp(&(a.severity, b.began_at)));
    let rows: Vec<[String; 5]> = found.items.iter().map(row).collect();
    let checked = found.checked_at.map_or_else(
        || "nobody has looked yet; `potluck serve` does".to_owned(),
        |at| format!("looked last {}", date::shown(at)),
    );
    let empty = format!("Nothing needs you ({checked}).");
    print::text(&table::table(
        ["ID", "SEVERITY", "SINCE", "WHOSE", "WHAT"],
        &rows,
        &empty,
    ));
    Ok(())
}

fn row(finding: &Finding) -> [String; 5] {
    let state = match (&finding.ended_at, &finding.acknowledged) {
        (Some(at), _) => format!("over since {}: ", date::shown(*at)),
        (None, Some(_)) => "acknowledged: ".to_owned(),
        (None, None) => String::new(),
    };
    [
        finding.id.to_string(),
        finding.severity.as_str().to_owned(),
        date::shown(finding.began_at),
        finding.whose.as_str().to_owned(),
        format!("{state}{}", finding.cause),
    ]
}

fn one(answer: serde_json::Value, options: &Options) -> Result<(), Failure> {
    if options.json {
        print::json(&answer);
        return Ok(());
    }
    let finding: Finding = typed(answer)?;
    let actions = finding.actions.iter();
    let actions: Vec<String> = actions
        .map(|action| format!("{} ({} {})", action.label, action.method, action.path))
        .collect();
    let acknowledged = finding.acknowledged.as_ref().map_or_else(
        || "no".to_owned(),
        |known| {
            let note = known.note.as_deref().unwrap_or_default();
            format!("{} {note}", date::shown(known.at)).trim_end().to_owned()
        },
    );
    print::text(&table::card(&[
        ("id", finding.id.to_string()),
        ("kind", finding.kind.as_str().to_owned()),
        ("about", finding.subject.clone()),
        ("severity", finding.severity.as_str().to_owned()),
        ("whose", finding.whose.as_str().to_owned()),
        ("cause", finding.cause.clone()),
        ("since", date::shown(finding.began_at)),
        (
            "over",
            finding.ended_at.map_or_else(|| "no".to_owned(), date::shown),
        ),
        ("acknowledged", acknowledged),
        ("to do", actions.join("; ")),
        ("evidence", finding.evidence.to_string()),
    ]));
    Ok(())
}
