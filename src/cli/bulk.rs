//! Acts on many things: what an act would do is shown, a person says yes, and the job is waited for.

use clap::Args;
use potluck_admin::api::{BulkPreview, Job};
use serde_json::Value;

use super::api::Api;
use super::exit::Failure;
use super::list::typed;
use super::{Options, ask, jobs, print};

/// How it goes.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct How {
    /// Only show what it would do.
    #[arg(long)]
    dry_run: bool,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
    /// Do not wait for the end of the job.
    #[arg(long)]
    no_wait: bool,
}

/// What is done to which things.
pub(super) struct Doing {
    /// The list of the things.
    pub(super) path: &'static str,
    /// As a question begins: `Pause`.
    pub(super) verb: &'static str,
    /// What they are, all of them.
    pub(super) noun: &'static str,
    /// What is sent, with `dry_run` set.
    pub(super) asked: Value,
}

pub(super) async fn run(doing: Doing, how: How, api: &Api, options: &Options) -> Result<(), Failure> {
    let path = format!("{}/bulk", doing.path);
    let answer = api.post(&path, &doing.asked).await?;
    let preview: BulkPreview = typed(answer.clone())?;
    if how.dry_run {
        if options.json {
            print::json(&answer);
        } else {
            print::text(&told(&doing, &preview));
        }
        return Ok(());
    }
    if preview.would_do == 0 {
        print::note(&told(&doing, &preview));
        print::note("There is nothing to do.");
        return Ok(());
    }
    print::note(told(&doing, &preview).trim_end());
    let question = format!("{} {} {}?", doing.verb, preview.would_do, doing.noun);
    ask::confirm(&question, how.yes)?;
    let mut asked = doing.asked;
    if let Some(fields) = asked.as_object_mut() {
        fields.remove("dry_run");
    }
    let job: Job = typed(api.post(&path, &asked).await?)?;
    jobs::follow(job.id, how.no_wait, api, options).await
}

/// The preview in words.
fn told(doing: &Doing, preview: &BulkPreview) -> String {
    let mut out = format!(
        "{} {}: would touch {} of {}",
        doing.verb, doing.noun, preview.would_do, preview.of
    );
    for other in &preview.others {
        let what = if other.fails { "would fail" } else { "left alone" };
        out.push_str(&format!(", {} {what} ({})", other.count, other.why));
    }
    out.push('\n');
    for one in &preview.sample {
        let why = one
            .why
            .as_ref()
            .map(|why| format!("  ({why})"))
            .unwrap_or_default();
        out.push_str(&format!("  {}  {}{why}\n", one.item, one.name));
    }
    let more = preview.matching.saturating_sub(preview.sample.len() as u64);
    if more > 0 {
        out.push_str(&format!("  … and {more} more\n"));
    }
    out
}

#[cfg(test)]
mod tests {
    use potluck_admin::api::{JobItem, JobItemState, NotDone};
    use serde_json::json;

    use super::*;

    #[test]
    fn a_preview_says_how_many_of_how_many_and_names_the_first() {
        let doing = Doing {
            path: "",
            verb: "Pause",
            noun: "pool keys",
            asked: json!({}),
        };
        let preview = BulkPreview {
            matching: 3,
            of: 100,
            would_do: 2,
            others: vec![NotDone {
                why: "paused".to_owned(),
                fails: false,
                count: 1,
            }],
            sample: vec![JobItem {
                item: 7,
                name: "mine".to_owned(),
                state: JobItemState::Skipped,
                why: Some("paused".to_owned()),
            }],
        };
        assert_eq!(
            told(&doing, &preview),
            "Pause pool keys: would touch 2 of 100, 1 left alone (paused)\n  7  mine  (paused)\n  … and 2 more\n"
        );
    }
}
