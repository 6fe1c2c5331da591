//! Adding, editing and removing outbound proxies.

use std::path::PathBuf;

use clap::Args;
use potluck_admin::api::{AddOutboundProxy, EditOutboundProxy, OutboundProxy, ProxyLogin, SecretText};
use potluck_filters::model::{ProxyUrl, ProxyUrlError};
use potluck_filters::secret::Secret;

use super::{PATH, Which, show};
use crate::cli::api::Api;
use crate::cli::exit::{Exit, Failure};
use crate::cli::list::{sent, typed};
use crate::cli::{Options, ask, print};

#[derive(Debug, Args)]
pub(in crate::cli) struct AddArgs {
    /// Its name: lower-case letters, digits and `-`, a letter first.
    name: String,
    /// http://host:port (HTTP CONNECT) or socks5://host:port, without user name and password.
    url: String,
    #[command(flatten)]
    login: LoginArgs,
    /// Add it switched off.
    #[arg(long)]
    disable: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct EditArgs {
    #[command(flatten)]
    which: Which,
    /// Another name.
    #[arg(long, value_name = "NAME")]
    rename: Option<String>,
    /// Another place.
    #[arg(long)]
    url: Option<String>,
    #[command(flatten)]
    login: LoginArgs,
    /// It asks for no login.
    #[arg(long, conflicts_with = "username")]
    no_login: bool,
    /// Let it be used again.
    #[arg(long, conflicts_with = "disable")]
    enable: bool,
    /// Do not use it: it stands in its lists as if it were down.
    #[arg(long)]
    disable: bool,
}

/// What the proxy is logged in with.
#[derive(Debug, Args)]
struct LoginArgs {
    /// The user name that it asks for. The password is read from standard input, or asked for.
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
    /// Read the password from this file instead.
    #[arg(long, value_name = "FILE", requires = "username")]
    file: Option<PathBuf>,
}

impl LoginArgs {
    fn read(&self) -> Result<Option<ProxyLogin>, Failure> {
        let Some(username) = &self.username else {
            return Ok(None);
        };
        let text = ask::secret("Password (not shown): ", self.file.as_deref())?;
        // Blanks may be part of a password; the end of the line is not.
        let password = text.expose();
        let password = password.strip_suffix('\n').unwrap_or(password);
        let password = password.strip_suffix('\r').unwrap_or(password);
        Ok(Some(ProxyLogin {
            username: SecretText(Secret::new(username.as_str())),
            password: SecretText(Secret::new(password)),
        }))
    }
}

/// A URL with a login in it is refused before anything is sent or read.
fn checked(url: &str) -> Result<(), Failure> {
    match url.parse::<ProxyUrl>() {
        Err(why @ ProxyUrlError::UserInfo) => Err(Failure::new(Exit::Usage, format!("the URL {why}"))),
        Err(_) | Ok(_) => Ok(()),
    }
}

pub(super) async fn add(arguments: AddArgs, api: &Api, options: &Options) -> Result<(), Failure> {
    checked(&arguments.url)?;
    let new = AddOutboundProxy {
        name: arguments.name,
        url: arguments.url,
        login: arguments.login.read()?,
        enabled: arguments.disable.then_some(false),
    };
    let answer = api.post(PATH, &sent(&new)?).await?;
    let added: OutboundProxy = typed(answer.clone())?;
    show::one(answer, options)?;
    let name = added.name;
    print::note(&format!(
        "Nobody leaves through it yet; `potluck proxies assign --upstream NAME {name}` changes that."
    ));
    Ok(())
}

pub(super) async fn edit(arguments: EditArgs, api: &Api, options: &Options) -> Result<(), Failure> {
    arguments.url.as_deref().map_or(Ok(()), checked)?;
    let login = arguments.login.read()?;
    let enabled = match (arguments.enable, arguments.disable) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        (false, false) => None,
    };
    let edit = EditOutboundProxy {
        name: arguments.rename,
        url: arguments.url,
        login: if arguments.no_login {
            Some(None)
        } else {
            login.map(Some)
        },
        enabled,
    };
    let path = arguments.which.path(api).await?;
    show::one(api.patch(&path, &sent(&edit)?).await?, options)
}

pub(super) async fn remove(which: &Which, yes: bool, api: &Api, options: &Options) -> Result<(), Failure> {
    let path = which.path(api).await?;
    let found: OutboundProxy = typed(api.get(&path).await?)?;
    let question = format!("Remove outbound proxy {} ({}) for ever?", found.name, found.url);
    ask::confirm(&question, yes)?;
    let answer = api.delete(&path).await?;
    if options.json {
        print::json(&answer);
    } else {
        print::line(&format!("Outbound proxy {} is removed.", found.name));
    }
    Ok(())
}
