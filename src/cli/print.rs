//! Standard output for answers, standard error for notes. A reader that went away is no failure.

use std::io::Write as _;

/// One line of answer.
pub(super) fn line(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// An answer that has its own line ends.
pub(super) fn text(text: &str) {
    let _ = write!(std::io::stdout(), "{text}");
}

/// A piece of a long answer. An error says that nobody reads it any more.
pub(super) fn piece(bytes: &[u8]) -> std::io::Result<()> {
    std::io::stdout().write_all(bytes)
}

/// An answer for programs.
pub(super) fn json(value: &serde_json::Value) {
    line(&format!("{value:#}"));
}

/// Something for people beside the answer.
pub(super) fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
