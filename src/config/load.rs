//! From file, environment and flags to a configuration that holds, or to everything wrong with it.
//!
//! Order: flags over environment over file over defaults.

use std::fmt;
use std::path::{Path as FilePath, PathBuf};

use serde_json::Value;

use super::origins::Origins;
use super::overlay::{self, Setting};
use super::path::Path;
use super::problem::{Fault, Place, Problem};
use super::schema::schema_with;
use super::tree::Tree;
use super::{Config, check, node_variables, read, trust, yaml};
use crate::plugin::Registry;

/// Where settings come from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The file; `None` for the built-in configuration.
    pub file: Option<PathBuf>,
    /// The process's variables; those that are no settings are passed over.
    pub environment: Vec<(String, String)>,
    /// Each `section.key=value`.
    pub flags: Vec<String>,
    /// The plug-ins that routes may name.
    pub plugins: Registry,
}

/// Everything that is wrong, one line each.
#[derive(Debug, thiserror::Error)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.0 {
            writeln!(f, "{problem}")?;
        }
        let count = self.0.len();
        write!(
            f,
            "{count} problem{} in the configuration",
            if count == 1 { "" } else { "s" }
        )
    }
}

impl Config {
    /// Reads all sources.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn load(sources: &Sources) -> Result<Self, Problems> {
        let written = sources
            .file
            .as_deref()
            .map_or(Ok(None), |file| read_file(file).map(Some))?;
        let name = sources
            .file
            .as_ref()
            .map(|file| file.display().to_string())
            .unwrap_or_default();
        let text = written.as_deref().unwrap_or_default();
        let overlaid = (&*sources.environment, &*sources.flags);
        Self::parse_with(&sources.plugins, &name, text, overlaid)
    }

    /// Reads one text with settings laid over it, and with the built-in plug-ins. `name` is how the text is called
    /// in problems.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn parse(
        name: &str,
        text: &str,
        environment: &[(String, String)],
        flags: &[String],
    ) -> Result<Self, Problems> {
        Self::parse_with(&Registry::default(), name, text, (environment, flags))
    }

    fn parse_with(
        plugins: &Registry,
        name: &str,
        text: &str,
        (environment, flags): (&[(String, String)], &[String]),
    ) -> Result<Self, Problems> {
        let mut tree = yaml::parse(name, text).map_err(Problems)?;
        let (schema, mut problems) = (schema_with(plugins), Vec::new());
        lay_over(&mut tree, &schema, environment, flags, &mut problems);
        node_variables::append(&mut tree, environment, &mut problems);
        let reading = read::read(&tree, &schema);
        problems.extend(reading.problems);
        match serde_json::from_value::<Self>(reading.value) {
            Ok(mut config) => {
                config.registry = plugins.clone();
                config.origins = Origins::of(&tree);
                problems.extend(trust::apply(&mut config, environment));
                let faults = check::check(&config);
                problems.extend(located(faults, &tree, &problems, &reading.left_out));
                if problems.is_empty() {
                    Ok(config)
                } else {
                    Err(Problems(in_order(problems)))
                }
            }
            Err(error) => {
                let message = format!("does not fit together: {error}");
                problems.push(Problem {
                    place: tree.place,
                    path: Path::default(),
                    message,
                });
                Err(Problems(in_order(problems)))
            }
        }
    }

    /// The broken rules of a configuration that was made in the program, without places.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let placed = |fault: Fault| Problem {
            place: Place::Default,
            path: fault.path,
            message: fault.message,
        };
        check::check(self).into_iter().map(placed).collect()
    }
}

fn read_file(file: &FilePath) -> Result<String, Problems> {
    std::fs::read_to_string(file).map_err(|error| {
        let message = match error.kind() {
            std::io::ErrorKind::NotFound => {
                "there is no such file; `potluck init` writes one, `--config FILE` names another".to_owned()
            }
            std::io::ErrorKind::InvalidData => "this is not UTF-8 text".to_owned(),
            _ => format!("cannot be read: {error}"),
        };
        let place = Place::Named(file.display().to_string().into());
        Problems(vec![Problem {
            place,
            path: Path::default(),
            message,
        }])
    })
}

fn lay_over(
    tree: &mut Tree,
    schema: &Value,
    environment: &[(String, String)],
    flags: &[String],
    problems: &mut Vec<Problem>,
) {
    let defaults = serde_json::to_value(Config::default()).unwrap_or_default();
    let flags: Vec<Result<Setting, Problem>> = flags.iter().map(|flag| overlay::from_flag(flag)).collect();
    let settings = overlay::from_environment(environment.iter().cloned())
        .into_iter()
        .map(Ok)
        .chain(flags);
    for setting in settings {
        let laid = setting.and_then(|setting| overlay::apply(tree, &setting, schema, &defaults));
        problems.extend(laid.err());
    }
}

/// Faults with their places, without those that only follow from a problem already reported.
fn located(faults: Vec<Fault>, tree: &Tree, reported: &[Problem], left_out: &[Path]) -> Vec<Problem> {
    let known = |path: &Path| {
        reported
            .iter()
            .any(|problem| !problem.path.steps().is_empty() && problem.path.touches(path))
    };
    faults
        .into_iter()
        .map(|fault| (fault.path.as_written(left_out), fault))
        .filter(|(path, fault)| !known(path) && !fault.rests_on.as_ref().is_some_and(known))
        .map(|(path, fault)| Problem {
            place: tree.place_of(&path).clone(),
            path,
            message: fault.message,
        })
        .collect()
}

/// From the top of the file to its end, then what was not in the file.
fn in_order(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.sort_by_key(|problem| match &problem.place {
        Place::File { line, column, .. } => (0, *line, *column),
        Place::Named(_) => (1, 0, 0),
        Place::Default => (2, 0, 0),
    });
    problems
}
