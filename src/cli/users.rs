//! `potluck users`: accounts.

mod bulk;
mod change;
mod show;

use clap::{Args, Subcommand, ValueEnum};
use potluck_admin::api::{Registration, UserRole};

use super::Options;
use super::api::Api;
use super::exit::Failure;
use super::list;
use crate::config::Period;
use bulk::BulkArgs;

const PATH: &str = "/manage/v1/users";

/// See the help of each.
#[derive(Debug, Subcommand)]
pub(super) enum UsersCommand {
    /// List users.
    #[command(
        after_help = "Examples:\n  potluck users list\n  potluck users list --role admin\n  \
        potluck users list --name lin --disabled --json"
    )]
    List(ListArgs),
    /// Show one user.
    #[command(after_help = "Examples:\n  potluck users show linh\n  potluck users show 12 --json")]
    Show(Which),
    /// Make a user. With a password they can log in; without one, `users reset-password` lets them set it.
    #[command(
        after_help = "Examples:\n  potluck users add linh --password-stdin < password.txt\n  \
        potluck users add linh && potluck users reset-password linh\n  potluck users add ops --role admin"
    )]
    Add(AddArgs),
    /// Change a user's name or role; takes effect at once.
    #[command(
        after_help = "Examples:\n  potluck users edit linh --role admin\n  potluck users edit 12 --name linh2"
    )]
    Edit(EditArgs),
    /// Let a disabled user in again.
    #[command(after_help = "Example:\n  potluck users enable linh")]
    Enable(Which),
    /// Keep a user out: their keys are refused, and their sessions end.
    #[command(after_help = "Example:\n  potluck users disable linh")]
    Disable(Which),
    /// Disable or enable many users. Shows what that would do, asks, and waits for its end.
    #[command(after_help = "Examples:\n  potluck users bulk disable --name class-\n  \
        potluck users bulk enable --ids 3,4,9 --yes")]
    Bulk(BulkArgs),
    /// Delete an account for ever: client keys are revoked, pool keys withdrawn, all else of it is gone.
    #[command(after_help = "Examples:\n  potluck users delete linh\n  potluck users delete 12 --yes")]
    Delete(Final),
    /// Give a user leave to set a new password. The leave is printed once, alone on standard output.
    #[command(after_help = "Examples:\n  potluck users reset-password linh\n  \
        potluck users reset-password linh --expires 1h")]
    ResetPassword {
        #[command(flatten)]
        which: Which,
        /// For how long the leave holds: 1m to 7d.
        #[arg(long, value_name = "TIME", default_value = "1d")]
        expires: Period,
    },
    /// Take a user's second factor away, where phone and recovery codes are lost.
    #[command(
        after_help = "Examples:\n  potluck users reset-totp linh\n  potluck users reset-totp linh --yes"
    )]
    ResetTotp(Final),
    /// Set who may register: everybody, whoever was invited, or nobody.
    #[command(
        after_help = "Examples:\n  potluck users registration open\n  potluck users registration invitation"
    )]
    Registration {
        /// Who may.
        mode: ModeName,
    },
    /// List a user's sessions, or end them all.
    #[command(after_help = "Examples:\n  potluck users sessions linh\n  potluck users sessions linh --end")]
    Sessions {
        #[command(flatten)]
        which: Which,
        /// End them all.
        #[arg(long)]
        end: bool,
    },
}

/// One user.
#[derive(Clone, Debug, Args)]
pub(super) struct Which {
    /// Their id or name.
    user: String,
}

impl Which {
    async fn path(&self, api: &Api) -> Result<String, Failure> {
        Ok(format!(
            "{PATH}/{}",
            list::id(api, PATH, "user", "name", &self.user).await?
        ))
    }
}

/// One user, and no way back.
#[derive(Clone, Debug, Args)]
pub(super) struct Final {
    #[command(flatten)]
    which: Which,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Only those whose name has this part.
    #[arg(long, value_name = "PART")]
    name: Option<String>,
    /// Only those of this role.
    #[arg(long)]
    role: Option<RoleName>,
    /// Only those who are switched on.
    #[arg(long, conflicts_with = "disabled")]
    enabled: bool,
    /// Only those who are switched off.
    #[arg(long)]
    disabled: bool,
}

#[derive(Debug, Args)]
pub(super) struct AddArgs {
    /// Their name: 1 to 64 of a-z, 0-9 and . _ @ + -
    name: String,
    /// What they may do.
    #[arg(long, default_value = "user")]
    role: RoleName,
    /// Read their password from standard input.
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Debug, Args)]
pub(super) struct EditArgs {
    #[command(flatten)]
    which: Which,
    /// A new name.
    #[arg(long)]
    name: Option<String>,
    /// What they may do.
    #[arg(long)]
    role: Option<RoleName>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum ModeName {
    /// Everybody.
    Open,
    /// Whoever was invited.
    Invitation,
    /// Nobody; admins make accounts.
    Closed,
}

impl From<ModeName> for Registration {
    fn from(name: ModeName) -> Self {
        match name {
            ModeName::Open => Self::Open,
            ModeName::Invitation => Self::Invitation,
            ModeName::Closed => Self::Closed,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RoleName {
    /// Their own keys.
    User,
    /// Everything.
    Admin,
}

impl From<RoleName> for UserRole {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::User => Self::User,
            RoleName::Admin => Self::Admin,
        }
    }
}

impl UsersCommand {
    pub(super) async fn run(self, api: &Api, options: &Options) -> Result<(), Failure> {
        match self {
            Self::List(arguments) => show::all(&arguments, api, options).await,
            Self::Show(which) => show::one(api.get(&which.path(api).await?).await?, options),
            Self::Add(arguments) => change::add(arguments, api, options).await,
            Self::Edit(arguments) => change::edit(arguments, api, options).await,
            Self::Enable(which) => change::switch(&which, true, api, options).await,
            Self::Disable(which) => change::switch(&which, false, api, options).await,
            Self::Bulk(arguments) => bulk::run(arguments, api, options).await,
            Self::Delete(arguments) => change::delete(&arguments, api, options).await,
            Self::ResetPassword { which, expires } => {
                change::reset_password(&which, expires, api, options).await
            }
            Self::Registration { mode } => change::registration(mode.into(), api, options).await,
            Self::ResetTotp(arguments) => change::reset_totp(&arguments, api, options).await,
            Self::Sessions { which, end } => sessions(&which, end, api, options).await,
        }
    }
}

async fn sessions(which: &Which, end: bool, api: &Api, options: &Options) -> Result<(), Failure> {
    if end {
        change::end_sessions(which, api, options).await
    } else {
        show::sessions(which, api, options).await
    }
}
