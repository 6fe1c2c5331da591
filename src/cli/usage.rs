//! `potluck usage`, and `potluck keys stats`: what was used, over time and by what.

mod told;

use clap::{Args, ValueEnum};
use potluck_admin::api::{UsageBy, UsageGroup, UsageOf, UsageSums};
use serde_json::{Value, json};

use super::api::Api;
use super::exit::Failure;
use super::list::{self, typed};
use super::{Options, amount, print, requests, table};
use told::told;

/// Which usage, and by what.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  potluck usage\n  potluck usage --range 7d --by user\n  \
                        potluck usage --by model --user linh --upstream vercel\n  potluck usage --range 90m --json\n  \
                        potluck usage --mine --server https://relay.example.org"
)]
pub(super) struct UsageArgs {
    #[command(flatten)]
    which: Which,
    /// By what it is parted.
    #[arg(long, value_enum, default_value = "model")]
    by: By,
    /// How many of these are shown, 1 to 100.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100))]
    top: u32,
}

/// Of which requests: what `usage` and `requests` share.
#[derive(Debug, Args)]
pub(super) struct Which {
    #[command(flatten)]
    of: Narrowed,
    /// Of this user, by id or name.
    #[arg(long, conflicts_with = "mine")]
    user: Option<String>,
    /// Served by the pool key of this id.
    #[arg(long, value_name = "ID", conflicts_with = "mine")]
    pool_key: Option<i64>,
    /// Of this node.
    #[arg(long, conflicts_with = "mine")]
    node: Option<String>,
    /// Your own alone: what members may ask for.
    #[arg(long)]
    mine: bool,
}

/// Of which requests, as members may ask.
#[derive(Debug, Args)]
pub(super) struct Narrowed {
    /// The last so long: 90m, 24h, 7d, 4w.
    #[arg(long, value_name = "SPAN", default_value = "24h")]
    range: String,
    /// Of this upstream.
    #[arg(long)]
    upstream: Option<String>,
    /// Of this model.
    #[arg(long)]
    model: Option<String>,
    /// Of this endpoint, such as `chat` or `generate_image`.
    #[arg(long)]
    endpoint: Option<String>,
    /// That ended so: `ok`, `left`, `limited`, `refused`, `upstream_refused`, `upstream_failed` or `unserved`.
    #[arg(long)]
    class: Option<String>,
    /// With this client key, by id or name.
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
}

impl From<Narrowed> for Which {
    /// One's own.
    fn from(of: Narrowed) -> Self {
        Self {
            of,
            user: None,
            pool_key: None,
            node: None,
            mine: true,
        }
    }
}

/// Which usage of one's own, and by what.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  potluck me usage\n  potluck me usage --range 7d --by key\n  potluck me usage --model gpt-5 --json"
)]
pub(super) struct MyUsageArgs {
    #[command(flatten)]
    of: Narrowed,
    /// By what it is parted.
    #[arg(long, value_enum, default_value = "model")]
    by: MyBy,
    /// How many of these are shown, 1 to 100.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100))]
    top: u32,
}

impl From<MyUsageArgs> for UsageArgs {
    fn from(mine: MyUsageArgs) -> Self {
        Self {
            which: mine.of.into(),
            by: match mine.by {
                MyBy::Model => By::Model,
                MyBy::Endpoint => By::Endpoint,
                MyBy::Key => By::Key,
                MyBy::Class => By::Class,
                MyBy::Upstream => By::Upstream,
            },
            top: mine.top,
        }
    }
}

/// By what usage of one's own is parted.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum MyBy {
    Model,
    Endpoint,
    Key,
    Class,
    Upstream,
}

/// By what usage is parted.
#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "kebab-case")]
enum By {
    Model,
    Endpoint,
    Key,
    Class,
    Upstream,
    User,
    PoolKey,
    Node,
}

impl By {
    /// The word of the API, and the heading.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Model => ("model", "MODEL"),
            Self::Endpoint => ("endpoint", "ENDPOINT"),
            Self::Key => ("client_key", "CLIENT KEY"),
            Self::Class => ("class", "ENDED"),
            Self::Upstream => ("upstream", "UPSTREAM"),
            Self::User => ("user", "USER"),
            Self::PoolKey => ("pool_key", "POOL KEY"),
            Self::Node => ("node", "NODE"),
        }
    }
}

impl Which {
    /// The path of a thing of this name, of all or of one's own.
    pub(super) fn path(&self, noun: &str) -> String {
        let mine = if self.mine { "me/" } else { "" };
        format!("/manage/v1/{mine}{noun}")
    }

    /// As a query, without its question mark.
    pub(super) async fn query(&self, api: &Api) -> Result<String, Failure> {
        let mut query = format!("range={}", list::escaped(&self.of.range));
        let mut add = |name: &str, value: &str| query.push_str(&format!("&{name}={}", list::escaped(value)));
        let texts = [
            ("upstream", &self.of.upstream),
            ("model", &self.of.model),
            ("endpoint", &self.of.endpoint),
            ("class", &self.of.class),
            ("node", &self.node),
        ];
        for (name, value) in texts {
            value.iter().for_each(|value| add(name, value));
        }
        if let Some(id) = self.pool_key {
            add("pool_key", &id.to_string());
        }
        if let Some(user) = &self.user {
            let id = list::id(api, "/manage/v1/users", "user", "name", user).await?;
            add("user", &id.to_string());
        }
        if let Some(key) = &self.of.key {
            let id = list::id(api, &self.path("keys"), "client key", "name", key).await?;
            add("client_key", &id.to_string());
        }
        Ok(query)
    }
}

/// `potluck usage`.
pub(super) async fn run(arguments: &UsageArgs, api: &Api, options: &Options) -> Result<(), Failure> {
    let (which, (by, heading)) = (&arguments.which, arguments.by.words());
    let (path, query) = (which.path("usage"), which.query(api).await?);
    let usage = api.get(&format!("{path}?{query}")).await?;
    let groups = api
        .get(&format!("{path}/by?{query}&by={by}&limit={}", arguments.top))
        .await?;
    if options.json {
        print::json(&json!({ "usage": usage, "by": groups }));
        return Ok(());
    }
    let groups: UsageBy = typed(groups)?;
    print::text(&told(&typed(usage)?, &which.of.range));
    let rows = rows(&groups.items, groups.rest.as_ref());
    print::text(&format!(
        "\n{}",
        table::table(headings(heading), &rows, "Nothing was used.")
    ));
    Ok(())
}

/// `potluck keys stats`.
pub(super) async fn stats(path: &str, range: &str, api: &Api, options: &Options) -> Result<(), Failure> {
    let answer = api
        .get(&format!("{path}/usage?range={}", list::escaped(range)))
        .await?;
    if options.json {
        print::json(&answer);
        return Ok(());
    }
    let of: UsageOf = typed(answer)?;
    print::text(&told(&of.usage, range));
    for (heading, groups) in [("ENDPOINT", &of.by_endpoint), ("MODEL", &of.by_model)] {
        let rows = rows(groups, None);
        print::text(&format!(
            "\n{}",
            table::table(headings(heading), &rows, "Nothing was used.")
        ));
    }
    let recent: Vec<Value> = of
        .recent
        .iter()
        .filter_map(|one| serde_json::to_value(one).ok())
        .collect();
    print::text(&format!("\n{}", requests::listed(&recent)?));
    Ok(())
}

fn headings(first: &'static str) -> [&'static str; 8] {
    [
        first,
        "REQUESTS",
        "TOKENS",
        "IMAGES",
        "ANLAS",
        "COST",
        "MEAN TIME",
        "P95 TIME",
    ]
}

fn rows(groups: &[UsageGroup], rest: Option<&UsageSums>) -> Vec<[String; 8]> {
    let named = groups.iter().map(|group| {
        let id = group.id.map(|id| format!("#{id}"));
        let name = group.name.clone().or(id).unwrap_or_else(|| "–".to_owned());
        row(name, &group.sums, group.total.map(|times| times.p95_us))
    });
    named
        .chain(rest.map(|rest| row("(all others)".to_owned(), rest, None)))
        .collect()
}

fn row(name: String, sums: &UsageSums, p95_us: Option<u64>) -> [String; 8] {
    let tokens = sums
        .prompt_tokens
        .amount()
        .saturating_add(sums.completion_tokens.amount());
    let mean = sums.total_us.checked_div(sums.requests);
    [
        name,
        amount::count(sums.requests),
        amount::count(tokens),
        amount::count(sums.images.amount()),
        amount::count(sums.anlas.amount()),
        format!("{:.4}", sums.cost_micros.amount() as f64 / 1e6),
        mean.map_or_else(|| "–".to_owned(), amount::time),
        p95_us.map_or_else(|| "–".to_owned(), amount::time),
    ]
}
