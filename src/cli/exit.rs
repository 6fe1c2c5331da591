//! How a command ends: documented exit codes, and one message with the way out.

use std::fmt;
use std::process::ExitCode;

use serde_json::json;

use super::print;
use crate::config::Problems;
use crate::secrets::SecretsError;

/// Shown under `potluck --help`.
pub(super) const HELP: &str = "\
Exit codes:
  0   done
  1   failed, or refused by the relay
  2   the command was not written right, or needs --yes
  64  the configuration or the secrets are not right
  69  the relay or its database cannot be reached, or the data folder is in use

Start here:
  potluck init                  write configuration and secrets, make the first admin
  potluck serve                 run the relay
  potluck pool add novelai      bring an upstream key (read from standard input)
  potluck keys create           make a client key
  potluck demo                  try it without any of this";

/// What the caller's shell sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Something did not work, or the API said no.
    Failed,
    /// The command line itself is wrong.
    Usage,
    /// Configuration or secrets are not right (`EX_USAGE` of sysexits.h).
    Config,
    /// Relay, database or data folder cannot be used now (`EX_UNAVAILABLE`).
    Unavailable,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(u8::from(exit))
    }
}

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    message: String,
    /// Each by itself, where there are several.
    problems: Vec<String>,
}

impl Failure {
    /// A failure with its message, which says what to do.
    #[must_use]
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            problems: Vec::new(),
        }
    }

    /// From a server that did not start or broke off. A failure inside keeps its own exit code.
    pub(super) fn from_startup(error: anyhow::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(failure) => failure,
            Err(error) => Self::new(Exit::Failed, format!("{error:#}")),
        }
    }

    pub(crate) fn report(&self, as_json: bool) -> ExitCode {
        if as_json {
            let code = u8::from(self.exit);
            let error =
                json!({ "error": { "exit": code, "message": self.message, "problems": self.problems } });
            print::note(&error.to_string());
        } else {
            self.problems.iter().for_each(|problem| print::note(problem));
            print::note(&format!("potluck: {}", self.message));
        }
        self.exit.into()
    }
}

impl From<Exit> for u8 {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Config => 64,
            Exit::Unavailable => 69,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        let count = problems.0.len();
        let s = if count == 1 { "" } else { "s" };
        let message = format!("{count} problem{s} in the configuration; nothing was started");
        let problems = problems.0.iter().map(ToString::to_string).collect();
        Self {
            exit: Exit::Config,
            message,
            problems,
        }
    }
}

impl From<SecretsError> for Failure {
    fn from(error: SecretsError) -> Self {
        Self::new(Exit::Config, error.to_string())
    }
}
