//! Does what the spool does beside it, on the same disk, and notes how late this machine makes it: what a machine under
//! other load takes longer is not the relay's loss.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use potluck::clock::Clock;
use potluck_filters::time::Moment;

/// For how long it naps in each round, as the spool's writer does.
const NAP: Duration = Duration::from_millis(40);
/// What a round may take before the machine is late: the nap, and a write that waits for the disk. Twice such a write and
/// one nap are the 100 ms that a kill may forget.
const ROUND: Duration = Duration::from_millis(70);
/// Rounds that ended this long before the kill have nothing to do with it.
const BEFORE: Duration = Duration::from_millis(400);

/// A round: when it began and ended.
type Round = (Moment, Moment);

/// The thread at work.
pub(super) struct Witness {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Vec<Round>>,
}

impl Witness {
    pub(super) fn begin(folder: PathBuf, clock: Clock) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut rounds = Vec::new();
            let path = folder.join("witness");
            let mut file = File::create(&path).expect("a file");
            // Relaxed: it may make a round more.
            while !told.load(Ordering::Relaxed) {
                let began = clock.now();
                std::thread::sleep(NAP);
                file.write_all(&[7; 4096]).expect("a write");
                file.sync_data().expect("a sync");
                rounds.push((began, clock.now()));
            }
            std::fs::remove_file(path).expect("its end");
            rounds
        });
        Self { stop, thread }
    }

    /// How late two rounds before that moment may have been together.
    pub(super) fn end(self, killed: Moment) -> Duration {
        self.stop.store(true, Ordering::Relaxed);
        let rounds = self.thread.join().expect("its rounds");
        let near = rounds
            .into_iter()
            .filter(|(began, ended)| *ended + BEFORE > killed && *began < killed);
        let longest = near.map(|(began, ended)| ended.since(began)).max();
        longest.unwrap_or_default().saturating_sub(ROUND) * 2
    }
}
