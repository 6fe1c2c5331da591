//! A program of one's own: the whole of `potluck`, with plug-ins added.

use std::process::ExitCode;

use crate::cli::{self, Exit, Failure};
use crate::plugin::{Plugin, Registry, RegistryError};

/// What `main` of such a program makes.
///
/// ```no_run
/// # use potluck::plugin::{Plugin, RouteFacts, Slip};
/// # #[derive(serde::Deserialize, schemars::JsonSchema)]
/// # struct Settings {}
/// struct Nothing;
///
/// impl Plugin for Nothing {
///     const NAME: &'static str = "nothing";
///     const ABOUT: &'static str = "Does nothing.";
///     type Settings = Settings;
///     type State = ();
///
///     fn new(Settings {}: Settings, _: &RouteFacts) -> Result<Self, Vec<Slip>> {
///         Ok(Self)
///     }
/// }
///
/// fn main() -> std::process::ExitCode {
///     potluck::App::new().plugin::<Nothing>().run()
/// }
/// ```
#[derive(Debug)]
pub struct App {
    plugins: Result<Registry, RegistryError>,
}

impl Default for App {
    fn default() -> Self {
        Self::new()
    }
}

impl App {
    /// With the built-in plug-ins.
    #[must_use]
    pub fn new() -> Self {
        Self {
            plugins: Ok(Registry::default()),
        }
    }

    /// With one more. One whose name is taken or cannot be written is told of when the program runs.
    #[must_use]
    pub fn plugin<P: Plugin>(self) -> Self {
        Self {
            plugins: self.plugins.and_then(Registry::with::<P>),
        }
    }

    /// Runs the command line with the process's arguments.
    #[must_use]
    pub fn run(self) -> ExitCode {
        match self.plugins {
            Ok(plugins) => cli::run_with(std::env::args_os(), plugins),
            Err(error) => Failure::new(Exit::Usage, error.to_string()).report(false),
        }
    }
}
