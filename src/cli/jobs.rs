//! `potluck jobs`: acts on many things, and imports, as they go on and as they ended.

use std::time::Duration;

use clap::{Subcommand, ValueEnum};
use potluck_admin::api::{Job, JobAct, JobItem, JobItemState, JobKind, JobState, Page};
use serde_json::Value;

use super::api::Api;
use super::exit::{Exit, Failure};
use super::list::{self, typed};
use super::{Options, date, print, table};

const PATH: &str = "/manage/v1/jobs";
/// Between two looks at a job that is waited for.
const PAUSE: Duration = Duration::from_millis(250);
/// Failed items that are named.
const NAMED: usize = 20;

/// See the help of each.
#[derive(Debug, Subcommand)]
pub(super) enum JobsCommand {
    /// List jobs, the newest first.
    #[command(after_help = "Examples:\n  potluck jobs list\n  potluck jobs list --limit 500 --json")]
    List {
        /// How many, 1 to 1000.
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
    },
    /// Show a job, and with --items what became of its items.
    #[command(after_help = "Examples:\n  potluck jobs show 7\n  potluck jobs show 7 --items failed")]
    Show {
        /// Its id.
        job: i64,
        /// Also what became of its items: of all, or of those that are so.
        #[arg(long, value_name = "WHICH", num_args = 0..=1, default_missing_value = "all")]
        items: Option<Which>,
    },
    /// End a job early. What was done stays done.
    #[command(after_help = "Examples:\n  potluck jobs cancel 7")]
    Cancel {
        /// Its id.
        job: i64,
    },
    /// Wait for the end of a job. Fails when something of it failed.
    #[command(after_help = "Examples:\n  potluck jobs wait 7")]
    Wait {
        /// Its id.
        job: i64,
    },
    /// Try again what failed in a job, or was left open when it was cancelled.
    #[command(after_help = "Examples:\n  potluck jobs retry 7\n  potluck jobs retry 7 --no-wait")]
    Retry {
        /// Its id.
        job: i64,
        /// Do not wait for the end.
        #[arg(long)]
        no_wait: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Which {
    All,
    Open,
    Done,
    Skipped,
    Failed,
}

impl Which {
    fn state(self) -> Option<JobItemState> {
        match self {
            Self::All => None,
            Self::Open => Some(JobItemState::Open),
            Self::Done => Some(JobItemState::Done),
            Self::Skipped => Some(JobItemState::Skipped),
            Self::Failed => Some(JobItemState::Failed),
        }
    }
}

impl JobsCommand {
    pub(super) async fn run(self, api: &Api, options: &Options) -> Result<(), Failure> {
        match self {
            Self::List { limit } => all(limit, api, options).await,
            Self::Show { job, items } => show(job, items, api, options).await,
            Self::Cancel { job } => {
                let empty = Value::Object(serde_json::Map::new());
                let answer = api.post(&format!("{PATH}/{job}/cancel"), &empty).await?;
                card(answer, options)
            }
            Self::Wait { job } => follow(job, false, api, options).await,
            Self::Retry { job, no_wait } => {
                let empty = Value::Object(serde_json::Map::new());
                let again: Job = typed(api.post(&format!("{PATH}/{job}/retry"), &empty).await?)?;
                follow(again.id, no_wait, api, options).await
            }
        }
    }
}

async fn all(limit: u32, api: &Api, options: &Options) -> Result<(), Failure> {
    let page: Page<Value> = typed(api.get(&format!("{PATH}?limit={limit}")).await?)?;
    if options.json {
        print::json(&list::as_json(&page.items));
        return Ok(());
    }
    let jobs = page
        .items
        .into_iter()
        .map(typed)
        .collect::<Result<Vec<Job>, _>>()?;
    let rows: Vec<_> = jobs
        .iter()
        .map(|job| {
            [
                job.id.to_string(),
                what(job),
                state(job).to_owned(),
                format!("{} of {}", job.done, job.total),
                job.counts.failed.to_string(),
                date::shown(job.created_at),
            ]
        })
        .collect();
    let headings = ["ID", "WHAT", "STATE", "DECIDED", "FAILED", "BEGUN"];
    let empty = "No jobs yet; `potluck pool bulk`, `potluck keys bulk` and `potluck users bulk` begin some.";
    print::text(&table::table(headings, &rows, empty));
    Ok(())
}

async fn show(id: i64, which: Option<Which>, api: &Api, options: &Options) -> Result<(), Failure> {
    let answer = api.get(&format!("{PATH}/{id}")).await?;
    let Some(which) = which else {
        return card(answer, options);
    };
    let items = items(id, which, api).await?;
    if options.json {
        let mut answer = answer;
        if let Some(fields) = answer.as_object_mut() {
            fields.insert("items".to_owned(), Value::Array(items));
        }
        print::json(&answer);
        return Ok(());
    }
    card(answer, options)?;
    let items = items
        .into_iter()
        .map(typed)
        .collect::<Result<Vec<JobItem>, _>>()?;
    let rows: Vec<_> = items.iter().map(row).collect();
    print::text(&table::table(
        ["ITEM", "NAME", "STATE", "WHY"],
        &rows,
        "No such items.",
    ));
    Ok(())
}

async fn items(id: i64, which: Which, api: &Api) -> Result<Vec<Value>, Failure> {
    let state = which.state().map(|state| format!("&state={}", state.as_str()));
    let state = state.unwrap_or_default();
    let (mut items, mut after) = (Vec::new(), 0);
    loop {
        let path = format!("{PATH}/{id}/items?after={after}&limit=1000{state}");
        let page: Page<Value> = typed(api.get(&path).await?)?;
        items.extend(page.items);
        match page.next {
            Some(next) => after = next,
            None => return Ok(items),
        }
    }
}

fn row(item: &JobItem) -> [String; 4] {
    [
        item.item.to_string(),
        item.name.clone(),
        item.state.as_str().to_owned(),
        item.why.clone().unwrap_or_default(),
    ]
}

fn card(answer: Value, options: &Options) -> Result<(), Failure> {
    if options.json {
        print::json(&answer);
        return Ok(());
    }
    let job: Job = typed(answer)?;
    let filter = job
        .filter
        .as_ref()
        .map(|filter| Value::Object(filter.clone()).to_string());
    let mut rows = vec![("id", job.id.to_string()), ("what", what(&job))];
    rows.extend(filter.map(|filter| ("of all that fit", filter)));
    rows.extend(job.reason.clone().map(|reason| ("reason", reason)));
    rows.extend(job.retry_of.map(|of| ("tries again", format!("job {of}"))));
    rows.push(("state", state(&job).to_owned()));
    let counts = job.counts;
    rows.push((
        "items",
        format!(
            "{}: {} done, {} left alone, {} failed, {} open",
            job.total, counts.done, counts.skipped, counts.failed, counts.open
        ),
    ));
    rows.push(("begun", date::shown(job.created_at)));
    rows.extend(job.ended_at.map(|at| ("ended", date::shown(at))));
    print::text(&table::card(&rows));
    Ok(())
}

fn what(job: &Job) -> String {
    let noun = match job.kind {
        JobKind::ImportPoolKeys => return "import of pool keys".to_owned(),
        JobKind::BulkPoolKeys => "pool keys",
        JobKind::BulkClientKeys => "client keys",
        JobKind::BulkUsers => "users",
    };
    let verb = match job.act {
        Some(JobAct::Recheck) => "recheck",
        Some(JobAct::Reset) => "reset",
        Some(JobAct::Pause) => "pause",
        Some(JobAct::Resume) => "resume",
        Some(JobAct::Withdraw) => "withdraw",
        Some(JobAct::Disable) => "disable",
        Some(JobAct::Enable) => "enable",
        Some(JobAct::Revoke) => "revoke",
        None => "?",
    };
    format!("{verb} {noun}")
}

fn state(job: &Job) -> &'static str {
    match job.state {
        JobState::Running => "running",
        JobState::Done => "done",
        JobState::Failed => "failed",
        JobState::Cancelled => "cancelled",
    }
}

/// Waits for a job's end, and says what became of it. Where no relay runs here, this process works it off.
pub(super) async fn follow(id: i64, no_wait: bool, api: &Api, options: &Options) -> Result<(), Failure> {
    let path = format!("{PATH}/{id}");
    if no_wait {
        if !api.relay_runs() {
            print::note(&format!(
                "No relay runs here; the job goes on when one does, or with `potluck jobs wait {id}`."
            ));
        }
        return card(api.get(&path).await?, options);
    }
    let _working = api.work_off();
    let mut told = 0;
    let (answer, job) = loop {
        let answer = api.get(&path).await?;
        let job: Job = typed(answer.clone())?;
        if job.state != JobState::Running {
            break (answer, job);
        }
        // Once each tenth: enough for people, and not too much for logs.
        let tenth = u64::from(job.done) * 10 / u64::from(job.total.max(1));
        if tenth > told {
            told = tenth;
            print::note(&format!("{} of {} …", job.done, job.total));
        }
        tokio::time::sleep(PAUSE).await;
    };
    card(answer, options)?;
    ended_well(&job, api).await
}

async fn ended_well(job: &Job, api: &Api) -> Result<(), Failure> {
    if job.counts.failed == 0 {
        return match job.state {
            JobState::Done | JobState::Running => Ok(()),
            JobState::Failed | JobState::Cancelled => Err(Failure::new(
                Exit::Failed,
                format!("job {} is {}", job.id, state(job)),
            )),
        };
    }
    let failed = items(job.id, Which::Failed, api).await?;
    for item in failed.into_iter().take(NAMED) {
        let item: JobItem = typed(item)?;
        let [id, name, _, why] = row(&item);
        print::note(&format!("{id}  {name}: {why}"));
    }
    let message = format!(
        "{} of {} failed; `potluck jobs show {} --items failed` lists them, `potluck jobs retry {}` tries them again",
        job.counts.failed, job.total, job.id, job.id
    );
    Err(Failure::new(Exit::Failed, message))
}
