//! `potluck marks`: what happened, and when: starts, changes of how requests are served, findings.

use clap::Args;
use potluck_admin::api::{Mark, Marks};

use super::api::Api;
use super::exit::Failure;
use super::list::{escaped, typed};
use super::{Options, date, print, table};

/// Of which time.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  potluck marks\n  potluck marks --range 7d --json")]
pub(super) struct MarksArgs {
    /// The last so long: 90m, 24h, 7d, 4w.
    #[arg(long, value_name = "SPAN", default_value = "24h")]
    range: String,
}

impl MarksArgs {
    pub(super) async fn run(self, api: &Api, options: &Options) -> Result<(), Failure> {
        let answer = api
            .get(&format!("/manage/v1/marks?range={}", escaped(&self.range)))
            .await?;
        if options.json {
            print::json(&answer);
            return Ok(());
        }
        let marks: Marks = typed(answer)?;
        let rows: Vec<[String; 4]> = marks.items.iter().map(row).collect();
        let empty = marks.last_start_at.map_or_else(
            || "Nothing happened, and no edge has started yet.".to_owned(),
            |at| format!("Nothing happened; an edge started last at {}.", date::shown(at)),
        );
        if let Some(before) = marks.cut_before {
            print::text(&format!(
                "Only the newest are listed: all since {}. Give a shorter --range.\n",
                date::shown(before)
            ));
        }
        print::text(&table::table(["WHEN", "KIND", "WHAT", "LOOK AT"], &rows, &empty));
        Ok(())
    }
}

fn row(mark: &Mark) -> [String; 4] {
    let at = date::shown(mark.at());
    match mark {
        Mark::Start { edge, version, .. } => [
            at,
            "start".to_owned(),
            format!("{edge} started with {version}"),
            String::new(),
        ],
        Mark::Policy { act, object_name, .. } => [
            at,
            "policy".to_owned(),
            format!("{} {object_name}", act.as_str()).trim_end().to_owned(),
            format!("potluck audit list --act {}", act.as_str()),
        ],
        Mark::Finding {
            finding_id,
            trouble,
            subject,
            severity,
            ..
        } => [
            at,
            "finding".to_owned(),
            format!("{} {subject} ({})", trouble.as_str(), severity.as_str()),
            format!("potluck findings show {finding_id}"),
        ],
    }
}
