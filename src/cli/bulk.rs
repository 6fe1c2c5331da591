//! Acts on many things: what an act would do is shown, a person says yes, and the job is waited for.

use clap::Args;
use http::Method;
use potluck_admin::api::{BulkPreview, Job};
use serde_json::{Map, Value, json};

use super::api::Api;
use super::exit::{Exit, Failure};
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
    /// The word of the API for what is done.
    pub(super) act: Value,
    /// To these.
    pub(super) ids: Option<Vec<i64>>,
    /// To all that fit this, where there are no ids.
    pub(super) filter: Value,
    /// Why, where that is told.
    pub(super) reason: Option<String>,
}

impl Doing {
    /// As it is sent: with ids or with a filter, never both.
    fn asked(&self) -> Map<String, Value> {
        let mut asked = Map::new();
        asked.insert("do".to_owned(), self.act.clone());
        match &self.ids {
            Some(ids) => asked.insert("ids".to_owned(), json!(ids)),
            None => asked.insert("filter".to_owned(), self.filter.clone()),
        };
        if let Some(reason) = &self.reason {
            asked.insert("reason".to_owned(), json!(reason));
        }
        asked
    }

    async fn preview(&self, api: &Api) -> Result<Value, Failure> {
        let mut asked = self.asked();
        asked.insert("dry_run".to_owned(), true.into());
        api.post(&self.at(), &asked.into()).await
    }

    fn at(&self) -> String {
        format!("{}/bulk", self.path)
    }
}

pub(super) async fn run(doing: Doing, how: How, api: &Api, options: &Options) -> Result<(), Failure> {
    loop {
        let answer = doing.preview(api).await?;
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
        if let Some(job) = begin(&doing, &preview, how, api).await? {
            return jobs::follow(job.id, how.no_wait, api, options).await;
        }
        print::note("Others are meant by now:");
    }
}

/// Begins the job. `None` where a person said yes to other things than it would be done to now: they are asked anew.
async fn begin(doing: &Doing, preview: &BulkPreview, how: How, api: &Api) -> Result<Option<Job>, Failure> {
    let mut asked = doing.asked();
    if !how.yes {
        asked.insert("expect".to_owned(), json!(preview.expect));
    }
    match api
        .attempt(Method::POST, &doing.at(), Some(&asked.into()))
        .await?
    {
        Ok(job) => typed(job).map(Some),
        Err(refused) => {
            let said = |name| refused.get(name).and_then(Value::as_str);
            if said("code") == Some("others_meant") {
                return Ok(None);
            }
            let why = said("detail").unwrap_or("the relay refuses it");
            Err(Failure::new(Exit::Failed, why))
        }
    }
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

    use super::*;

    #[test]
    fn a_preview_says_how_many_of_how_many_and_names_the_first() {
        let doing = Doing {
            path: "",
            verb: "Pause",
            noun: "pool keys",
            act: json!("pause"),
            ids: None,
            filter: json!({}),
            reason: None,
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
            expect: String::new(),
        };
        assert_eq!(
            told(&doing, &preview),
            "Pause pool keys: would touch 2 of 100, 1 left alone (paused)\n  7  mine  (paused)\n  … and 2 more\n"
        );
    }

    #[test]
    fn ids_are_sent_or_a_filter_and_never_both() {
        let mut doing = Doing {
            path: "",
            verb: "",
            noun: "",
            act: json!("pause"),
            ids: Some(vec![3, 4]),
            filter: json!({ "upstream": "vercel" }),
            reason: Some("talk to us".to_owned()),
        };
        assert_eq!(
            Value::from(doing.asked()),
            json!({ "do": "pause", "ids": [3, 4], "reason": "talk to us" })
        );
        (doing.ids, doing.reason) = (None, None);
        assert_eq!(
            Value::from(doing.asked()),
            json!({ "do": "pause", "filter": { "upstream": "vercel" } })
        );
    }
}
