//! The folder of the files: this process's own, and what earlier ones left.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::file::{FileError, SpoolFile};
use super::{Settings, Status};

/// How a file's name ends.
const ENDING: &str = "redb";
/// And that of one that could not be read.
const BROKEN: &str = "broken";

/// The folder.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    edge: Arc<str>,
    epoch: i64,
    own: PathBuf,
}

impl Folder {
    /// Makes it where there is none.
    pub(super) fn open(settings: &Settings) -> Result<Self, FileError> {
        let path = settings.folder.clone();
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&path);
        made.map_err(|source| io(&path, source))?;
        Ok(Self {
            // Sorted by name, files are sorted by their epoch.
            own: path.join(format!("{:016x}.{ENDING}", settings.epoch)),
            path,
            edge: Arc::clone(&settings.edge),
            epoch: settings.epoch,
        })
    }

    /// This process's own file, new.
    pub(super) fn begin(&self) -> Result<SpoolFile, FileError> {
        SpoolFile::create(&self.own, &self.edge, self.epoch)
    }

    /// What earlier processes left, the oldest first.
    pub(super) fn orphans(&self) -> Result<Vec<PathBuf>, FileError> {
        let mut files = files(&self.path)?;
        files.retain(|path| *path != self.own);
        Ok(files)
    }
}

/// The spools in a folder, the oldest first.
pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>, FileError> {
    let entries = std::fs::read_dir(folder).map_err(|source| io(folder, source))?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let is_one = |path: &PathBuf| path.extension().is_some_and(|ending| ending == ENDING);
    let mut files: Vec<PathBuf> = paths.filter(is_one).collect();
    files.sort_unstable();
    Ok(files)
}

/// Bytes of these files.
pub(super) fn size_of(files: &[PathBuf]) -> u64 {
    let size = |path: &PathBuf| std::fs::metadata(path).map_or(0, |found| found.len());
    files.iter().map(size).sum()
}

/// Removes a file of which nothing is needed any more.
pub(super) fn remove(path: &Path) {
    if let Err(error) = std::fs::remove_file(path) {
        tracing::warn!(path = %path.display(), %error, "a spool of usage that was sent on cannot be removed");
    }
}

/// Keeps a file that cannot be read for whoever looks into it, out of the way.
pub(super) fn set_aside(path: &Path, why: &dyn std::fmt::Display, status: &Status) {
    status.set_aside();
    let aside = path.with_extension(BROKEN);
    let moved = std::fs::rename(path, &aside);
    let whereto = moved.map_or_else(|error| error.to_string(), |()| aside.display().to_string());
    tracing::error!(
        file = %path.display(), whereto, %why,
        "a spool of usage cannot be read to its end and is set aside; requests may be missing in the books"
    );
}

fn io(path: &Path, source: std::io::Error) -> FileError {
    FileError::Io {
        path: path.to_owned(),
        source,
    }
}
