//! `potluck login` and `potluck logout`: a token for later commands, in place of a password for each.
//!
//! Invariants: a password or a code is never an argument, is sent to the named server alone and kept nowhere; the session
//! that it begins ends with the command.

use std::io::IsTerminal as _;

use clap::Args;
use potluck_admin::api::{
    CreatePersonalToken, CreatedPersonalToken, LogIn, SecretText, SessionTokens, UserRole,
};
use potluck_filters::secret::Secret;
use serde_json::{Value, json};

use super::api::{Api, Remote};
use super::date::{self, Expiry};
use super::exit::{Exit, Failure};
use super::list::{sent, typed};
use super::logins::{Login, Logins};
use super::{Options, ask, print, runtime};
use crate::clock::unix_ms;

const SESSION: &str = "/manage/v1/session";
pub(super) const TOKENS: &str = "/manage/v1/me/tokens";

/// What a token may do where nobody says so: what the commands need.
const OF_MEMBERS: [&str; 3] = ["keys:write", "pool:write", "account:read"];
const OF_ADMINS: [&str; 6] = [
    "keys:write",
    "pool:write",
    "account:read",
    "users:write",
    "system:write",
    "admin",
];

#[derive(Debug, Args)]
pub(super) struct LoginArgs {
    #[command(flatten)]
    who: Who,
    /// What the token may do, parted by commas; what the commands need when absent.
    #[arg(long, value_name = "SCOPES", value_delimiter = ',')]
    scopes: Vec<String>,
    /// When the token ends: 12h, 30d or 2027-12-31.
    #[arg(long, value_name = "WHEN", default_value = "30d")]
    expires: Expiry,
    /// What the token is called; this machine's name when absent.
    #[arg(long)]
    name: Option<String>,
}

/// Who logs in.
#[derive(Debug, Args)]
pub(super) struct Who {
    /// The user's name; asked for when absent.
    #[arg(long)]
    user: Option<String>,
    /// Read the password from the first line of standard input, and the code of a second factor from the next one.
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Debug, Args)]
pub(super) struct LogoutArgs {
    /// Only forget the token here; the server, which may be gone, keeps it until it ends.
    #[arg(long)]
    local: bool,
}

/// Somebody who has just logged in, until the end of a command.
pub(super) struct InPerson {
    pub(super) api: Api,
    pub(super) tokens: SessionTokens,
    /// What they have just proven to be theirs.
    pub(super) password: Secret,
    /// Whether they were asked for the code of a second factor, too.
    pub(super) gave_code: bool,
    server: String,
    said: Said,
}

impl InPerson {
    /// Something else that is said in secret.
    pub(super) fn ask(&mut self, prompt: &str) -> Result<Secret, Failure> {
        let said = self.said.next(prompt)?;
        Ok(Secret::new(said.expose().trim_end_matches(['\n', '\r'])))
    }

    /// Whether a person types what is asked for.
    pub(super) fn is_typing(&self) -> bool {
        match self.said {
            Said::Typed => true,
            Said::Lines(_) => false,
        }
    }

    /// Ends the session. The command was done, whatever comes of it.
    pub(super) async fn end(self) {
        let _ = self.api.delete(SESSION).await;
    }
}

/// `potluck login`.
pub(super) fn log_in(arguments: &LoginArgs, options: &Options) -> Result<(), Failure> {
    runtime()?.block_on(async {
        let mut logins = Logins::open()?;
        let person = in_person(&arguments.who, options).await?;
        let made = make(arguments, &person).await;
        let server = person.server.clone();
        let user = person.tokens.name.clone();
        person.end().await;
        let made = made?;
        let before = logins.put(&server, login(&made, &user, options));
        logins.save()?;
        if let Some(before) = before {
            revoke(&server, &before, options).await?;
        }
        tell(&made, &server, &user, options)
    })
}

fn login(made: &CreatedPersonalToken, user: &str, options: &Options) -> Login {
    Login {
        user: user.to_owned(),
        token: made.text.clone(),
        expires_at: made.token.expires_at,
        ca_file: options.ca_file.clone(),
    }
}

fn tell(made: &CreatedPersonalToken, server: &str, user: &str, options: &Options) -> Result<(), Failure> {
    if options.json {
        print::json(&json!({ "server": server, "user": user, "token": sent(&made.token)? }));
        return Ok(());
    }
    let until = made
        .token
        .expires_at
        .map_or_else(|| "it is revoked".to_owned(), date::shown);
    print::line(&format!("Logged in to {server} as {user}, until {until}."));
    print::note(&format!(
        "The token (…{}) may: {}. Commands with --server {server} use it; `potluck logout` revokes it.",
        made.token.hint,
        made.token.scopes.join(", ")
    ));
    Ok(())
}

async fn make(arguments: &LoginArgs, person: &InPerson) -> Result<CreatedPersonalToken, Failure> {
    let usual: &[&str] = match person.tokens.role {
        UserRole::Admin => &OF_ADMINS,
        UserRole::User => &OF_MEMBERS,
    };
    let scopes = if arguments.scopes.is_empty() {
        usual.iter().map(|scope| (*scope).to_owned()).collect()
    } else {
        arguments.scopes.clone()
    };
    let new = CreatePersonalToken {
        name: arguments.name.clone().unwrap_or_else(this_machine),
        scopes,
        expires_at: arguments.expires.unix_ms(unix_ms()),
    };
    typed(person.api.post(TOKENS, &sent(&new)?).await?)
}

/// `potluck on <this machine>`.
fn this_machine() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match name.trim() {
        "" => "potluck".to_owned(),
        name => format!("potluck on {name}"),
    }
}

/// `potluck logout`.
pub(super) fn log_out(arguments: &LogoutArgs, options: &Options) -> Result<(), Failure> {
    runtime()?.block_on(async {
        let server = Remote::new(options.server_named()?, None, options.insecure)?.url();
        let mut logins = Logins::open()?;
        let Some(login) = logins.take(&server) else {
            let message = format!("there is no login to {server} here");
            return Err(Failure::new(Exit::Failed, message));
        };
        if !arguments.local {
            revoke(&server, &login, options).await?;
        }
        logins.save()?;
        print::line(&format!("Logged out of {server}."));
        Ok(())
    })
}

/// Has the server forget a token. One that it does not know any more is as good as revoked.
async fn revoke(server: &str, login: &Login, options: &Options) -> Result<(), Failure> {
    let ca_file = login.ca_file.clone().or_else(|| options.ca_file.clone());
    let token = Some(login.token.0.clone());
    let remote = Remote::new(server, token, options.insecure)?.trusting(ca_file);
    let api = Api::Remote(Box::new(remote));
    api.attempt(http::Method::DELETE, SESSION, None).await.map(|_| ())
}

impl Options {
    /// The server that was named.
    pub(super) fn server_named(&self) -> Result<&str, Failure> {
        self.server.as_deref().ok_or_else(|| {
            let message = "this is about an account at a relay: name it with --server, such as \
                           --server https://relay.example.org, or http://127.0.0.1:5003 for the one on this machine";
            Failure::new(Exit::Usage, message)
        })
    }

    /// The way to the server, with the token that was given, or that of `potluck login`.
    pub(super) fn remote(&self, server: &str) -> Result<Remote, Failure> {
        let usage = |message: String| Failure::new(Exit::Usage, message);
        let text = match (&self.token, &self.token_file) {
            (Some(token), _) => token.clone(),
            (None, Some(file)) => std::fs::read_to_string(file)
                .map_err(|error| usage(format!("{} cannot be read: {error}", file.display())))?,
            (None, None) => return self.logged_in(Remote::new(server, None, self.insecure)?),
        };
        let token = Some(Secret::new(text.trim()));
        Ok(Remote::new(server, token, self.insecure)?.trusting(self.ca_file.clone()))
    }

    fn logged_in(&self, remote: Remote) -> Result<Remote, Failure> {
        let server = remote.url();
        let no_token = |why: &str| {
            let message = format!(
                "{server} {why}: run `potluck login --server {server}`, set POTLUCK_TOKEN, or give --token-file"
            );
            Failure::new(Exit::Usage, message)
        };
        let logins = Logins::open();
        let login = logins
            .as_ref()
            .ok()
            .and_then(|logins| logins.at(&server).cloned());
        let Some(login) = login else {
            // Where there is no place for logins, there is none.
            return Err(no_token("needs a token"));
        };
        if login.expires_at.is_some_and(|at| at <= unix_ms()) {
            return Err(no_token("was logged in to until the token ended"));
        }
        let ca_file = self.ca_file.clone().or(login.ca_file);
        Ok(remote.with_token(Some(login.token.0)).trusting(ca_file))
    }
}

/// Logs somebody in at the named server.
pub(super) async fn in_person(who: &Who, options: &Options) -> Result<InPerson, Failure> {
    let remote = Remote::new(options.server_named()?, None, options.insecure)?;
    let remote = remote.trusting(options.ca_file.clone());
    let mut said = Said::new(who)?;
    let name = match &who.user {
        Some(name) => name.clone(),
        None => ask::line("User name: ", "give --user")?,
    };
    let mut login = LogIn {
        name,
        password: SecretText(said.next("Password: ")?),
        code: None,
        cookies: false,
    };
    let api = Api::Remote(Box::new(remote.clone()));
    let mut answer = try_to(&api, &login).await?;
    if let Err(refused) = &answer
        && refused["code"] == "totp_required"
    {
        login.code = Some(SecretText(
            said.next("Code of your authenticator, or a recovery code: ")?,
        ));
        answer = try_to(&api, &login).await?;
    }
    let tokens: SessionTokens = typed(answer.map_err(|refused| refusal(&refused))?)?;
    let access = tokens.access_token.as_ref().map(|token| token.0.clone());
    Ok(InPerson {
        password: login.password.0,
        gave_code: login.code.is_some(),
        said,
        server: remote.url(),
        api: Api::Remote(Box::new(remote.with_token(access))),
        tokens,
    })
}

async fn try_to(api: &Api, login: &LogIn) -> Result<Result<Value, Value>, Failure> {
    api.attempt(http::Method::POST, SESSION, Some(&sent(login)?))
        .await
}

pub(super) fn refusal(refused: &Value) -> Failure {
    let said = refused["detail"]
        .as_str()
        .unwrap_or("the server refuses the login");
    Failure::new(Exit::Failed, said)
}

/// What is said in secret: typed, or line by line on standard input.
enum Said {
    Typed,
    Lines(std::vec::IntoIter<Secret>),
}

impl Said {
    fn new(who: &Who) -> Result<Self, Failure> {
        if who.password_stdin {
            let all = ask::secret("", Some(std::path::Path::new("-")))?;
            let lines: Vec<Secret> = all.expose().lines().map(Secret::new).collect();
            return Ok(Self::Lines(lines.into_iter()));
        }
        if std::io::stdin().is_terminal() {
            return Ok(Self::Typed);
        }
        let message = "there is nobody to ask for a password here; give --password-stdin";
        Err(Failure::new(Exit::Usage, message))
    }

    fn next(&mut self, prompt: &str) -> Result<Secret, Failure> {
        match self {
            Self::Typed => ask::secret(prompt, None),
            Self::Lines(lines) => lines.next().ok_or_else(|| {
                let message =
                    "standard input ended early: the password stands on its first line, the code on the next";
                Failure::new(Exit::Usage, message)
            }),
        }
    }
}
