//! `potluck requests`: requests that have ended.

use clap::Args;
use potluck_admin::api::{MyRequest, RequestPage};
use serde_json::Value;

use super::api::Api;
use super::exit::Failure;
use super::list::{self, typed};
use super::usage::{Narrowed, Which};
use super::{Options, amount, date, print, table};

/// Which requests.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  potluck requests\n  potluck requests --class unserved --range 7d\n  \
                        potluck requests --user linh --model gpt-5 --limit 20\n  \
                        potluck requests --code rate_limited --json\n  \
                        potluck requests --range 4w --export csv > requests.csv"
)]
pub(super) struct RequestsArgs {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    page: Told,
}

/// Which requests of one's own.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  potluck me requests\n  potluck me requests --class limited --range 7d\n  \
                        potluck me requests --export csv > requests.csv"
)]
pub(super) struct MyRequestsArgs {
    #[command(flatten)]
    of: Narrowed,
    #[command(flatten)]
    page: Told,
}

impl From<MyRequestsArgs> for RequestsArgs {
    fn from(mine: MyRequestsArgs) -> Self {
        let MyRequestsArgs { of, page } = mine;
        let which = of.into();
        Self { which, page }
    }
}

/// How many of them, and how.
#[derive(Debug, Args)]
struct Told {
    /// That the relay refused for this reason; docs/errors.md lists them.
    #[arg(long)]
    code: Option<String>,
    /// At most so many, 1 to 1000.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    /// Write all of them to standard output instead: `csv` or `ndjson`.
    #[arg(long, value_name = "FORMAT", value_parser = ["csv", "ndjson"])]
    export: Option<String>,
}

/// `potluck requests`.
pub(super) async fn run(arguments: &RequestsArgs, api: &Api, options: &Options) -> Result<(), Failure> {
    let path = arguments.which.path("requests");
    let mut query = arguments.which.query(api).await?;
    if let Some(code) = &arguments.page.code {
        query.push_str(&format!("&code={}", list::escaped(code)));
    }
    if let Some(format) = &arguments.page.export {
        let path = format!("{path}/export?{query}&format={format}");
        return api.pass_on(&path, &mut print::piece).await;
    }
    let answer = api
        .get(&format!("{path}?{query}&limit={}", arguments.page.limit))
        .await?;
    if options.json {
        print::json(&answer);
        return Ok(());
    }
    let page: RequestPage<Value> = typed(answer)?;
    print::text(&listed(&page.items)?);
    if page.next.is_some() {
        print::note(&format!(
            "These are the newest {}; --limit shows more.",
            page.items.len()
        ));
    }
    Ok(())
}

/// Requests as a table.
pub(super) fn listed(items: &[Value]) -> Result<String, Failure> {
    let items = items.iter().cloned().map(typed);
    let requests = items.collect::<Result<Vec<MyRequest>, _>>()?;
    let rows: Vec<_> = requests.iter().map(row).collect();
    let headings = [
        "REQUEST", "ENDED", "STATUS", "ENDED AS", "MODEL", "ENDPOINT", "WAITED", "TOOK", "TOKENS",
    ];
    Ok(table::table(headings, &rows, "No requests in this time."))
}

fn row(request: &MyRequest) -> [String; 9] {
    let nothing = || "–".to_owned();
    let status = if request.status == 0 {
        nothing()
    } else {
        request.status.to_string()
    };
    let tokens = [&request.prompt_tokens, &request.completion_tokens];
    let tokens = tokens
        .iter()
        .filter_map(|figure| figure.amount)
        .reduce(u64::saturating_add);
    let waited = Some(request.queued_us).filter(|us| *us > 0);
    let class = request.class.as_str();
    [
        request.request_id.clone(),
        date::shown(request.ended_at),
        status,
        request
            .code
            .as_ref()
            .map_or_else(|| class.to_owned(), |code| format!("{class} ({code})")),
        request.model.clone().unwrap_or_else(nothing),
        request.endpoint.as_str().to_owned(),
        waited.map_or_else(nothing, amount::time),
        amount::time(request.total_us),
        tokens.map_or_else(nothing, amount::count),
    ]
}
