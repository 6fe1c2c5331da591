//! A relay that runs as a child process, with what it wrote.

use std::net::SocketAddr;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::installation::Installation;
use crate::requests::{get, status_of};

/// Far longer than anything here takes; only a relay that hangs meets it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Killed when dropped.
pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    /// Where the API listens, if it does.
    pub(crate) admin: Option<SocketAddr>,
    /// Where the metrics listen, if they do.
    pub(crate) metrics: Option<SocketAddr>,
    child: Child,
    log: JoinHandle<String>,
}

impl Relay {
    /// Starts it on a free port and waits until it says that it is ready.
    pub(crate) async fn start(installation: &Installation) -> Self {
        Self::start_with(installation, "").await
    }

    /// The same with further arguments.
    pub(crate) async fn start_with(installation: &Installation, arguments: &str) -> Self {
        Self::start_by(installation.command(&format!("serve {arguments}"))).await
    }

    /// The same by a command that was made ready.
    pub(crate) async fn start_by(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::null()).spawn().expect("the program");
        let lines = BufReader::new(child.stderr.take().expect("its log")).lines();
        let (found, address) = oneshot::channel();
        let log = tokio::spawn(read(lines, found));
        let Ok(Ok([Some(address), admin, metrics])) = timeout(PATIENCE, address).await else {
            child.start_kill().expect("an end");
            panic!("it does not serve: {}", log.await.expect("its log"));
        };
        let relay = Self {
            address,
            admin,
            metrics,
            child,
            log,
        };
        timeout(PATIENCE, relay.until_ready()).await.expect("readiness");
        relay
    }

    async fn until_ready(&self) {
        while status_of(&get(self, "/readyz").await) != Some(200) {
            tokio::task::yield_now().await;
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.id().expect("a running relay")
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let process = i32::try_from(self.process()).expect("a process id");
        kill(Pid::from_raw(process), signal).expect("a signal");
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("its state").is_none()
    }

    /// Waits for its end: how it ended, and all that it wrote.
    pub(crate) async fn end(mut self) -> (ExitStatus, String) {
        let status = timeout(PATIENCE, self.child.wait())
            .await
            .expect("an end")
            .expect("its state");
        (status, self.log.await.expect("its log"))
    }

    /// The same, with the end within a time.
    pub(crate) async fn end_within(self, time: Duration) -> (ExitStatus, String) {
        timeout(time, self.end()).await.expect("the end at once")
    }

    /// Ends it as an operator does.
    pub(crate) async fn stop(self) -> String {
        self.signal(Signal::SIGTERM);
        let (status, log) = self.end().await;
        assert!(status.success(), "{status}: {log}");
        log
    }

    /// Memory that it holds now, in KiB.
    pub(crate) fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process())).expect("its state");
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .expect("its memory");
        line.trim()
            .trim_end_matches("kB")
            .trim()
            .parse()
            .expect("a number")
    }
}

/// Collects the log to its end and tells the addresses once they are there.
async fn read<R: tokio::io::AsyncBufRead + Unpin>(
    mut lines: tokio::io::Lines<R>,
    found: oneshot::Sender<[Option<SocketAddr>; 3]>,
) -> String {
    let (mut log, mut found, mut admin, mut metrics) = (String::new(), Some(found), None, None);
    while let Ok(Some(line)) = lines.next_line().await {
        admin = admin.or_else(|| address_in(&line, "the API listens"));
        metrics = metrics.or_else(|| address_in(&line, "the metrics listen"));
        if let Some(address) = address_in(&line, "serving")
            && let Some(found) = found.take()
        {
            let _ = found.send([Some(address), admin, metrics]);
        }
        log.push_str(&line);
        log.push('\n');
    }
    let _ = lines.into_inner().read_to_string(&mut log).await;
    log
}

/// The address in the line that says these words, as text or JSON.
fn address_in(line: &str, words: &str) -> Option<SocketAddr> {
    let ours = line.contains(words) && line.contains("potluck::serve");
    let at = ours.then(|| line.find("127."))??;
    let ends = |letter: char| !letter.is_ascii_digit() && !matches!(letter, '.' | ':');
    line[at..].split(ends).next()?.parse().ok()
}
