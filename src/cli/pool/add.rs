//! `potluck pool add` and `import`.

use std::path::PathBuf;

use clap::Args;
use potluck_admin::api::{AddPoolKey, Caps, ImportPoolKeys, Imported, SecretText, WhatBecame};
use potluck_filters::secret::Secret;

use super::act::PoolKeys;
use super::caps::CapFlags;
use super::show;
use crate::cli::exit::{Exit, Failure};
use crate::cli::list::{sent, typed};
use crate::cli::{ask, print};

/// On which terms keys are brought.
#[derive(Debug, Args)]
pub(super) struct Terms {
    /// The upstream's name; `potluck upstreams list` shows them.
    pub(super) upstream: String,
    /// Read from this file instead of standard input or the terminal.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// A name to know it by.
    #[arg(long, default_value = "")]
    pub(super) label: String,
    #[command(flatten)]
    caps: CapFlags,
}

impl Terms {
    /// What is allowed of a key of one's own; `None` where nothing was said, which the relay takes as careful.
    pub(super) fn own_caps(&self) -> Option<Caps> {
        self.caps.are_given().then(|| self.caps.new_caps())
    }
}

#[derive(Debug, Args)]
pub(in crate::cli) struct AddArgs {
    #[command(flatten)]
    terms: Terms,
    #[command(flatten)]
    at_once: AtOnce,
    #[command(flatten)]
    login: LoginFlags,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ImportArgs {
    #[command(flatten)]
    terms: Terms,
    #[command(flatten)]
    at_once: AtOnce,
}

/// What operators alone say of a key.
#[derive(Debug, Args)]
struct AtOnce {
    /// Requests in flight at once on it; the upstream's setting when absent.
    #[arg(long, value_name = "N")]
    concurrency: Option<u32>,
}

/// Whether an account is brought in place of a token.
#[derive(Debug, Args)]
pub(super) struct LoginFlags {
    /// Bring an account's username and password, which the relay logs in with.
    #[arg(long)]
    login: bool,
    /// The account's username, mostly an e-mail address; asked for when absent.
    #[arg(long, value_name = "NAME", requires = "login")]
    username: Option<String>,
}

/// What was read, as the API takes it.
#[derive(Default)]
pub(super) struct Read {
    pub(super) credential: Option<SecretText>,
    pub(super) username: Option<SecretText>,
    pub(super) password: Option<SecretText>,
}

impl LoginFlags {
    pub(super) fn read(&self, terms: &Terms) -> Result<Read, Failure> {
        if self.login {
            self.login(terms)
        } else {
            terms.token()
        }
    }

    fn login(&self, terms: &Terms) -> Result<Read, Failure> {
        let username = match &self.username {
            Some(username) => username.clone(),
            None => ask::line(&format!("Username for {}: ", terms.upstream), "give --username")?,
        };
        let text = ask::secret("Password (not shown): ", terms.file.as_deref())?;
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

impl Terms {
    fn token(&self) -> Result<Read, Failure> {
        let text = self.read()?;
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

    /// What stands in the file, comes in or is typed.
    fn read(&self) -> Result<Secret, Failure> {
        let prompt = format!("Pool key for {} (not shown): ", self.upstream);
        ask::secret(&prompt, self.file.as_deref())
    }
}

/// One credential a line.
pub(super) fn lines(terms: &Terms) -> Result<Vec<SecretText>, Failure> {
    let text = terms.read()?;
    let lines = text.expose().lines();
    Ok(lines.map(|line| SecretText(Secret::new(line.trim()))).collect())
}

/// Brings one.
pub(super) async fn one(arguments: AddArgs, keys: &PoolKeys<'_>) -> Result<(), Failure> {
    let read = arguments.login.read(&arguments.terms)?;
    let terms = arguments.terms;
    let new = AddPoolKey {
        upstream: terms.upstream,
        credential: read.credential,
        username: read.username,
        password: read.password,
        contributor: None,
        label: terms.label,
        origins: None,
        concurrency: arguments.at_once.concurrency,
        caps: terms.caps.new_caps(),
    };
    let answer = keys.api.post(&keys.all_at(), &sent(&new)?).await?;
    keys.note_waiting(&answer);
    show::one(answer, keys)
}

/// Brings one a line.
pub(super) async fn many(arguments: ImportArgs, keys: &PoolKeys<'_>) -> Result<(), Failure> {
    let terms = arguments.terms;
    let import = ImportPoolKeys {
        lines: lines(&terms)?,
        upstream: terms.upstream,
        contributor: None,
        label: terms.label,
        origins: None,
        concurrency: arguments.at_once.concurrency,
        caps: terms.caps.new_caps(),
    };
    let path = format!("{}/import", keys.all_at());
    let answer = keys.api.post(&path, &sent(&import)?).await?;
    let imported: Imported = typed(answer.clone())?;
    if keys.options.json {
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
