//! The data folder's lock: one process at a time works on a database.
//!
//! The lock belongs to the open file, so it ends with the process, however that ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use super::exit::{Exit, Failure};

/// Held for as long as the data folder is worked on.
#[derive(Debug)]
pub struct DataLock {
    _file: File,
}

impl DataLock {
    /// Takes the lock of a data folder, or says who has it.
    ///
    /// # Errors
    /// When another process has it, or the folder does not exist or cannot be written.
    pub fn take(data: &Path) -> Result<Self, Failure> {
        let path = data.join("lock");
        let unusable = |error: std::io::Error| {
            let hint = if data.is_dir() {
                "check its owner and mode"
            } else {
                "`potluck init` makes it"
            };
            let message = format!(
                "the data folder {} cannot be used: {error}; {hint}",
                data.display()
            );
            Failure::new(Exit::Unavailable, message)
        };
        let options = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path);
        let mut file = options.map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(taken(data, &mut file)),
            Err(TryLockError::Error(error)) => return Err(unusable(error)),
        }
        // The number is only for the message of whoever comes second.
        let written = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()));
        written.map_err(unusable)?;
        Ok(Self { _file: file })
    }
}

fn taken(data: &Path, file: &mut File) -> Failure {
    let mut holder = String::new();
    let _ = file.read_to_string(&mut holder);
    let holder = match holder.trim() {
        "" => String::new(),
        process => format!(" (process {process})"),
    };
    let message = format!(
        "the data folder {} is in use by another potluck{holder}; stop it, or set `data` to another folder",
        data.display()
    );
    Failure::new(Exit::Unavailable, message)
}

/// Makes the data folder for its owner alone. One that exists stays as it is.
pub(super) fn make_folder(data: &Path) -> Result<(), Failure> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data)
        .map_err(|error| {
            Failure::new(
                Exit::Failed,
                format!("the data folder {} cannot be made: {error}", data.display()),
            )
        })
}
