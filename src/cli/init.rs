//! `potluck init`: configuration, secrets, data folder and first admin.
//!
//! Invariant: nothing that exists is overwritten, and a key ring is never made beside a database that was
//! sealed with another.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use clap::Args;
use potluck_admin::api::{CreateUser, SecretText, UserRole};
use potluck_filters::secret::Secret;
use serde_json::{Value, json};

use super::api::Api;
use super::exit::{Exit, Failure};
use super::{Options, ask, list, lock, no_randomness, print, runtime};
use crate::config::{Config, SHIPPED};
use crate::secrets::{self, SecretsError};

const USERS: &str = "/manage/v1/users";
const PASSWORD: &str = "POTLUCK_ADMIN_PASSWORD";

/// Arguments of `potluck init`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  potluck init\n  potluck init --config /etc/potluck/potluck.yaml --set data=/var/lib/potluck\n  \
    potluck init --admin root --password-stdin < password.txt\n  potluck init --if-missing && potluck serve\n\n\
    An existing configuration file is kept and used. Where an admin exists already, nothing is done."
)]
pub(super) struct InitArgs {
    /// Name of the first admin.
    #[arg(long, default_value = "admin", value_name = "NAME")]
    admin: String,
    /// Read the admin's password from standard input instead of making one. POTLUCK_ADMIN_PASSWORD does the same.
    #[arg(long)]
    password_stdin: bool,
    /// Do nothing, successfully, where there is an admin already.
    #[arg(long)]
    if_missing: bool,
}

pub(super) fn run(arguments: &InitArgs, options: &Options) -> Result<(), Failure> {
    let config = checked(options)?;
    let mut done = Vec::new();
    if write_config(&options.config)? {
        done.push(format!("wrote {}", options.config.display()));
    }
    let new_secrets = write_secrets(options, &config)?;
    if new_secrets {
        done.push(format!(
            "wrote {}",
            secrets::file_beside(&options.config).display()
        ));
    }
    lock::make_folder(&config.data)?;
    runtime()?.block_on(async {
        let opened = Api::open(&config, || options.secrets()).await;
        if opened.is_err() && new_secrets {
            // The new key opened nothing, so nothing was sealed with it.
            let _ = std::fs::remove_file(secrets::file_beside(&options.config));
        }
        let api = opened?;
        let made = first_admin(arguments, &api, options, &done).await;
        api.close().await;
        made
    })
}

/// The configuration that will hold, before anything is written.
fn checked(options: &Options) -> Result<Config, Failure> {
    if options.config.exists() {
        return options.config();
    }
    let sources = options.sources();
    Ok(Config::parse(
        &options.config.display().to_string(),
        SHIPPED,
        &sources.environment,
        &sources.flags,
    )?)
}

fn write_config(path: &Path) -> Result<bool, Failure> {
    if path.exists() {
        return Ok(false);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let made = folder.map_or(Ok(()), std::fs::create_dir_all);
    let written = made.and_then(|()| {
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o644)
            .open(path)?;
        file.write_all(SHIPPED.as_bytes())
    });
    let failed = |error| {
        Failure::new(
            Exit::Failed,
            format!("{} cannot be written: {error}", path.display()),
        )
    };
    written.map(|()| true).map_err(failed)
}

fn write_secrets(options: &Options, config: &Config) -> Result<bool, Failure> {
    let missing = match options.secrets_found() {
        Ok(_) => return Ok(false),
        Err(SecretsError::Missing(path)) => path,
        Err(error) => return Err(error.into()),
    };
    let database = config.database_url();
    let file = database
        .strip_prefix("sqlite:")
        .map(|path| path.strip_prefix("//").unwrap_or(path));
    if file.is_some_and(|file| Path::new(file).metadata().is_ok_and(|found| found.len() > 0)) {
        let message = format!(
            "there is a database already, but no ENCRYPTION_KEY that fits it; restore {} from your copy, or \
             move the database away to begin anew",
            missing.display()
        );
        return Err(Failure::new(Exit::Config, message));
    }
    let key = secrets::fresh_key().map_err(|error| no_randomness(&error))?;
    let token = secrets::fresh_key().map_err(|error| no_randomness(&error))?;
    secrets::write_new(&missing, &key, &token).map_err(|error| {
        Failure::new(
            Exit::Failed,
            format!("{} cannot be written: {error}", missing.display()),
        )
    })?;
    Ok(true)
}

async fn first_admin(
    arguments: &InitArgs,
    api: &Api,
    options: &Options,
    done: &[String],
) -> Result<(), Failure> {
    let users = list::all(api, USERS).await?;
    let admin = users
        .iter()
        .find(|user| user["role"] == "admin")
        .and_then(|user| user["name"].as_str());
    match admin {
        Some(admin) if arguments.if_missing => {
            print::note(&format!("nothing to do: {admin} is admin already"));
            Ok(())
        }
        Some(admin) => {
            let message =
                format!("{admin} is admin already; nothing was changed (--if-missing makes this a success)");
            Err(Failure::new(Exit::Failed, message))
        }
        None => make_admin(arguments, api, options, done).await,
    }
}

async fn make_admin(
    arguments: &InitArgs,
    api: &Api,
    options: &Options,
    done: &[String],
) -> Result<(), Failure> {
    let given = given_password(arguments)?;
    let password = match &given {
        Some(password) => password.clone(),
        None => secrets::fresh_password().map_err(|error| no_randomness(&error))?,
    };
    let new = CreateUser {
        name: arguments.admin.clone(),
        role: UserRole::Admin,
        password: Some(SecretText(password.clone())),
        rate_limit: None,
    };
    let user = api.post(USERS, &list::sent(&new)?).await?;
    report(&user, given.is_none().then_some(&password), done, options);
    Ok(())
}

fn given_password(arguments: &InitArgs) -> Result<Option<Secret>, Failure> {
    if arguments.password_stdin {
        let text = ask::secret("Password of the first admin (not shown): ", None)?;
        return Ok(Some(Secret::new(text.expose().trim_end_matches(['\n', '\r']))));
    }
    Ok(std::env::var(PASSWORD)
        .ok()
        .filter(|password| !password.is_empty())
        .map(Secret::new))
}

fn report(user: &Value, made: Option<&Secret>, done: &[String], options: &Options) {
    if options.json {
        let password = made.map(Secret::expose);
        print::json(&json!({ "admin": user, "password": password, "config": options.config, "done": done }));
        return;
    }
    done.iter().for_each(|line| print::note(line));
    print::note(&format!(
        "made the first admin, {}",
        user["name"].as_str().unwrap_or_default()
    ));
    if let Some(password) = made {
        print::note("Their password follows. Keep it now: it is not shown again.");
        print::line(password.expose());
    }
    if done.iter().any(|line| line.ends_with("secrets.env")) {
        print::note(
            "Keep a copy of secrets.env apart from the data folder: without it the pool keys are lost.",
        );
    }
    print::note("Next: `potluck serve`, then `potluck pool add` and `potluck keys create`.");
}
