//! What only a person can say: a yes, and secrets that must not be seen.

use std::io::{BufRead as _, IsTerminal as _, Read as _, Write as _};
use std::path::Path;

use potluck_filters::secret::Secret;
use zeroize::Zeroizing;

use super::exit::{Exit, Failure};

/// More than any list of keys has; keeps a wrong file from filling the memory.
const MOST_INPUT: u64 = 4 << 20;

/// Asks before something that cannot be undone. Without a person to ask it refuses.
pub(super) fn confirm(question: &str, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    agree(question, "--yes")
}

/// Asks for a yes. Without a person to ask it refuses, and says what to give instead.
pub(super) fn agree(question: &str, instead: &str) -> Result<(), Failure> {
    if !std::io::stdin().is_terminal() {
        let message = format!("{question} There is nobody to ask here; give {instead}.");
        return Err(Failure::new(Exit::Usage, message));
    }
    let _ = write!(std::io::stderr(), "{question} [y/N] ");
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" if read.is_ok() => Ok(()),
        _ => Err(Failure::new(Exit::Failed, "nothing was changed")),
    }
}

/// Reads secret text: from a file, from a pipe, or typed without being shown.
pub(super) fn secret(prompt: &str, file: Option<&Path>) -> Result<Secret, Failure> {
    let text = match file {
        Some(path) if path != Path::new("-") => read_file(path)?,
        Some(_) | None if !std::io::stdin().is_terminal() => read_all(std::io::stdin(), "standard input")?,
        Some(_) | None => {
            Zeroizing::new(rpassword::prompt_password(prompt).map_err(|error| {
                Failure::new(Exit::Failed, format!("the terminal cannot be read: {error}"))
            })?)
        }
    };
    Ok(Secret::new(text.as_str()))
}

/// Reads a line that may be seen. Without a person to ask it refuses, and says what to give instead.
pub(super) fn line(prompt: &str, instead: &str) -> Result<String, Failure> {
    if !std::io::stdin().is_terminal() {
        let message = format!("there is nobody to ask here; {instead}");
        return Err(Failure::new(Exit::Usage, message));
    }
    let _ = write!(std::io::stderr(), "{prompt}");
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    read.map_err(|error| Failure::new(Exit::Failed, format!("the terminal cannot be read: {error}")))?;
    Ok(answer.trim().to_owned())
}

fn read_file(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let file = std::fs::File::open(path).map_err(|error| {
        Failure::new(
            Exit::Failed,
            format!("{} cannot be read: {error}", path.display()),
        )
    })?;
    read_all(file, &path.display().to_string())
}

fn read_all(source: impl std::io::Read, name: &str) -> Result<Zeroizing<String>, Failure> {
    let mut text = Zeroizing::new(String::new());
    match source.take(MOST_INPUT + 1).read_to_string(&mut text) {
        Ok(read) if read as u64 > MOST_INPUT => Err(Failure::new(
            Exit::Failed,
            format!("{name} is too long to be keys"),
        )),
        Ok(_) => Ok(text),
        Err(error) => Err(Failure::new(
            Exit::Failed,
            format!("{name} cannot be read: {error}"),
        )),
    }
}
