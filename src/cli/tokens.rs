//! `potluck tokens`: personal access tokens of one's own. What proves who somebody is is theirs to change in person, so
//! each of these asks for the password.

use clap::{Args, Subcommand};
use potluck_admin::api::{CreatePersonalToken, CreatedPersonalToken, PersonalToken};
use serde_json::Value;

use super::date::{self, Expiry};
use super::exit::Failure;
use super::list::{self, sent, typed};
use super::login::{InPerson, TOKENS, Who, in_person};
use super::{Options, print, runtime, table};
use crate::clock::unix_ms;

/// See the help of each.
#[derive(Debug, Subcommand)]
pub(super) enum TokensCommand {
    /// List your tokens.
    #[command(
        after_help = "Examples:\n  potluck tokens list --server https://relay.example.org\n  \
        potluck tokens list --server http://127.0.0.1:5003 --user linh --password-stdin < password.txt"
    )]
    List(Who),
    /// Make a token. Its text is printed once, alone on standard output.
    #[command(
        after_help = "Examples:\n  potluck tokens create --name ci --scopes keys:read \
        --server https://relay.example.org\n  \
        potluck tokens create --name ops --scopes pool:write,system:read,admin --expires 90d \
        --server https://relay.example.org"
    )]
    Create(CreateArgs),
    /// Revoke a token for ever.
    #[command(after_help = "Examples:\n  potluck tokens revoke 7 --server https://relay.example.org")]
    Revoke {
        /// Its id or name.
        token: String,
        #[command(flatten)]
        who: Who,
    },
}

#[derive(Debug, Args)]
pub(super) struct CreateArgs {
    /// A name to know it by.
    #[arg(long)]
    name: String,
    /// What it may do, parted by commas: keys, pool, account, users or system with `:read` or `:write`; `admin` besides to
    /// do it as an admin.
    #[arg(long, value_name = "SCOPES", value_delimiter = ',', required = true)]
    scopes: Vec<String>,
    /// When it ends: 12h, 90d, 2027-12-31 or `never`.
    #[arg(long, value_name = "WHEN", default_value = "90d")]
    expires: Expiry,
    #[command(flatten)]
    who: Who,
}

impl TokensCommand {
    pub(super) fn run(self, options: &Options) -> Result<(), Failure> {
        runtime()?.block_on(async {
            let who = match &self {
                Self::List(who) | Self::Revoke { who, .. } => who,
                Self::Create(arguments) => &arguments.who,
            };
            let person = in_person(who, options).await?;
            let done = self.act(&person, options).await;
            person.end().await;
            done
        })
    }

    async fn act(&self, person: &InPerson, options: &Options) -> Result<(), Failure> {
        match self {
            Self::List(_) => {
                let items = list::all(&person.api, TOKENS).await?;
                show(items, options)
            }
            Self::Create(arguments) => create(arguments, person, options).await,
            Self::Revoke { token, .. } => {
                let id = list::id(&person.api, TOKENS, "token", "name", token).await?;
                person.api.delete(&format!("{TOKENS}/{id}")).await?;
                print::line(&format!("Token {id} is revoked."));
                Ok(())
            }
        }
    }
}

async fn create(arguments: &CreateArgs, person: &InPerson, options: &Options) -> Result<(), Failure> {
    let new = CreatePersonalToken {
        name: arguments.name.clone(),
        scopes: arguments.scopes.clone(),
        expires_at: arguments.expires.unix_ms(unix_ms()),
    };
    let answer = person.api.post(TOKENS, &sent(&new)?).await?;
    if options.json {
        print::json(&answer);
        return Ok(());
    }
    let made: CreatedPersonalToken = typed(answer)?;
    print::note(&format!(
        "Token {} holds until {}. Keep it now: it is not shown again.",
        made.token.id,
        until(&made.token)
    ));
    print::line(made.text.0.expose());
    Ok(())
}

fn show(items: Vec<Value>, options: &Options) -> Result<(), Failure> {
    if options.json {
        print::json(&list::as_json(&items));
        return Ok(());
    }
    let tokens = items
        .into_iter()
        .map(typed)
        .collect::<Result<Vec<PersonalToken>, _>>()?;
    let rows: Vec<_> = tokens
        .iter()
        .map(|token| {
            [
                token.id.to_string(),
                token.name.clone(),
                format!("…{}", token.hint),
                token.scopes.join(", "),
                until(token),
                token.used_at.map_or_else(|| "never".to_owned(), date::shown),
            ]
        })
        .collect();
    let headings = ["ID", "NAME", "ENDS WITH", "MAY", "EXPIRES", "LAST USED"];
    let empty = "No tokens yet; `potluck login` and `potluck tokens create` make some.";
    print::text(&table::table(headings, &rows, empty));
    Ok(())
}

fn until(token: &PersonalToken) -> String {
    token.expires_at.map_or_else(|| "never".to_owned(), date::shown)
}
