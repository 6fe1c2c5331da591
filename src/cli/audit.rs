//! `potluck audit`: who did what.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use potluck_admin::api::{AuditEntry, AuditFormat, AuditHead, AuditVerified, MAX_PAGE, Page, VerifyAudit};
use serde_json::Value;

use super::api::Api;
use super::exit::{Exit, Failure};
use super::list::{escaped, sent, typed};
use super::{Options, date, print, table};

const PATH: &str = "/manage/v1/audit";

/// `potluck audit …`.
#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// List entries, the newest first.
    #[command(
        after_help = "Examples:\n  potluck audit list\n  potluck audit list --act pool_key. --limit 20\n  \
                            potluck audit list --search guest --json"
    )]
    List(ListArgs),
    /// Write all entries to standard output, the oldest first.
    #[command(
        after_help = "Examples:\n  potluck audit export > audit.ndjson\n  potluck audit export --format csv > audit.csv"
    )]
    Export {
        /// `ndjson` or `csv`.
        #[arg(long, default_value = "ndjson", value_parser = format_of)]
        format: AuditFormat,
    },
    /// Print what stands for the whole log now. Keep it elsewhere, for `verify --head`.
    #[command(after_help = "Examples:\n  potluck audit head > head.json")]
    Head,
    /// Walk the whole log and say where it is broken first. Exit code 1 where it is.
    #[command(after_help = "Examples:\n  potluck audit verify\n  potluck audit verify --head head.json")]
    Verify {
        /// A head that `potluck audit head` printed before: shows what was cut since.
        #[arg(long, value_name = "FILE")]
        head: Option<PathBuf>,
    },
}

/// Which entries.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Only this act; with a dot at its end all acts of that kind of thing.
    #[arg(long)]
    act: Option<String>,
    /// Only where this stands in the act or in a name.
    #[arg(long)]
    search: Option<String>,
    /// At most so many, 1 to 1000.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_PAGE)))]
    limit: u32,
}

fn format_of(word: &str) -> Result<AuditFormat, String> {
    match word {
        "ndjson" => Ok(AuditFormat::Ndjson),
        "csv" => Ok(AuditFormat::Csv),
        _ => Err("must be ndjson or csv".to_owned()),
    }
}

impl AuditCommand {
    pub(super) async fn run(self, api: &Api, options: &Options) -> Result<(), Failure> {
        match self {
            Self::List(wanted) => list(api, options, &wanted).await,
            Self::Export { format } => {
                let word = match format {
                    AuditFormat::Ndjson => "ndjson",
                    AuditFormat::Csv => "csv",
                };
                let path = format!("{PATH}/export?format={word}");
                api.pass_on(&path, &mut print::piece).await
            }
            Self::Head => {
                print::json(&api.get(&format!("{PATH}/head")).await?);
                Ok(())
            }
            Self::Verify { head } => verify(api, options, head).await,
        }
    }
}

async fn list(api: &Api, options: &Options, wanted: &ListArgs) -> Result<(), Failure> {
    let mut path = format!("{PATH}?limit={}", wanted.limit);
    for (name, value) in [("act", &wanted.act), ("q", &wanted.search)] {
        if let Some(value) = value {
            path.push_str(&format!("&{name}={}", escaped(value)));
        }
    }
    let answer = api.get(&path).await?;
    if options.json {
        print::json(&answer);
        return Ok(());
    }
    let page: Page<AuditEntry> = typed(answer)?;
    let rows: Vec<[String; 5]> = page.items.iter().map(row).collect();
    print::text(&table::table(
        ["WHEN", "WHO", "FROM", "WHAT", "TO WHAT"],
        &rows,
        "nothing was done yet",
    ));
    Ok(())
}

fn row(entry: &AuditEntry) -> [String; 5] {
    let who = if entry.actor_name.is_empty() {
        entry.actor_kind.as_str()
    } else {
        &entry.actor_name
    };
    let id = entry.object_id.map(|id| format!(" {id}")).unwrap_or_default();
    [
        date::shown(entry.at),
        who.to_owned(),
        entry.address.clone().unwrap_or_default(),
        entry.act.clone(),
        format!("{}{id} {}", entry.object_kind, entry.object_name)
            .trim_end()
            .to_owned(),
    ]
}

async fn verify(api: &Api, options: &Options, head: Option<PathBuf>) -> Result<(), Failure> {
    let head = head.as_deref().map(read).transpose()?;
    let answer = api
        .post(&format!("{PATH}/verify"), &sent(&VerifyAudit { head })?)
        .await?;
    if options.json {
        print::json(&answer);
    }
    let verified: AuditVerified = typed(answer)?;
    match verified.broken {
        None => {
            if !options.json {
                print::line(&format!("the audit log is whole: {} entries", verified.entries));
            }
            Ok(())
        }
        Some(broken) => {
            let fault = serde_json::to_value(broken.fault).unwrap_or(Value::Null);
            let message = format!(
                "the audit log is not what was written: entry {} ({}); see docs/audit.md",
                broken.entry,
                fault.as_str().unwrap_or_default(),
            );
            Err(Failure::new(Exit::Failed, message))
        }
    }
}

fn read(file: &Path) -> Result<AuditHead, Failure> {
    let wrong = |error: &dyn std::fmt::Display| {
        Failure::new(Exit::Usage, format!("{} holds no head: {error}", file.display()))
    };
    let text = std::fs::read_to_string(file).map_err(|error| wrong(&error))?;
    serde_json::from_str(&text).map_err(|error| wrong(&error))
}
