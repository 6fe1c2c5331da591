//! Log lines in files: one that is written, and a number of full ones.
//!
//! Invariant: a line is whole in one file. A file that cannot be written or renamed costs lines, never the relay.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::DateTime;

use crate::clock::unix_ms;

/// The file that is written. Full ones are called `potluck-20260131T235959.123.log`, by the time of their end.
const CURRENT: &str = "potluck.log";
const FULL: (&str, &str) = ("potluck-", ".log");

/// When a file is full, and how many full ones are kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) size: u64,
    pub(super) age: Duration,
    pub(super) kept: usize,
}

/// The folder, with one file open.
#[derive(Debug)]
pub(super) struct Files {
    folder: PathBuf,
    bounds: Bounds,
    file: File,
    size: u64,
    /// When its first line was written, in milliseconds since the Unix epoch.
    begun: i64,
}

impl Files {
    /// Goes on with the file that is there.
    ///
    /// # Errors
    /// When the folder or the file cannot be made.
    pub(super) fn open(folder: &Path, bounds: Bounds, now: i64) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let (file, size) = current(folder)?;
        let made = file.metadata()?.created().ok();
        let made = made.and_then(|made| made.duration_since(std::time::UNIX_EPOCH).ok());
        let made = made.and_then(|since| i64::try_from(since.as_millis()).ok());
        Ok(Self {
            folder: folder.to_owned(),
            bounds,
            file,
            size,
            begun: made.filter(|_| size > 0).unwrap_or(now),
        })
    }

    /// Writes one line, in another file if this one is full.
    fn put(&mut self, line: &[u8], now: i64) -> io::Result<()> {
        let size = self.size + line.len() as u64;
        let age = Duration::from_millis(u64::try_from(now.saturating_sub(self.begun)).unwrap_or(0));
        if self.size > 0 && (size > self.bounds.size || age >= self.bounds.age) {
            self.turn(now)?;
        }
        self.file.write_all(line)?;
        self.size += line.len() as u64;
        Ok(())
    }

    fn turn(&mut self, now: i64) -> io::Result<()> {
        let at = DateTime::from_timestamp_millis(now).unwrap_or_default();
        let (before, after) = FULL;
        let name = format!("{before}{}{after}", at.format("%Y%m%dT%H%M%S%.3f"));
        fs::rename(self.folder.join(CURRENT), self.folder.join(name))?;
        (self.file, self.size) = current(&self.folder)?;
        self.begun = now;
        self.remove_old()
    }

    fn remove_old(&self) -> io::Result<()> {
        let mut full: Vec<_> = fs::read_dir(&self.folder)?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| is_full(path))
            .collect();
        // Their names are in the order of time.
        full.sort_unstable();
        let surplus = full.len().saturating_sub(self.bounds.kept);
        full.iter().take(surplus).try_for_each(fs::remove_file)
    }
}

fn current(folder: &Path) -> io::Result<(File, u64)> {
    let file = OpenOptions::new()
        .append(true)
        .create(true)
        .open(folder.join(CURRENT))?;
    let size = file.metadata()?.len();
    Ok((file, size))
}

fn is_full(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| name.starts_with(FULL.0) && name.ends_with(FULL.1))
}

/// Each write is one line: so the subscriber hands them over.
impl Write for Files {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.put(line, unix_ms())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn bounds(kept: usize) -> Bounds {
        Bounds {
            size: 10,
            age: Duration::from_secs(60),
            kept,
        }
    }

    #[test]
    fn a_full_file_makes_way_and_the_oldest_go() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("logs");
        let mut files = Files::open(&path, bounds(2), 0).unwrap();
        for (now, line) in [
            (0, "12345\n"),
            (1, "1234567890 too long for any\n"),
            (2, "a\n"),
            (3, "b\n"),
        ] {
            files.put(line.as_bytes(), now).unwrap();
        }
        assert_eq!(fs::read_to_string(path.join(CURRENT)).unwrap(), "a\nb\n");
        let full = [
            "potluck-19700101T000000.001.log",
            "potluck-19700101T000000.002.log",
        ];
        assert_eq!(names(&path), [full[0], full[1], CURRENT]);
        assert_eq!(fs::read_to_string(path.join(full[0])).unwrap(), "12345\n");
        files.put(b"12345678\n", 4).unwrap();
        assert_eq!(
            names(&path),
            [full[1], "potluck-19700101T000000.004.log", CURRENT]
        );
    }

    #[test]
    fn an_old_file_makes_way_and_a_restart_goes_on_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let now = unix_ms();
        let mut files = Files::open(folder.path(), bounds(2), now).unwrap();
        files.put(b"a\n", now).unwrap();
        drop(files);
        let mut files = Files::open(folder.path(), bounds(2), now).unwrap();
        files.put(b"b\n", now + 30_000).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join(CURRENT)).unwrap(), "a\nb\n");
        files.put(b"c\n", now + 61_000).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join(CURRENT)).unwrap(), "c\n");
        assert_eq!(names(folder.path()).len(), 2);
    }
}
