//! An import of one's own, line by line, until each is decided.

use std::time::Duration;

use potluck_admin::api::{ImportJob, ImportLine, JobState, LineState};

use super::act::PoolKeys;
use crate::cli::exit::{Exit, Failure};
use crate::cli::list::typed;
use crate::cli::{print, table};

/// Between two looks at an import that is waited for.
const PAUSE: Duration = Duration::from_millis(250);

/// Looks without anything new: two minutes. Who looks at accounts may be busy with others.
const IN_VAIN: u32 = 480;

/// Waits for as long as lines keep being decided, or not at all.
pub(super) async fn follow(id: i64, no_wait: bool, keys: &PoolKeys<'_>) -> Result<ImportJob, Failure> {
    let path = format!("/manage/v1/me/jobs/{id}");
    let (mut known, mut in_vain) = (0, 0);
    loop {
        let job: ImportJob = typed(keys.api.get(&path).await?)?;
        if no_wait || job.state != JobState::Running || in_vain == IN_VAIN {
            return Ok(job);
        }
        if job.done > known {
            print::note(&format!("{} of {} …", job.done, job.total));
            (known, in_vain) = (job.done, 0);
        }
        in_vain += 1;
        tokio::time::sleep(PAUSE).await;
    }
}

/// Each line, and how many of each kind.
pub(super) fn told(job: &ImportJob) -> String {
    let rows: Vec<_> = job.lines.iter().map(row).collect();
    let count = |state| job.lines.iter().filter(|line| line.state == state).count();
    format!(
        "{}{} verified, {} being looked at, {} there already, {} refused, {} invalid\n",
        table::table(["LINE", "RESULT", "POOL KEY", "WHY"], &rows, "No lines."),
        count(LineState::Verified),
        count(LineState::Added),
        count(LineState::Duplicate),
        count(LineState::Refused),
        count(LineState::Invalid)
    )
}

fn row(line: &ImportLine) -> [String; 4] {
    let result = match line.state {
        LineState::Added => "being looked at",
        LineState::Verified => "verified",
        LineState::Refused => "refused",
        LineState::Duplicate => "there already",
        LineState::Invalid => "invalid",
        LineState::Withdrawn => "withdrawn",
    };
    [
        line.line.to_string(),
        result.to_owned(),
        line.pool_key.map_or_else(String::new, |id| id.to_string()),
        line.why.clone().unwrap_or_default(),
    ]
}

/// A failure for programs and people alike where a line brought nothing.
pub(super) fn all_are_keys(job: &ImportJob) -> Result<(), Failure> {
    let bad = |line: &&ImportLine| match line.state {
        LineState::Refused | LineState::Invalid => true,
        LineState::Added | LineState::Verified | LineState::Duplicate | LineState::Withdrawn => false,
    };
    match job.lines.iter().filter(bad).count() {
        0 => Ok(()),
        bad => Err(Failure::new(
            Exit::Failed,
            format!("{bad} of {} lines brought no key", job.total),
        )),
    }
}
