//! The command line: what each command takes, and the way from arguments to an exit code.
//!
//! Answers go to standard output, everything else to standard error, so that output can be piped. Commands
//! that manage something make requests to the same API, through the running relay's control socket or, when
//! none runs, in this process ([`api`]); so they behave alike either way.

mod alerts;
mod amount;
mod api;
mod ask;
mod audit;
mod bulk;
mod config;
mod date;
mod exit;
mod findings;
mod history;
mod init;
mod invitations;
mod jobs;
mod keys;
mod limits;
mod list;
mod live;
pub mod local;
mod lock;
mod login;
mod logins;
mod marks;
mod me;
mod nodes;
mod plugins;
mod pool;
mod print;
mod proxies;
mod requests;
mod settings;
mod status;
mod table;
mod tokens;
mod trace;
mod upstreams;
mod usage;
mod users;
mod whose;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::config::{Config, Sources};
use crate::demo::DemoArgs;
use crate::plugin::Registry;
use crate::secrets::{self, Secrets, SecretsError};
use api::Api;
pub use exit::{Exit, Failure};

/// A shared relay for AI services: one pool of upstream keys, many members.
#[derive(Debug, Parser)]
#[command(name = "potluck", version, after_help = exit::HELP, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Clone, Debug, Args)]
struct Options {
    /// Configuration file.
    #[arg(
        long,
        global = true,
        env = "POTLUCK_CONFIG",
        value_name = "FILE",
        default_value = "conf/potluck.yaml"
    )]
    config: PathBuf,
    /// Override one setting; may be given several times.
    #[arg(long = "set", global = true, value_name = "SECTION.KEY=VALUE")]
    set: Vec<String>,
    /// Print JSON for programs instead of tables for people.
    #[arg(long, global = true)]
    json: bool,
    /// Manage a relay elsewhere, through its API at this URL, such as `https://relay.example.org`.
    #[arg(long, global = true, env = "POTLUCK_SERVER", value_name = "URL")]
    server: Option<String>,
    /// The token for --server. Others on this machine can see it in the list of processes: rather use --token-file or
    /// the variable.
    #[arg(
        long,
        global = true,
        env = "POTLUCK_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN"
    )]
    token: Option<String>,
    /// A file that holds the token for --server.
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "token")]
    token_file: Option<PathBuf>,
    /// Let passwords and the token go to an http:// --server in clear text. Certificates of https:// are checked all the
    /// same.
    #[arg(long, global = true)]
    insecure: bool,
    /// Certificates, in PEM, of authorities that --server's certificate may be signed by, besides those that this system
    /// trusts.
    #[arg(long, global = true, env = "POTLUCK_CA_FILE", value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// The plug-ins of this program.
    #[arg(skip)]
    plugins: Registry,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write configuration and secrets, make the data folder and the first admin.
    Init(init::InitArgs),
    /// Run the relay until it is told to stop.
    #[command(
        after_help = "Examples:\n  potluck serve\n  potluck serve --config /etc/potluck/potluck.yaml\n  \
                            potluck serve --set listen.address=0.0.0.0:5002"
    )]
    Serve,
    /// Run the relay in front of fake upstreams, in a temporary folder.
    #[command(after_help = "Examples:\n  potluck demo\n  potluck demo --check")]
    Demo(DemoArgs),
    /// Check, show or describe the configuration.
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Make and rotate secrets.
    #[command(subcommand)]
    Secrets(SecretsCommand),
    /// Make and manage client keys (np-…), which members' programs send.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Say how many requests users may send, and how that comes about.
    #[command(subcommand)]
    Limits(limits::LimitsCommand),
    /// Make and manage users, the accounts that keys belong to.
    #[command(subcommand)]
    Users(users::UsersCommand),
    /// Invite people to register.
    #[command(subcommand)]
    Invitations(invitations::InvitationsCommand),
    /// Show and set what counts for the whole relay while it runs: its name, a notice, who may register.
    #[command(subcommand)]
    Settings(settings::SettingsCommand),
    /// Bring and manage pool keys, the upstream credentials that serve everybody.
    #[command(subcommand)]
    Pool(pool::PoolCommand),
    /// Look at upstreams, and at what their answers mean.
    #[command(subcommand)]
    Upstreams(upstreams::UpstreamsCommand),
    /// Add, drain, check and remove nodes, where upstreams are, at run time.
    #[command(subcommand)]
    Nodes(nodes::NodesCommand),
    /// List plug-ins, and what can be set of each.
    #[command(subcommand)]
    Plugins(plugins::PluginsCommand),
    /// Add, assign, check and remove outbound proxies, which upstream connections may leave through.
    #[command(subcommand)]
    Proxies(proxies::ProxiesCommand),
    /// Follow, end and repeat acts on many things at once, and imports.
    #[command(subcommand)]
    Jobs(jobs::JobsCommand),
    /// See what is wrong, who is to blame, and what can be done.
    #[command(subcommand)]
    Findings(findings::FindingsCommand),
    /// Say what happened, and when: starts, changes of how requests are served, findings.
    Marks(marks::MarksArgs),
    /// Say who is told of findings: webhooks.
    #[command(subcommand)]
    Alerts(alerts::AlertsCommand),
    /// Log in to a relay elsewhere, so that later commands with --server need no token.
    ///
    /// Asks for name, password and, where there is one, the code of the second factor. Makes a personal access token and
    /// keeps it in `potluck/logins.json` of your configuration folder, for you alone.
    #[command(
        after_help = "Examples:\n  potluck login --server https://relay.example.org\n  \
        potluck login --server https://relay.example.org --user linh --scopes keys:read,admin --expires 12h"
    )]
    Login(login::LoginArgs),
    /// Revoke the token of `potluck login`, and forget it.
    #[command(after_help = "Examples:\n  potluck logout --server https://relay.example.org")]
    Logout(login::LogoutArgs),
    /// See who you are at --server, and manage what is yours there: client keys, pool keys, usage.
    Me(me::MeArgs),
    /// List, make and revoke personal access tokens of yours at --server.
    #[command(subcommand)]
    Tokens(tokens::TokensCommand),
    /// See who did what, and whether the log of it is whole.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Say what was used: over time, and by model, user, key and so on.
    Usage(usage::UsageArgs),
    /// List requests that are on their way, or those that wait for a pool key.
    Live(live::LiveArgs),
    /// List requests that have ended, the newest first.
    Requests(requests::RequestsArgs),
    /// Say how one request came to its end, and whose doing that was.
    Trace(trace::TraceArgs),
    /// Print the description of the API, OpenAPI 3.1.
    #[command(after_help = "Examples:\n  potluck openapi > openapi.json")]
    Openapi,
    /// Say what the relay is doing.
    #[command(after_help = "Examples:\n  potluck status\n  potluck status --json")]
    Status,
    /// Print completions for a shell.
    #[command(
        after_help = "Examples:\n  potluck completions bash > /etc/bash_completion.d/potluck\n  \
                            potluck completions zsh > ~/.zfunc/_potluck"
    )]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Subcommand)]
enum SecretsCommand {
    /// Print a fresh ENCRYPTION_KEY or ADMIN_TOKEN: 32 random bytes in base64url.
    #[command(after_help = "Examples:\n  potluck secrets generate\n  \
                            ENCRYPTION_KEY=$(potluck secrets generate) potluck serve\n  \
                            echo ADMIN_TOKEN=$(potluck secrets generate) >> conf/secrets.env")]
    Generate,
    /// Have access tokens of logins signed with a new key. Those that the old one signed hold until they end.
    #[command(after_help = "Example:\n  potluck secrets rotate-signing")]
    RotateSigning,
}

/// Runs the program with its arguments, the first of which is its name, and the built-in plug-ins.
#[must_use]
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    run_with(arguments, Registry::default())
}

/// The same with these plug-ins.
#[must_use]
pub fn run_with(arguments: impl IntoIterator<Item = OsString>, plugins: Registry) -> ExitCode {
    let mut cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers too; only their exit code differs.
            let _ = error.print();
            return if error.use_stderr() {
                Exit::Usage.into()
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    cli.options.plugins = plugins;
    match cli.command.run(&cli.options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(cli.options.json),
    }
}

impl Command {
    fn run(self, options: &Options) -> Result<(), Failure> {
        match self {
            Self::Init(arguments) => init::run(&arguments, options),
            Self::Serve => {
                let (config, secrets) = (options.config()?, options.secrets()?);
                crate::serve::run(config, &secrets).map_err(Failure::from_startup)
            }
            Self::Demo(arguments) => {
                crate::demo::run(&arguments, options.json).map_err(Failure::from_startup)
            }
            Self::Config(command) => command.run(options),
            Self::Secrets(command) => command.run(options),
            Self::Keys(command) => options.with_api(async |api| command.run(api, options).await),
            Self::Limits(command) => options.with_api(async |api| command.run(api, options).await),
            Self::Users(command) => options.with_api(async |api| command.run(api, options).await),
            Self::Invitations(command) => options.with_api(async |api| command.run(api, options).await),
            Self::Settings(command) => options.with_api(async |api| command.run(api, options).await),
            Self::Pool(command) => options.with_api(async |api| command.run(api, options).await),
            Self::Upstreams(command) => command.run(options),
            Self::Nodes(command) => options.with_api(async |api| command.run(api, options).await),
            Self::Plugins(command) => command.run(options),
            Self::Proxies(command) => options.with_api(async |api| command.run(api, options).await),
            Self::Jobs(command) => options.with_api(async |api| command.run(api, options).await),
            Self::Findings(command) => options.with_api(async |api| command.run(api, options).await),
            Self::Marks(arguments) => options.with_api(async |api| arguments.run(api, options).await),
            Self::Alerts(command) => options.with_api(async |api| command.run(api, options).await),
            Self::Audit(command) => options.with_api(async |api| command.run(api, options).await),
            Self::Login(arguments) => login::log_in(&arguments, options),
            Self::Logout(arguments) => login::log_out(&arguments, options),
            Self::Me(arguments) => me::run(arguments, options),
            Self::Tokens(command) => command.run(options),
            Self::Usage(arguments) => {
                options.with_api(async |api| usage::run(&arguments, api, options).await)
            }
            Self::Live(arguments) => options.with_api(async |api| live::run(&arguments, api, options).await),
            Self::Requests(arguments) => {
                options.with_api(async |api| requests::run(&arguments, api, options).await)
            }
            Self::Trace(arguments) => {
                options.with_api(async |api| trace::run(&arguments, api, options).await)
            }
            Self::Openapi => {
                print::json(&potluck_admin::document().json());
                Ok(())
            }
            Self::Status => options.with_api(async |api| status::run(api, options).await),
            Self::Completions { shell } => {
                let mut script = Vec::new();
                clap_complete::generate(shell, &mut Cli::command(), "potluck", &mut script);
                print::text(&String::from_utf8_lossy(&script));
                Ok(())
            }
        }
    }
}

impl SecretsCommand {
    fn run(self, options: &Options) -> Result<(), Failure> {
        match self {
            Self::Generate => {
                let key = secrets::fresh_key().map_err(|error| no_randomness(&error))?;
                print::line(key.expose());
                Ok(())
            }
            Self::RotateSigning => options.with_api(async |api| {
                let nothing = serde_json::Value::Null;
                api.post("/manage/v1/signing-keys", &nothing).await?;
                print::line("access tokens are signed with a new key");
                Ok(())
            }),
        }
    }
}

impl Options {
    fn sources(&self) -> Sources {
        // What is no text cannot be a setting; replaced characters make sure that it is refused as one.
        let environment = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))
        });
        Sources {
            file: Some(self.config.clone()),
            environment: environment.collect(),
            flags: self.set.clone(),
            plugins: self.plugins.clone(),
        }
    }

    fn config(&self) -> Result<Config, Failure> {
        Ok(Config::load(&self.sources())?)
    }

    fn secrets(&self) -> Result<Secrets, Failure> {
        Ok(self.secrets_found()?)
    }

    fn secrets_found(&self) -> Result<Secrets, SecretsError> {
        Secrets::find(
            &|name| std::env::var(name).ok(),
            &secrets::file_beside(&self.config),
        )
    }

    /// Does something with the API, running relay or not.
    fn with_api(&self, act: impl AsyncFnOnce(&Api) -> Result<(), Failure>) -> Result<(), Failure> {
        if let Some(server) = &self.server {
            let remote = self.remote(server)?;
            return runtime()?.block_on(act(&Api::Remote(Box::new(remote))));
        }
        let config = self.config()?;
        runtime()?.block_on(async {
            let api = Api::open(&config, || self.secrets()).await?;
            let done = act(&api).await;
            api.close().await;
            done
        })
    }
}

/// One thread is enough for a command.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Failure::new(Exit::Failed, format!("the runtime cannot start: {error}")))
}

fn no_randomness(error: &std::io::Error) -> Failure {
    Failure::new(
        Exit::Failed,
        format!("the operating system gave no random bytes: {error}"),
    )
}
