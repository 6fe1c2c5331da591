//! `potluck nodes`: where upstreams are, changed while the relay runs or not.

mod change;
mod check;
mod grant;
mod show;

use clap::{Args, Subcommand};

use self::change::{AddArgs, EditArgs};
use self::grant::GrantArgs;
use super::Options;
use super::api::Api;
use super::exit::Failure;
use super::history::{self, Span};
use super::list::segment;

/// See the help of each.
#[derive(Debug, Subcommand)]
pub(super) enum NodesCommand {
    /// List nodes: configured ones, and those that were added at run time.
    #[command(
        after_help = "Examples:\n  potluck nodes list\n  potluck nodes list gpu\n  potluck nodes list --json"
    )]
    List {
        /// Only those of this upstream.
        upstream: Option<String>,
    },
    /// Show one node with all that is known of it.
    #[command(
        after_help = "Examples:\n  potluck nodes show gpu gpu-2\n  potluck nodes show gpu gpu-2 --json"
    )]
    Show(Which),
    /// Add a node. It serves at once; pool keys go there only after `potluck nodes grant`.
    #[command(
        after_help = "Examples:\n  potluck nodes add gpu gpu-2 https://gpu2.example.org\n  \
        potluck nodes add gpu gpu-3 http://10.1.2.3:8000 --http h1 --metadata card=A100 --metadata room=7\n  \
        potluck nodes add novelai image-2 https://image2.example.org --role image\n\n\
        http:// needs `allow_plaintext: true` at the upstream, private addresses its `private_networks`."
    )]
    Add(AddArgs),
    /// Change what is noted about a node.
    #[command(
        after_help = "Examples:\n  potluck nodes edit gpu gpu-2 --metadata card=H100\n  \
        potluck nodes edit gpu gpu-2 --metadata room=          (takes that note away)"
    )]
    Edit(EditArgs),
    /// Take a node out. Its running requests end as they would have; a configured node can be resumed.
    #[command(
        after_help = "Examples:\n  potluck nodes remove gpu gpu-2\n  potluck nodes remove gpu gpu-2 --yes"
    )]
    Remove {
        #[command(flatten)]
        which: Which,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Give a node no new requests, until `nodes resume`.
    #[command(after_help = "Examples:\n  potluck nodes drain gpu gpu-2")]
    Drain(Which),
    /// Give a node new requests again: one that was drained, or a configured one that was taken out.
    #[command(after_help = "Examples:\n  potluck nodes resume gpu gpu-2")]
    Resume(Which),
    /// Have the policy `active-first` prefer a node.
    #[command(after_help = "Examples:\n  potluck nodes activate gpu gpu-2\n  \
        potluck nodes activate gpu --none       (the first one again)\n  \
        potluck upstreams policy gpu active-first")]
    Activate {
        /// The upstream's name.
        upstream: String,
        /// The node's name.
        #[arg(required_unless_present = "none")]
        node: Option<String>,
        /// No node is preferred: the first one comes first.
        #[arg(long, conflicts_with = "node")]
        none: bool,
    },
    /// Check a node now, and wait for what is found. Fails when it is not well.
    #[command(
        after_help = "Examples:\n  potluck nodes check gpu gpu-2\n  potluck nodes check gpu gpu-2 --json"
    )]
    Check(Which),
    /// Show how it fared: a strip of its states, and what changed when, by whose doing and why.
    #[command(
        after_help = "Examples:\n  potluck nodes history gpu gpu-2\n  potluck nodes history gpu gpu-2 --range 7d --json"
    )]
    History {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        span: Span,
    },
    /// Let pool keys go to a node's host: the operators' own ones, or one whose contributor agreed.
    ///
    /// A pool key goes only to the hosts that were there when it was brought. Keys that others brought are never
    /// part of a grant to all; each needs its contributor's word.
    #[command(after_help = "Examples:\n  potluck nodes grant vercel second\n  \
        potluck nodes grant vercel second --key 12      (its contributor agreed)")]
    Grant(GrantArgs),
}

/// One node.
#[derive(Clone, Debug, Args)]
pub(super) struct Which {
    /// The upstream's name; `potluck upstreams list` shows them.
    upstream: String,
    /// The node's name; `potluck nodes list` shows them.
    node: String,
}

impl Which {
    fn path(&self) -> Result<String, Failure> {
        let node = segment("node", "nodes", &self.node)?;
        Ok(format!("{}/{node}", all(&self.upstream)?))
    }
}

/// The path of an upstream's nodes.
fn all(upstream: &str) -> Result<String, Failure> {
    let upstream = segment("upstream", "upstreams", upstream)?;
    Ok(format!("/manage/v1/upstreams/{upstream}/nodes"))
}

impl NodesCommand {
    pub(super) async fn run(self, api: &Api, options: &Options) -> Result<(), Failure> {
        match self {
            Self::List { upstream } => show::list(upstream.as_deref(), api, options).await,
            Self::Show(which) => show::one(api.get(&which.path()?).await?, options),
            Self::Add(arguments) => change::add(arguments, api, options).await,
            Self::Edit(arguments) => change::edit(arguments, api, options).await,
            Self::Remove { which, yes } => change::remove(&which, yes, api, options).await,
            Self::Drain(which) => change::switch(&which, "draining", api, options).await,
            Self::Resume(which) => change::switch(&which, "active", api, options).await,
            Self::Activate { upstream, node, .. } => change::prefer(upstream, node, api, options).await,
            Self::Check(which) => check::run(&which, api, options).await,
            Self::History { which, span } => history::show(&which.path()?, &span, api, options).await,
            Self::Grant(arguments) => grant::run(&arguments, api, options).await,
        }
    }
}
