//! `potluck alerts`: webhooks that are told of findings. A URL may be a secret as a whole, so it is read from standard
//! input, a file or the terminal, never from the arguments, which other users of the machine can see.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use potluck_admin::api::{
    AddAlertTarget, AddedAlertTarget, AlertDelivery, AlertTarget, AlertTested, EditAlertTarget, Hours, Page,
    SecretText,
};
use potluck_filters::finding::{Kind, Severity};
use potluck_filters::model::Zone;
use potluck_filters::secret::Secret;
use serde_json::Value;

use super::api::Api;
use super::exit::{Exit, Failure};
use super::list::{self, sent, typed};
use super::{Options, ask, date, print, table};

const PATH: &str = "/manage/v1/alerts";

/// `potluck alerts …`.
#[derive(Debug, Subcommand)]
pub(super) enum AlertsCommand {
    /// List who is told.
    #[command(after_help = "Examples:\n  potluck alerts list\n  potluck alerts list --json")]
    List,
    /// Add a webhook. Its URL is asked for, or read from standard input or --file.
    ///
    /// Messages are posted as JSON and signed; docs/findings.md says how to check that. The secret that they are signed
    /// with is printed once.
    #[command(
        after_help = "Examples:\n  potluck alerts add oncall      (asks for the URL)\n  \
        potluck alerts add oncall --file url.txt --min-severity critical\n  \
        potluck alerts add team --kind pool_drained --kind key_invalid --quiet 22-7 --zone Asia/Ho_Chi_Minh < url.txt\n  \
        potluck alerts add local --allow-private < url.txt"
    )]
    Add(AddArgs),
    /// Change what a webhook is told, or switch it off and on.
    #[command(
        after_help = "Examples:\n  potluck alerts edit oncall --min-severity warning\n  \
        potluck alerts edit oncall --disable\n  potluck alerts edit oncall --no-quiet --all-kinds"
    )]
    Edit(EditArgs),
    /// Send a webhook a message now. Fails when it is not taken.
    #[command(after_help = "Examples:\n  potluck alerts test oncall")]
    Test(Which),
    /// List what a webhook was told lately, and what became of it.
    #[command(
        after_help = "Examples:\n  potluck alerts deliveries oncall\n  potluck alerts deliveries oncall --json"
    )]
    Deliveries(Which),
    /// Remove a webhook, with all that it was told.
    #[command(after_help = "Examples:\n  potluck alerts remove oncall\n  potluck alerts remove oncall --yes")]
    Remove {
        #[command(flatten)]
        which: Which,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

/// Which one.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// Its name or id.
    target: String,
}

impl Which {
    async fn path(&self, api: &Api) -> Result<String, Failure> {
        let id = list::id(api, PATH, "alert target", "name", &self.target).await?;
        Ok(format!("{PATH}/{id}"))
    }
}

/// What it is told.
#[derive(Debug, Args)]
struct Wishes {
    /// Only findings of this kind; may be given several times.
    #[arg(long = "kind", value_name = "KIND", value_parser = kind)]
    kinds: Vec<Kind>,
    /// Only findings that are at least so bad: info, warning or critical.
    #[arg(long, value_name = "SEVERITY", value_parser = severity)]
    min_severity: Option<Severity>,
    /// Hours of the day in which only what is critical is told, like 22-7.
    #[arg(long, value_name = "FROM-TO", value_parser = hours)]
    quiet: Option<(u8, u8)>,
    /// Whose clocks show these hours; UTC unless it is set.
    #[arg(long, requires = "quiet")]
    zone: Option<Zone>,
    /// It may be on a private network or this machine, or reached without TLS.
    #[arg(long)]
    allow_private: bool,
}

impl Wishes {
    fn quiet(&self) -> Option<Hours> {
        let zone = self.zone.unwrap_or_default();
        self.quiet.map(|(from, to)| Hours { from, to, zone })
    }

    fn kinds(&self) -> Option<Vec<Kind>> {
        (!self.kinds.is_empty()).then(|| self.kinds.clone())
    }
}

#[derive(Debug, Args)]
pub(super) struct AddArgs {
    /// Its name.
    name: String,
    /// Read the URL from this file.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    wishes: Wishes,
}

#[derive(Debug, Args)]
pub(super) struct EditArgs {
    #[command(flatten)]
    which: Which,
    /// Another name.
    #[arg(long, value_name = "NAME")]
    rename: Option<String>,
    #[command(flatten)]
    wishes: Wishes,
    /// Findings of all kinds.
    #[arg(long, conflicts_with = "kinds")]
    all_kinds: bool,
    /// No quiet hours.
    #[arg(long, conflicts_with = "quiet")]
    no_quiet: bool,
    /// Tell it again.
    #[arg(long, conflicts_with = "disable")]
    enable: bool,
    /// Tell it nothing any more.
    #[arg(long)]
    disable: bool,
}

fn kind(word: &str) -> Result<Kind, String> {
    let known = || Kind::ALL.map(Kind::as_str).join(", ");
    Kind::parse(word).ok_or_else(|| format!("must be one of: {}", known()))
}

fn severity(word: &str) -> Result<Severity, String> {
    Severity::parse(word).ok_or_else(|| "must be info, warning or critical".to_owned())
}

fn hours(text: &str) -> Result<(u8, u8), String> {
    let why = || "write two full hours, like 22-7".to_owned();
    let (from, to) = text.split_once('-').ok_or_else(why)?;
    let hour = |text: &str| text.trim().parse::<u8>().map_err(|_| why());
    Ok((hour(from)?, hour(to)?))
}

impl AlertsCommand {
    pub(super) async fn run(self, api: &Api, options: &Options) -> Result<(), Failure> {
        match self {
            Self::List => all(api, options).await,
            Self::Add(arguments) => add(arguments, api, options).await,
            Self::Edit(arguments) => edit(arguments, api, options).await,
            Self::Test(which) => test(&which, api, options).await,
            Self::Deliveries(which) => deliveries(&which, api, options).await,
            Self::Remove { which, yes } => remove(&which, yes, api, options).await,
        }
    }
}

async fn all(api: &Api, options: &Options) -> Result<(), Failure> {
    let answer = api.get(PATH).await?;
    if options.json {
        print::json(&answer);
        return Ok(());
    }
    let page: Page<AlertTarget> = typed(answer)?;
    let rows: Vec<[String; 6]> = page.items.iter().map(row).collect();
    let empty = "Nobody is told of findings; `potluck alerts add` changes that.";
    let headings = ["ID", "NAME", "WHERE", "WHAT", "QUIET", "STATE"];
    print::text(&table::table(headings, &rows, empty));
    Ok(())
}

fn row(target: &AlertTarget) -> [String; 6] {
    [
        target.id.to_string(),
        target.name.clone(),
        target.place.clone(),
        what(target),
        quiet(target),
        if target.enabled { "on" } else { "off" }.to_owned(),
    ]
}

fn what(target: &AlertTarget) -> String {
    let kinds = target.kinds.as_ref().map_or_else(
        || "all".to_owned(),
        |kinds| {
            kinds
                .iter()
                .map(|kind| kind.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        },
    );
    format!("{kinds}, {} or worse", target.min_severity.as_str())
}

fn quiet(target: &AlertTarget) -> String {
    target.quiet.map_or_else(
        || "-".to_owned(),
        |hours| format!("{}-{} {}", hours.from, hours.to, hours.zone.name()),
    )
}

fn one(answer: Value, options: &Options) -> Result<(), Failure> {
    if options.json {
        print::json(&answer);
        return Ok(());
    }
    card(&typed(answer)?);
    Ok(())
}

fn card(target: &AlertTarget) {
    print::text(&table::card(&[
        ("id", target.id.to_string()),
        ("name", target.name.clone()),
        ("where", target.place.clone()),
        ("what", what(target)),
        ("quiet", quiet(target)),
        ("state", if target.enabled { "on" } else { "off" }.to_owned()),
        ("added", date::shown(target.created_at)),
    ]));
}

async fn add(arguments: AddArgs, api: &Api, options: &Options) -> Result<(), Failure> {
    let url = ask::secret("URL (not shown): ", arguments.file.as_deref())?;
    let wishes = &arguments.wishes;
    let new = AddAlertTarget {
        name: arguments.name,
        url: SecretText(Secret::new(url.expose().trim())),
        secret: None,
        kinds: wishes.kinds(),
        min_severity: wishes.min_severity,
        quiet: wishes.quiet(),
        allow_private: wishes.allow_private,
        enabled: None,
    };
    let answer = api.post(PATH, &sent(&new)?).await?;
    if options.json {
        print::json(&answer);
        return Ok(());
    }
    let added: AddedAlertTarget = typed(answer)?;
    card(&added.target);
    print::line(&format!("secret  {}", added.secret.0.expose()));
    print::note("This is the only time that the secret is shown. `potluck alerts test` sends a message.");
    Ok(())
}

async fn edit(arguments: EditArgs, api: &Api, options: &Options) -> Result<(), Failure> {
    let wishes = &arguments.wishes;
    let kinds = wishes.kinds().map(Some);
    let quiet = wishes.quiet().map(Some);
    let edit = EditAlertTarget {
        name: arguments.rename,
        url: None,
        secret: None,
        kinds: if arguments.all_kinds { Some(None) } else { kinds },
        min_severity: wishes.min_severity,
        quiet: if arguments.no_quiet { Some(None) } else { quiet },
        allow_private: wishes.allow_private.then_some(true),
        enabled: match (arguments.enable, arguments.disable) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            (false, false) => None,
        },
    };
    let path = arguments.which.path(api).await?;
    one(api.patch(&path, &sent(&edit)?).await?, options)
}

async fn test(which: &Which, api: &Api, options: &Options) -> Result<(), Failure> {
    let path = which.path(api).await?;
    let answer = api.post(&format!("{path}/test"), &Value::Null).await?;
    if options.json {
        print::json(&answer);
    }
    let tested: AlertTested = typed(answer)?;
    if tested.delivered {
        if !options.json {
            print::line("The message was taken.");
        }
        return Ok(());
    }
    let why = tested.error.unwrap_or_else(|| "nobody knows why".to_owned());
    Err(Failure::new(
        Exit::Failed,
        format!("the message was not taken: {why}"),
    ))
}

async fn deliveries(which: &Which, api: &Api, options: &Options) -> Result<(), Failure> {
    let path = which.path(api).await?;
    let answer = api.get(&format!("{path}/deliveries")).await?;
    if options.json {
        print::json(&answer);
        return Ok(());
    }
    let page: Page<AlertDelivery> = typed(answer)?;
    let rows: Vec<[String; 6]> = page.items.iter().map(delivery).collect();
    let headings = ["ID", "WHEN", "EVENT", "FINDING", "STATE", "LAST TRY"];
    print::text(&table::table(headings, &rows, "It was told nothing yet."));
    Ok(())
}

fn delivery(one: &AlertDelivery) -> [String; 6] {
    let last = match (one.status, &one.error) {
        (_, Some(error)) => error.clone(),
        (Some(status), None) => status.to_string(),
        (None, None) => "-".to_owned(),
    };
    [
        one.id.to_string(),
        date::shown(one.created_at),
        one.event.as_str().to_owned(),
        one.finding.map_or_else(|| "-".to_owned(), |id| id.to_string()),
        one.state.as_str().to_owned(),
        last,
    ]
}

async fn remove(which: &Which, yes: bool, api: &Api, options: &Options) -> Result<(), Failure> {
    let path = which.path(api).await?;
    let found: AlertTarget = typed(api.get(&path).await?)?;
    let question = format!("Remove alert target {} ({}) for ever?", found.name, found.place);
    ask::confirm(&question, yes)?;
    let answer = api.delete(&path).await?;
    if options.json {
        print::json(&answer);
    } else {
        print::line(&format!("Alert target {} is removed.", found.name));
    }
    Ok(())
}
