//! `potluck settings`: what is set for the whole relay while it runs.

mod effective;

use clap::{Args, Subcommand};
use potluck_admin::api::{EditSettings, Registration, Settings};

use super::api::Api;
use super::exit::Failure;
use super::list::{sent, typed};
use super::users::ModeName;
use super::{Options, print, table};

const PATH: &str = "/manage/v1/settings";

/// See the help of each.
#[derive(Debug, Subcommand)]
pub(super) enum SettingsCommand {
    /// Show what is set.
    #[command(
        after_help = "Examples:\n  potluck settings show\n  potluck settings show --effective\n  \
        potluck settings show --effective limits\n  potluck settings show --effective --changed --json\n\n\
        --effective asks the relay what it runs with. `potluck config show` prints what the next start would run with."
    )]
    Show(effective::ShowArgs),
    /// Set something; it counts at once.
    #[command(
        after_help = "Examples:\n  potluck settings set --name 'The pool of Hanoi'\n  \
        potluck settings set --notice 'NovelAI is down for an hour'\n  potluck settings set --notice ''\n  \
        potluck settings set --registration open\n\n\
        Secrets, listeners and the database are set in the configuration alone."
    )]
    Set(SetArgs),
}

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(super) struct SetArgs {
    /// What the pool is called; an empty text takes the name away.
    #[arg(long)]
    name: Option<String>,
    /// What everybody is told; an empty text takes it away.
    #[arg(long)]
    notice: Option<String>,
    /// Who may register.
    #[arg(long, value_name = "WHO")]
    registration: Option<ModeName>,
}

impl SettingsCommand {
    pub(super) async fn run(self, api: &Api, options: &Options) -> Result<(), Failure> {
        let answer = match self {
            Self::Show(args) if args.effective => return effective::run(&args, api, options).await,
            Self::Show(_) => api.get(PATH).await?,
            Self::Set(args) => api.patch(PATH, &sent(&EditSettings::from(args))?).await?,
        };
        if options.json {
            print::json(&answer);
            return Ok(());
        }
        show(typed(answer)?);
        Ok(())
    }
}

impl From<SetArgs> for EditSettings {
    fn from(args: SetArgs) -> Self {
        let or_none = |text: String| Some(text).filter(|text| !text.trim().is_empty());
        Self {
            name: args.name.map(or_none),
            notice: args.notice.map(or_none),
            registration: args.registration.map(Into::into),
        }
    }
}

fn show(settings: Settings) {
    let registration = match settings.registration {
        Registration::Open => "open",
        Registration::Invitation => "invitation",
        Registration::Closed => "closed",
    };
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    print::text(&table::card(&[
        ("name", or_none(settings.name)),
        ("notice", or_none(settings.notice)),
        ("registration", registration.to_owned()),
    ]));
}
