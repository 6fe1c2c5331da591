//! The database that goes and comes back: a file that somebody locks, or a server that crashes and is started again.

use std::process::Stdio;

use sqlx::{AnyConnection, Connection as _, Executor as _};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::installation::Installation;

/// Starts a server of its own and tells how to reach and to stop it, until its standard input ends.
const OWN_SERVER: &str = "echo \"$TEST_POSTGRES_URL\"; echo \"$TEST_POSTGRES_CONTROL\"; cat >/dev/null";

pub(crate) enum Database {
    Files {
        urls: [String; 2],
        /// Nobody else writes while these are there.
        locks: Vec<AnyConnection>,
    },
    Server {
        url: String,
        control: String,
        stopped: bool,
        /// Ends with this value, and the server with it.
        _child: Child,
    },
}

impl Database {
    /// That of an installation on SQLite.
    pub(crate) fn file(installation: &Installation) -> Self {
        let url = |name: &str| format!("sqlite:{}", installation.path(name).display());
        Self::Files {
            urls: [url("data/usage.db"), url("data/potluck.db")],
            locks: Vec::new(),
        }
    }

    /// A Postgres of its own and its URL; `None` where tests have none that can be stopped.
    pub(crate) async fn server() -> Option<(Self, String)> {
        std::env::var("TEST_POSTGRES_CONTROL").ok()?;
        let mut child = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.ci/with-postgres"))
            .args(["bash", "-c", OWN_SERVER])
            .env_remove("TEST_POSTGRES_URL")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a server");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let url = line(&mut lines).await;
        let control = line(&mut lines).await;
        let server = Self::Server {
            url: url.clone(),
            control,
            stopped: false,
            _child: child,
        };
        Some((server, url))
    }

    /// From here on nothing is written into the books of usage. Only for files.
    pub(crate) async fn lock_usage(&mut self) {
        if let Self::Files {
            urls: [url, _],
            locks,
        } = self
        {
            locks.push(locked(url).await);
        }
    }

    /// From here on nothing is written to it.
    pub(crate) async fn go(&mut self) {
        match self {
            Self::Files { urls, locks } => {
                for url in urls {
                    locks.push(locked(url).await);
                }
            }
            Self::Server { control, stopped, .. } => {
                run(control, "stop").await;
                *stopped = true;
            }
        }
    }

    /// It is there again.
    pub(crate) async fn come_back(&mut self) {
        match self {
            Self::Files { locks, .. } => {
                for lock in locks.drain(..) {
                    lock.close().await.expect("an end");
                }
            }
            Self::Server { control, stopped, .. } => {
                if std::mem::take(stopped) {
                    run(control, "start").await;
                }
            }
        }
    }

    /// A connection to the books of usage.
    pub(crate) async fn usage(&self) -> AnyConnection {
        match self {
            Self::Files { urls: [url, _], .. } | Self::Server { url, .. } => connect(url).await,
        }
    }
}

async fn connect(url: &str) -> AnyConnection {
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(url).await.expect("the database");
    if url.starts_with("sqlite:") {
        let patient = connection.execute("pragma busy_timeout = 20000").await;
        patient.expect("patience");
    }
    connection
}

async fn locked(url: &str) -> AnyConnection {
    let mut connection = connect(url).await;
    connection.execute("begin exclusive").await.expect("a lock");
    connection
}

async fn line(lines: &mut Lines<BufReader<ChildStdout>>) -> String {
    lines.next_line().await.expect("a line").expect("a server")
}

async fn run(control: &str, what: &str) {
    let ended = Command::new(control).arg(what).status().await;
    assert!(ended.expect("its control").success(), "{what}");
}
