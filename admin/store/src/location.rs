//! Which database a URL names, and whether a SQLite file there can be opened and written.
//!
//! Invariant: a new file is readable by its owner alone before anything is written into it.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::error::StoreError;

/// A database, by its place.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// A file of this machine.
    Sqlite(PathBuf),
    /// A server, by its whole URL.
    Postgres(String),
}

/// Without the URL of a server, which may carry a password.
impl std::fmt::Debug for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => f.debug_tuple("Sqlite").field(path).finish(),
            Self::Postgres(_) => f.write_str("Postgres(…)"),
        }
    }
}

impl Location {
    /// Reads `sqlite:PATH`, `sqlite://PATH` or a Postgres URL. Query parameters of a SQLite URL are dropped.
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(url: &str) -> Result<Self, StoreError> {
        if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        let path = url.strip_prefix("sqlite:").ok_or(StoreError::Url)?;
        let path = path.strip_prefix("//").unwrap_or(path);
        let path = path.split_once('?').map_or(path, |(path, _)| path);
        // A database in memory would lose every key at the end of the process.
        if path.is_empty() || path == ":memory:" {
            return Err(StoreError::Url);
        }
        Ok(Self::Sqlite(PathBuf::from(path)))
    }

    /// The URL to connect with.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite:{}", escaped(path)),
            Self::Postgres(url) => url.clone(),
        }
    }
}

/// What a path may hold but a URL may not.
fn escaped(path: &Path) -> String {
    path.to_string_lossy()
        .replace('%', "%25")
        .replace('?', "%3F")
        .replace('#', "%23")
        .replace(' ', "%20")
}

/// Makes sure that a SQLite file is there, is one, and can be written.
pub(crate) fn prepare(path: &Path) -> Result<(), StoreError> {
    match fs::metadata(path) {
        Ok(found) if !found.is_file() => return Err(StoreError::NotAFile(path.to_owned())),
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => check_folder(path)?,
        Err(why) => {
            return Err(StoreError::File {
                path: path.to_owned(),
                why,
            });
        }
    }
    let opened = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path);
    let mut file = opened.map_err(|why| StoreError::File {
        path: path.to_owned(),
        why,
    })?;
    check_header(path, &mut file)
}

fn check_folder(path: &Path) -> Result<(), StoreError> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    if folder.is_dir() {
        Ok(())
    } else {
        Err(StoreError::NoFolder(folder.to_owned()))
    }
}

/// The first bytes of every SQLite database, <https://www.sqlite.org/fileformat.html>. An empty file is one too.
const HEADER: &[u8; 16] = b"SQLite format 3\0";

fn check_header(path: &Path, file: &mut File) -> Result<(), StoreError> {
    let mut header = Vec::with_capacity(HEADER.len());
    let read = file.take(HEADER.len() as u64).read_to_end(&mut header);
    read.map_err(|why| StoreError::File {
        path: path.to_owned(),
        why,
    })?;
    if header.is_empty() || header == HEADER {
        Ok(())
    } else {
        Err(StoreError::NotADatabase(path.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_name_a_file_or_a_server() {
        for (url, path) in [
            ("sqlite:data/potluck.db", "data/potluck.db"),
            ("sqlite://data/potluck.db", "data/potluck.db"),
            ("sqlite:///var/lib/p.db?mode=rwc", "/var/lib/p.db"),
        ] {
            assert_eq!(
                Location::parse(url).unwrap(),
                Location::Sqlite(path.into()),
                "{url}"
            );
        }
        assert!(matches!(
            Location::parse("postgres://u:p@h/d").unwrap(),
            Location::Postgres(_)
        ));
    }

    #[test]
    fn anything_else_is_refused_with_an_example() {
        for url in ["", "mysql://h/d", "sqlite:", "sqlite::memory:", "data/potluck.db"] {
            let error = Location::parse(url).unwrap_err().to_string();
            assert!(error.contains("sqlite:data/potluck.db"), "{url}: {error}");
        }
    }

    #[test]
    fn a_servers_password_is_not_shown() {
        let location = Location::parse("postgres://u:hunter2@h/d").unwrap();
        assert!(!format!("{location:?}").contains("hunter2"));
    }
}
