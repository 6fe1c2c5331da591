//! The job of jobs: works off what admins have asked to be done to many things, one job after another.
//!
//! Invariant: it holds the turn for a few items at a time, so that nobody else's change waits long; a job ends by being
//! done or cancelled, never because a database was away for a while.

use std::sync::Arc;
use std::time::Duration;

use crate::control::{Control, Stepped};
use crate::error::ControlError;

/// Items of one step.
const STEP: u32 = 50;
/// Between two tries while the database is away: the first time, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Works jobs off for ever.
pub(super) async fn run(control: Arc<Control>) {
    let mut pause = FIRST_PAUSE;
    loop {
        match next(&control).await {
            Ok(Some(job)) => {
                pause = FIRST_PAUSE;
                work_off(&control, job).await;
            }
            Ok(None) => control.job_due().notified().await,
            Err(error) => wait(&mut pause, &error).await,
        }
    }
}

async fn next(control: &Control) -> Result<Option<i64>, ControlError> {
    let next = control.next_job().await?;
    if next.is_none() {
        control.forget_old_jobs().await?;
    }
    Ok(next)
}

/// Works one job off. Where the edge refuses a step, its items are tried one by one, so that only those fail that it
/// refuses.
async fn work_off(control: &Control, job: i64) {
    let (mut pause, mut singly) = (FIRST_PAUSE, 0);
    loop {
        let size = if singly > 0 { 1 } else { STEP };
        match step(control, job, size).await {
            Ok(Outcome::Stepped(Stepped::Ended)) => return,
            Ok(Outcome::Stepped(Stepped::More)) => {
                pause = FIRST_PAUSE;
                singly = u32::saturating_sub(singly, 1);
            }
            Ok(Outcome::Refused) => singly = STEP,
            Err(error) => wait(&mut pause, &error).await,
        }
    }
}

enum Outcome {
    Stepped(Stepped),
    /// Nothing has happened: some item is in the way.
    Refused,
}

async fn step(control: &Control, job: i64, size: u32) -> Result<Outcome, ControlError> {
    match control.step_job(job, size).await {
        Ok(stepped) => Ok(Outcome::Stepped(stepped)),
        Err(ControlError::Refused(_)) if size > 1 => Ok(Outcome::Refused),
        Err(ControlError::Refused(problems)) => {
            said_of(job, &problems, "the edge refuses an item of a job");
            control.refuse_next_item(job).await.map(Outcome::Stepped)
        }
        Err(ControlError::NotServed(problems)) => {
            // It is stored, and part of the next change that the edge is given.
            said_of(job, &problems, "the edge does not serve a step of a job yet");
            Ok(Outcome::Stepped(Stepped::More))
        }
        Err(error) => Err(error),
    }
}

fn said_of(job: i64, problems: &[String], what: &str) {
    tracing::warn!(job, ?problems, "{what}");
}

async fn wait(pause: &mut Duration, error: &ControlError) {
    tracing::warn!(%error, "a job waits, and goes on later");
    tokio::time::sleep(*pause).await;
    *pause = LONGEST_PAUSE.min(*pause * 2);
}
