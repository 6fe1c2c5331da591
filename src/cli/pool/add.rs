//! `potluck pool add` and `import`.

use std::path::PathBuf;

use clap::Args;
use potluck_admin::api::{AddPoolKey, ImportPoolKeys, Imported, SecretText, WhatBecame};
use potluck_filters::secret::Secret;

use super::caps::CapFlags;
use super::{PATH, note_waiting, show};
use crate::cli::api::Api;
use crate::cli::exit::{Exit, Failure};
use crate::cli::list::{sent, typed};
use crate::cli::{Options, ask, print};

/// On which terms keys are brought.
#[derive(Debug, Args)]
pub(super) struct Terms {
    /// The upstream's name; `potluck upstreams list` shows them.
    upstream: String,
    /// Read from this file instead of standard input or the terminal.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// A name to know it by.
    #[arg(long, default_value = "")]
    label: String,
    /// Requests in flight at once on it; the upstream's setting when absent.
    #[arg(long, value_name = "N")]
    concurrency: Option<u32>,
    #[command(flatten)]
    caps: CapFlags,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct AddArgs {
    #[command(flatten)]
    terms: Terms,
    /// Bring an account's username and password, which the relay logs in with.
    #[arg(long)]
    login: bool,
    /// The account's username, mostly an e-mail address; asked for when absent.
    #[arg(long, value_name = "NAME", requires = "login")]
    username: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ImportArgs {
    #[command(flatten)]
    terms: Terms,
}

/// What was read, as the API takes it.
#[derive(Default)]
struct Read {
    credential: Option<SecretText>,
    username: Option<SecretText>,
    password: Option<SecretText>,
}

impl AddArgs {
    fn read(&self) -> Result<Read, Failure> {
        if self.login { self.login() } else { self.token() }
    }

    fn token(&self) -> Result<Read, Failure> {
        let prompt = format!("Pool key for {} (not shown): ", self.terms.upstream);
        let text = ask::secret(&prompt, self.terms.file.as_deref())?;
        let credential = text.expose().trim();
        if credential.contains('\n') {
            let message = "this is more than one line; `potluck pool import` takes many keys, one a line";
            return Err(Failure::new(Exit::Usage, message));
        }
        Ok(Read {
            credential: Some(SecretText(Secret::new(credential))),
            ..Read::default()
        })
    }

    fn login(&self) -> Result<Read, Failure> {
        let username = match &self.username {
            Some(username) => username.clone(),
            None => ask::line(
                &format!("Username for {}: ", self.terms.upstream),
                "give --username",
            )?,
        };
        let text = ask::secret("Password (not shown): ", self.terms.file.as_deref())?;
        // Blanks may be part of a password; the end of the line is not.
        let password = text.expose();
        let password = password.strip_suffix('\n').unwrap_or(password);
        let password = password.strip_suffix('\r').unwrap_or(password);
        if password.contains('\n') {
            let message = "this is more than one line; give the password alone";
            return Err(Failure::new(Exit::Usage, message));
        }
        Ok(Read {
            username: Some(SecretText(Secret::new(username))),
            password: Some(SecretText(Secret::new(password))),
            ..Read::default()
        })
    }
}

/// Brings one.
pub(super) async fn one(arguments: AddArgs, api: &Api, options: &Options) -> Result<(), Failure> {
    let read = arguments.read()?;
    let terms = arguments.terms;
    let new = AddPoolKey {
        upstream: terms.upstream,
        credential: read.credential,
        username: read.username,
        password: read.password,
        contributor: None,
        label: terms.label,
        origins: None,
        concurrency: terms.concurrency,
        caps: terms.caps.new_caps(),
    };
    let answer = api.post(PATH, &sent(&new)?).await?;
    note_waiting(&answer, api);
    show::one(answer, api, options).await
}

/// Brings one a line.
pub(super) async fn many(arguments: ImportArgs, api: &Api, options: &Options) -> Result<(), Failure> {
    let terms = arguments.terms;
    let prompt = format!("Pool key for {} (not shown): ", terms.upstream);
    let text = ask::secret(&prompt, terms.file.as_deref())?;
    let lines = text
        .expose()
        .lines()
        .map(|line| SecretText(Secret::new(line.trim())));
    let import = ImportPoolKeys {
        upstream: terms.upstream,
        lines: lines.collect(),
        contributor: None,
        label: terms.label,
        origins: None,
        concurrency: terms.concurrency,
        caps: terms.caps.new_caps(),
    };
    let answer = api.post(&format!("{PATH}/import"), &sent(&import)?).await?;
    let imported: Imported = typed(answer.clone())?;
    if options.json {
        print::json(&answer);
    } else {
        tell(&imported);
    }
    if imported.invalid > 0 {
        return Err(Failure::new(
            Exit::Failed,
            format!("{} lines are no keys", imported.invalid),
        ));
    }
    Ok(())
}

fn tell(imported: &Imported) {
    for line in &imported.lines {
        match &line.result {
            WhatBecame::Added { .. } => {}
            WhatBecame::Duplicate => print::note(&format!("line {}: is in the pool already", line.line)),
            WhatBecame::Invalid { why } => print::note(&format!("line {}: {why}", line.line)),
        }
    }
    let Imported {
        added,
        duplicate,
        invalid,
        ..
    } = imported;
    print::line(&format!(
        "{added} added, {duplicate} there already, {invalid} invalid"
    ));
}
