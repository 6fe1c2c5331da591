//! What earlier processes left, for whoever must know of it before it is sent on.

use std::path::Path;
use std::sync::Arc;

use potluck_filters::usage::UsageEvent;

use super::file::{Next, SpoolFile};
use super::folder::files;

/// A file that an earlier process left.
#[derive(Debug)]
pub struct Left(SpoolFile);

impl Left {
    /// All in a folder that can be read, the oldest first. Nobody else may use them meanwhile.
    #[must_use]
    pub fn all(folder: &Path) -> Vec<Self> {
        // Where there is no folder, nothing was left.
        let files = files(folder).unwrap_or_default();
        let opened = files.iter().map(|path| SpoolFile::open(path));
        // One that cannot be read is told of and set aside when it is to be sent on.
        opened.filter_map(Result::ok).map(Self).collect()
    }

    /// Whose it is: the edge and its process.
    #[must_use]
    pub fn of(&self) -> (&Arc<str>, i64) {
        (self.0.edge(), self.0.epoch())
    }

    /// Its events from that number on, in the order of their numbers, as far as they can be read.
    pub fn each_from(&self, first: u64, mut each: impl FnMut(&UsageEvent)) {
        let mut next = first;
        loop {
            match self.0.read(next) {
                Ok(Next::Batch(batch)) => {
                    batch.events.iter().for_each(&mut each);
                    next = batch.next();
                }
                Ok(Next::Unreadable(Some(after))) => next = after,
                Ok(Next::Unreadable(None) | Next::End) | Err(_) => return,
            }
        }
    }
}
