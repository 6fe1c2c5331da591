//! `potluck me …` for what proves who one is: password, second factor, sessions, and the account itself. That is theirs to
//! change in person, so each asks for the password.
//!
//! Invariant: no secret is an argument; those that are shown are shown this once, alone on standard output.

use clap::Subcommand;
use http::Method;
use potluck_admin::api::{
    BegunTotp, ChangePassword, EndedSessions, RecoveryCodes, SecretText, Session, Sessions, WithCode,
    WithPassword, WithPasswordAndCode,
};
use potluck_filters::secret::Secret;
use serde_json::Value;

use crate::cli::exit::{Exit, Failure};
use crate::cli::list::{sent, typed};
use crate::cli::login::{InPerson, Who, in_person, refusal};
use crate::cli::{Options, ask, date, print, runtime, table};

const ME: &str = "/manage/v1/me";
const TOTP: &str = "/manage/v1/me/totp";
const SESSIONS: &str = "/manage/v1/me/sessions";

/// See the help of each.
#[derive(Debug, Subcommand)]
pub(super) enum AccountCommand {
    /// Change your password. All your other sessions end; personal access tokens hold on.
    #[command(
        after_help = "Examples:\n  potluck me password\n  potluck me password --user linh --password-stdin < both.txt\n\n\
        On standard input: the password so far, the code of a second factor where there is one, and the new password, one a \
        line."
    )]
    Password(Who),
    /// See where you are logged in, and end sessions.
    #[command(subcommand)]
    Sessions(SessionsCommand),
    /// Set up a second factor, renew its recovery codes, or take it away.
    #[command(subcommand)]
    Totp(TotpCommand),
    /// Print everything that is kept of you, as JSON, without secrets.
    #[command(after_help = "Examples:\n  potluck me export > me.json")]
    Export(Who),
    /// Delete your account for ever. Your client keys end, and the pool keys that you brought are withdrawn.
    #[command(after_help = "Examples:\n  potluck me delete")]
    Delete {
        /// Do not ask.
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        who: Who,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum SessionsCommand {
    /// List your sessions.
    #[command(after_help = "Examples:\n  potluck me sessions list")]
    List(Who),
    /// End one of them, or all.
    #[command(after_help = "Examples:\n  potluck me sessions end 7\n  potluck me sessions end --all")]
    End {
        /// Its id.
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        session: Option<i64>,
        /// All of them.
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        who: Who,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum TotpCommand {
    /// Set up a second factor. Shows what your authenticator needs, asks for its code, and prints recovery codes once.
    #[command(after_help = "Examples:\n  potluck me totp enable")]
    Enable(Who),
    /// Put new recovery codes in the place of those that are left. They are printed once.
    #[command(after_help = "Examples:\n  potluck me totp recovery-codes > codes.txt")]
    RecoveryCodes(Who),
    /// Take your second factor away.
    #[command(after_help = "Examples:\n  potluck me totp disable")]
    Disable(Who),
}

impl AccountCommand {
    fn who(&self) -> &Who {
        match self {
            Self::Password(who)
            | Self::Export(who)
            | Self::Delete { who, .. }
            | Self::Sessions(SessionsCommand::List(who) | SessionsCommand::End { who, .. })
            | Self::Totp(
                TotpCommand::Enable(who) | TotpCommand::RecoveryCodes(who) | TotpCommand::Disable(who),
            ) => who,
        }
    }

    pub(super) fn run(&self, options: &Options) -> Result<(), Failure> {
        runtime()?.block_on(async {
            let mut person = in_person(self.who(), options).await?;
            let done = self.act(&mut person, options).await;
            person.end().await;
            done
        })
    }

    async fn act(&self, person: &mut InPerson, options: &Options) -> Result<(), Failure> {
        match self {
            Self::Password(_) => password(person).await,
            Self::Sessions(SessionsCommand::List(_)) => sessions(person, options).await,
            Self::Sessions(SessionsCommand::End { session, .. }) => end(*session, person).await,
            Self::Totp(TotpCommand::Enable(_)) => enable(person, options).await,
            Self::Totp(TotpCommand::RecoveryCodes(_)) => {
                let proof = proof(person)?;
                let path = format!("{TOTP}/recovery-codes");
                show_codes(person.api.post(&path, &sent(&proof)?).await?, options)
            }
            Self::Totp(TotpCommand::Disable(_)) => {
                let proof = proof(person)?;
                delete(TOTP, &proof, person).await?;
                print::line("Your second factor is gone.");
                Ok(())
            }
            Self::Export(_) => {
                print::json(&person.api.get(&format!("{ME}/export")).await?);
                Ok(())
            }
            Self::Delete { yes, .. } => {
                let question = format!("Delete the account {} for ever?", person.tokens.name);
                ask::confirm(&question, *yes)?;
                let proof = proof(person)?;
                delete(ME, &proof, person).await?;
                print::line("Your account is deleted.");
                Ok(())
            }
        }
    }
}

async fn password(person: &mut InPerson) -> Result<(), Failure> {
    let new = person.ask_anew("New password: ")?;
    let change = ChangePassword {
        current: SecretText(person.password.clone()),
        password: SecretText(new),
    };
    person
        .api
        .post(&format!("{ME}/password"), &sent(&change)?)
        .await?;
    print::line("Your password is changed, and your other sessions have ended.");
    Ok(())
}

/// The password once more, and a further code where there is a second factor: each code works once.
fn proof(person: &mut InPerson) -> Result<WithPasswordAndCode, Failure> {
    let code = match person.gave_code {
        true => Some(SecretText(
            person.ask("The next code of your authenticator, or a recovery code: ")?,
        )),
        false => None,
    };
    Ok(WithPasswordAndCode {
        password: SecretText(person.password.clone()),
        code,
    })
}

async fn delete(path: &str, proof: &WithPasswordAndCode, person: &InPerson) -> Result<(), Failure> {
    let answer = person
        .api
        .attempt(Method::DELETE, path, Some(&sent(proof)?))
        .await?;
    answer.map(|_| ()).map_err(|refused| refusal(&refused))
}

async fn sessions(person: &InPerson, options: &Options) -> Result<(), Failure> {
    let answer = person.api.get(SESSIONS).await?;
    if options.json {
        print::json(&answer);
        return Ok(());
    }
    let sessions: Sessions = typed(answer)?;
    let rows: Vec<_> = sessions.items.iter().map(row).collect();
    let headings = ["ID", "BEGAN", "LAST USED", "ENDS", "FROM", "PROGRAM"];
    print::text(&table::table(headings, &rows, "No sessions."));
    Ok(())
}

fn row(session: &Session) -> [String; 6] {
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let program = if session.current {
        "this command".to_owned()
    } else {
        or_none(&session.agent)
    };
    [
        session.id.to_string(),
        date::shown(session.created_at),
        date::shown(session.used_at),
        date::shown(session.expires_at),
        or_none(&session.address),
        program,
    ]
}

async fn end(session: Option<i64>, person: &InPerson) -> Result<(), Failure> {
    let Some(id) = session else {
        let ended: EndedSessions = typed(person.api.delete(SESSIONS).await?)?;
        print::line(&format!(
            "{} sessions have ended, this command's among them.",
            ended.ended
        ));
        return Ok(());
    };
    person.api.delete(&format!("{SESSIONS}/{id}")).await?;
    print::line(&format!("Session {id} has ended."));
    Ok(())
}

async fn enable(person: &mut InPerson, options: &Options) -> Result<(), Failure> {
    let proof = WithPassword {
        password: SecretText(person.password.clone()),
    };
    let begun: BegunTotp = typed(person.api.post(TOTP, &sent(&proof)?).await?)?;
    print::note(&format!(
        "Type this into your authenticator, or open the link with it:\n  {}\n  {}",
        begun.secret.0.expose(),
        begun.url.0.expose()
    ));
    let code = WithCode {
        code: SecretText(person.ask("Code of your authenticator: ")?),
    };
    let answer = person.api.post(&format!("{TOTP}/confirm"), &sent(&code)?).await?;
    show_codes(answer, options)
}

/// Recovery codes, this once.
fn show_codes(answer: Value, options: &Options) -> Result<(), Failure> {
    if options.json {
        print::json(&answer);
        return Ok(());
    }
    let codes: RecoveryCodes = typed(answer)?;
    print::note(
        "Recovery codes; each logs in once, in the place of a code. Keep them now: they are not shown again.",
    );
    for code in &codes.recovery_codes {
        print::line(code.0.expose());
    }
    Ok(())
}

impl InPerson {
    /// A new secret, typed twice where a person types it.
    fn ask_anew(&mut self, prompt: &str) -> Result<Secret, Failure> {
        let new = self.ask(prompt)?;
        if self.is_typing() && self.ask("Once more: ")?.expose() != new.expose() {
            return Err(Failure::new(
                Exit::Failed,
                "these are not the same; nothing was changed",
            ));
        }
        Ok(new)
    }
}
