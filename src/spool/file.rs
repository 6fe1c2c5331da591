//! The file of one process: records of events by the number of their first.
//!
//! Invariant: what [`SpoolFile::append`] said was written is there after a crash, and its numbers stay what they are.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use potluck_filters::usage::UsageEvent;
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};

use super::Batch;
use super::record::{decode, encode};

/// Records, by the number of the first event.
const EVENTS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("events");
/// What the file is.
const ABOUT: TableDefinition<'_, &str, &str> = TableDefinition::new("about");
const EDGE: &str = "edge";
const EPOCH: &str = "epoch";
/// Memory for pages, in bytes. What is written is soon read, and then never again.
const CACHE: usize = 4 << 20;
/// Events of one record.
const RECORD: usize = 1024;
/// Events that are sent on at once, where so many wait: one transaction of the books. Where few wait, those are sent on.
const BATCH: usize = 16 * 1024;

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read or written, or is damaged.
    #[error("{path}: {source}")]
    Store {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: Box<redb::Error>,
    },
    /// It or its folder cannot be made, listed or removed.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: std::io::Error,
    },
    /// It does not say whose it is.
    #[error("{0} is no spool of usage")]
    Foreign(PathBuf),
    /// One of its records is damaged.
    #[error("{0} has a record that cannot be read")]
    Record(PathBuf),
    /// Events cannot be made a record of.
    #[error("events cannot be written: {0}")]
    Encode(#[from] rmp_serde::encode::Error),
}

/// An open file.
#[derive(Debug)]
pub(super) struct SpoolFile {
    path: PathBuf,
    edge: Arc<str>,
    epoch: i64,
    database: Database,
}

/// What comes next in a file.
#[derive(Debug)]
pub(super) enum Next {
    Batch(Batch),
    /// A record that cannot be read; the next one has this number, if there is one.
    Unreadable(Option<u64>),
    End,
}

/// What an append changed, in bytes of records.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Change {
    pub(super) added: u64,
    pub(super) freed: u64,
}

impl SpoolFile {
    /// A new one.
    pub(super) fn create(path: &Path, edge: &Arc<str>, epoch: i64) -> Result<Self, FileError> {
        let made = || -> Result<Database, redb::Error> {
            let database = Database::builder().set_cache_size(CACHE).create(path)?;
            let writing = database.begin_write()?;
            {
                let mut about = writing.open_table(ABOUT)?;
                about.insert(EDGE, &**edge)?;
                about.insert(EPOCH, &*epoch.to_string())?;
                writing.open_table(EVENTS)?;
            }
            writing.commit()?;
            Ok(database)
        };
        Ok(Self {
            path: path.to_owned(),
            edge: Arc::clone(edge),
            epoch,
            database: made().map_err(|error| store(path, error))?,
        })
    }

    /// One that is there. After a crash it is repaired first, which may take a while.
    pub(super) fn open(path: &Path) -> Result<Self, FileError> {
        let opened = || -> Result<_, redb::Error> {
            let database = Database::builder().set_cache_size(CACHE).open(path)?;
            let about = database.begin_read()?.open_table(ABOUT)?;
            let text = |name| Ok::<_, redb::Error>(about.get(name)?.map(|text| text.value().to_owned()));
            let about = (text(EDGE)?, text(EPOCH)?);
            Ok((database, about))
        };
        let (database, about) = opened().map_err(|error| store(path, error))?;
        let (Some(edge), Some(Ok(epoch))) = (about.0, about.1.map(|epoch| epoch.parse())) else {
            return Err(FileError::Foreign(path.to_owned()));
        };
        Ok(Self {
            path: path.to_owned(),
            edge: edge.into(),
            epoch,
            database,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn edge(&self) -> &Arc<str> {
        &self.edge
    }

    pub(super) fn epoch(&self) -> i64 {
        self.epoch
    }

    /// Appends events from number `first` on and waits for the disk; what is sent on up to number `sent` is deleted.
    /// The same again changes nothing.
    pub(super) fn append(&self, first: u64, events: &[UsageEvent], sent: u64) -> Result<Change, FileError> {
        let records: Vec<Vec<u8>> = events.chunks(RECORD).map(encode).collect::<Result<_, _>>()?;
        let numbers = (first..).step_by(RECORD);
        let appended = || -> Result<Change, redb::Error> {
            let mut change = Change::default();
            let writing = self.database.begin_write()?;
            {
                let mut table = writing.open_table(EVENTS)?;
                let kept = kept_from(&table, sent, first)?;
                table.retain_in(..kept, |_, record| {
                    change.freed += record.len() as u64;
                    false
                })?;
                for (number, record) in numbers.zip(&records) {
                    table.insert(number, &**record)?;
                    change.added += record.len() as u64;
                }
            }
            writing.commit()?;
            Ok(change)
        };
        appended().map_err(|error| store(&self.path, error))
    }

    /// The events from that number on, as many as are sent on at once.
    pub(super) fn read(&self, from: u64) -> Result<Next, FileError> {
        self.read_table(from).map_err(|error| store(&self.path, error))
    }

    fn read_table(&self, from: u64) -> Result<Next, redb::Error> {
        let table = self.database.begin_read()?.open_table(EVENTS)?;
        let start = table.range(..=from)?.next_back().transpose()?;
        let start = start.map_or(from, |(number, _)| number.value());
        let mut records = table.range(start..)?.peekable();
        let mut batch: Option<Batch> = None;
        while let Some(record) = records.next() {
            let (number, record) = record?;
            let number = number.value();
            let Ok(mut events) = decode(record.value()) else {
                let next = records.next().transpose()?;
                let next = next.map(|(number, _)| number.value());
                return Ok(batch.map_or(Next::Unreadable(next), Next::Batch));
            };
            let past = usize::try_from(from.saturating_sub(number)).unwrap_or(usize::MAX);
            events.drain(..past.min(events.len()));
            let first = number.max(from);
            match &mut batch {
                Some(batch) if batch.next() == first => batch.events.append(&mut events),
                Some(_) => break,
                None if events.is_empty() => {}
                None => batch = Some(self.batch(first, events)),
            }
            if batch.as_ref().is_some_and(|batch| batch.events.len() >= BATCH) {
                break;
            }
        }
        Ok(batch.map_or(Next::End, Next::Batch))
    }

    fn batch(&self, first: u64, events: Vec<UsageEvent>) -> Batch {
        Batch {
            edge: Arc::clone(&self.edge),
            epoch: self.epoch,
            first,
            events,
        }
    }
}

/// The first record that is still needed: the last that begins at or before the first event that was not sent on.
fn kept_from(
    table: &impl ReadableTable<u64, &'static [u8]>,
    sent: u64,
    next: u64,
) -> Result<u64, redb::Error> {
    let open = sent.saturating_add(1);
    if open >= next {
        return Ok(next);
    }
    let record = table.range(..=open)?.next_back().transpose()?;
    Ok(record.map_or(0, |(number, _)| number.value()))
}

fn store(path: &Path, error: redb::Error) -> FileError {
    FileError::Store {
        path: path.to_owned(),
        source: Box::new(error),
    }
}
