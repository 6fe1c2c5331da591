//! `potluck proxies`: outbound proxies, and who leaves through them. A password is read from standard input, a file
//! or the terminal, never from the arguments, which other users of the machine can see and shells remember.

mod assign;
mod change;
mod check;
mod replay;
mod show;

use clap::{Args, Subcommand};

use self::assign::AssignArgs;
use self::change::{AddArgs, EditArgs};
use self::replay::ReplayArgs;
use super::Options;
use super::api::Api;
use super::exit::Failure;
use super::history::{self, Span};
use super::list;

const PATH: &str = "/manage/v1/outbound-proxies";

/// See the help of each.
#[derive(Debug, Subcommand)]
pub(super) enum ProxiesCommand {
    /// Add an outbound proxy. Nobody leaves through it before `potluck proxies assign`.
    #[command(
        after_help = "Examples:\n  potluck proxies add paris socks5://proxy.example.org:1080\n  \
        potluck proxies add paris socks5://proxy.example.org:1080 --username relay      (asks for the password)\n  \
        potluck proxies add rome http://192.0.2.7:3128 --username relay --file password.txt\n  \
        potluck proxies add tor socks5://127.0.0.1:9050 < /dev/null\n\n\
        socks5:// leaves the looking up of names to the proxy. http:// is HTTP CONNECT, for https:// targets too."
    )]
    Add(AddArgs),
    /// List outbound proxies, who leaves through them, and how they fare.
    #[command(after_help = "Examples:\n  potluck proxies list\n  potluck proxies list --json")]
    List,
    /// Show one outbound proxy with what happened to it lately, without its login.
    #[command(after_help = "Examples:\n  potluck proxies show paris\n  potluck proxies show paris --json")]
    Show(Which),
    /// Change an outbound proxy. Takes effect with the next connection.
    ///
    /// A login is bound to the host and port that it was given for: with another --url it must be given again.
    #[command(after_help = "Examples:\n  potluck proxies edit paris --disable\n  \
        potluck proxies edit paris --username relay < new-password.txt\n  \
        potluck proxies edit paris --url socks5://other.example.org:1080 --no-login\n  \
        potluck proxies edit paris --rename lyon")]
    Edit(EditArgs),
    /// Take an outbound proxy out for ever and delete its login. Refused while somebody leaves through it.
    #[command(after_help = "Examples:\n  potluck proxies remove paris\n  potluck proxies remove paris --yes")]
    Remove {
        #[command(flatten)]
        which: Which,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Have an outbound proxy probed now, for each upstream that leaves through it. Fails when it is not well.
    #[command(after_help = "Examples:\n  potluck proxies check paris\n  potluck proxies check paris --json")]
    Check(Which),
    /// Show how it fared: a strip of its states, and what changed when, by whose doing and why.
    #[command(
        after_help = "Examples:\n  potluck proxies history paris\n  potluck proxies history paris --range 7d --json"
    )]
    History {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        span: Span,
    },
    /// Say what other settings would have made of what happened in the last day.
    #[command(after_help = replay::EXAMPLES)]
    Replay(ReplayArgs),
    /// Show or set through which outbound proxies an upstream's or a pool key's requests leave.
    #[command(after_help = assign::EXAMPLES)]
    Assign(AssignArgs),
}

/// Which one.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// Its name or id.
    proxy: String,
}

impl Which {
    async fn path(&self, api: &Api) -> Result<String, Failure> {
        let id = list::id(api, PATH, "outbound proxy", "name", &self.proxy).await?;
        Ok(format!("{PATH}/{id}"))
    }
}

impl ProxiesCommand {
    pub(super) async fn run(self, api: &Api, options: &Options) -> Result<(), Failure> {
        match self {
            Self::Add(arguments) => change::add(arguments, api, options).await,
            Self::List => show::all(api, options).await,
            Self::Show(which) => show::one(api.get(&which.path(api).await?).await?, options),
            Self::Edit(arguments) => change::edit(arguments, api, options).await,
            Self::Remove { which, yes } => change::remove(&which, yes, api, options).await,
            Self::Check(which) => check::run(&which, api, options).await,
            Self::History { which, span } => {
                history::show(&which.path(api).await?, &span, api, options).await
            }
            Self::Replay(arguments) => replay::run(arguments, api, options).await,
            Self::Assign(arguments) => assign::run(arguments, api, options).await,
        }
    }
}
