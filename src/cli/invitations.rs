//! `potluck invitations`: leave to register.

use clap::{Args, Subcommand};
use potluck_admin::api::{CreateInvitation, CreatedInvitation, Invitation};
use serde_json::Value;

use super::api::Api;
use super::date::{self, Expiry};
use super::exit::Failure;
use super::list::{self, sent, typed};
use super::{Options, print, table};
use crate::clock::unix_ms;

const PATH: &str = "/manage/v1/invitations";

/// See the help of each.
#[derive(Debug, Subcommand)]
pub(super) enum InvitationsCommand {
    /// Make an invitation. Its text is printed once, alone on standard output.
    #[command(after_help = "Examples:\n  potluck invitations create --note linh\n  \
        potluck invitations create --note class --uses 30 --expires 30d")]
    Create(CreateArgs),
    /// List invitations.
    #[command(after_help = "Examples:\n  potluck invitations list\n  potluck invitations list --json")]
    List,
    /// Take an invitation back. Who has registered with it stays.
    #[command(after_help = "Example:\n  potluck invitations revoke 7")]
    Revoke {
        /// Its id; `potluck invitations list` shows it.
        id: i64,
    },
}

#[derive(Debug, Args)]
pub(super) struct CreateArgs {
    /// Whom it is for.
    #[arg(long, default_value = "")]
    note: String,
    /// How many may register with it, 1 to 1000.
    #[arg(long, value_name = "N", default_value_t = 1)]
    uses: u32,
    /// When it stops working: 7d, 2027-12-31 or 2027-12-31T12:00:00Z, within a year.
    #[arg(long, value_name = "WHEN", default_value = "7d")]
    expires: Expiry,
}

impl InvitationsCommand {
    pub(super) async fn run(self, api: &Api, options: &Options) -> Result<(), Failure> {
        match self {
            Self::Create(arguments) => create(arguments, api, options).await,
            Self::List => {
                let items = list::all(api, PATH).await?;
                if options.json {
                    print::json(&list::as_json(&items));
                    return Ok(());
                }
                show(items)
            }
            Self::Revoke { id } => {
                let answer = api.delete(&format!("{PATH}/{id}")).await?;
                if options.json {
                    print::json(&answer);
                    return Ok(());
                }
                show(vec![answer])
            }
        }
    }
}

async fn create(arguments: CreateArgs, api: &Api, options: &Options) -> Result<(), Failure> {
    let new = CreateInvitation {
        note: arguments.note,
        uses: Some(arguments.uses),
        expires_at: arguments.expires.unix_ms(unix_ms()),
    };
    let answer = api.post(PATH, &sent(&new)?).await?;
    if options.json {
        print::json(&answer);
        return Ok(());
    }
    let created: CreatedInvitation = typed(answer)?;
    print::note(&format!(
        "Invitation {} holds until {}. Keep it now: it is not shown again.",
        created.invitation.id,
        date::shown(created.invitation.expires_at)
    ));
    print::line(created.text.0.expose());
    Ok(())
}

fn show(items: Vec<Value>) -> Result<(), Failure> {
    let invitations = items
        .into_iter()
        .map(typed)
        .collect::<Result<Vec<Invitation>, _>>()?;
    let rows: Vec<_> = invitations.iter().map(row).collect();
    let headings = ["ID", "ENDS WITH", "NOTE", "USED", "STATE", "EXPIRES"];
    let empty = "No invitations yet; `potluck invitations create` makes one.";
    print::text(&table::table(headings, &rows, empty));
    Ok(())
}

fn row(one: &Invitation) -> [String; 6] {
    let state = match one.revoked_at {
        Some(_) => "taken back",
        None if one.used >= one.uses => "used up",
        None if one.expires_at <= unix_ms() => "expired",
        None => "open",
    };
    [
        one.id.to_string(),
        format!("…{}", one.hint),
        one.note.clone(),
        format!("{} of {}", one.used, one.uses),
        state.to_owned(),
        date::shown(one.expires_at),
    ]
}
