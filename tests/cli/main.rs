//! The program as people and scripts use it: run as a process, in a folder of its own.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's world fails loudly")]

mod bulk;
mod configuration;
mod findings;
mod judge;
mod manage;
mod me;
mod nodes;
mod plugins;
mod pool;
mod proxies;
mod running;
mod start;
mod usage;
mod users;

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

const POOL_KEY: &str = "pst-Zq7TzYbN1xWv3LmKpRs5Ud8fGh2Jk4Qe";

/// A folder of its own in which the program runs, gone at the end.
struct Folder(tempfile::TempDir);

/// How the program ended.
struct Ended {
    code: i32,
    out: String,
    err: String,
}

impl Ended {
    #[track_caller]
    fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{}\n{}", self.out, self.err);
        self
    }

    #[track_caller]
    fn fails(self, code: i32, why: &str) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.out, self.err);
        assert!(self.err.contains(why), "expected {why:?} in:\n{}", self.err);
        self
    }

    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("not JSON: {}\n{}", self.out, self.err))
    }
}

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// With configuration, secrets and an admin.
    fn ready() -> Self {
        let folder = Self::new();
        folder.run("init").ok();
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_potluck"));
        command.args(line.split_whitespace()).current_dir(self.0.path());
        // Nothing of the caller's own environment may reach the program.
        command
            .env_clear()
            // Relays of several tests run beside one another.
            .env("POTLUCK_ADMIN__LISTEN", "127.0.0.1:0")
            .env("POTLUCK_METRICS__LISTEN", "127.0.0.1:0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn run(&self, line: &str) -> Ended {
        self.run_with(line, "", &[])
    }

    fn run_with(&self, line: &str, input: &str, environment: &[(&str, &str)]) -> Ended {
        let mut command = self.command(line);
        command.envs(environment.iter().copied()).stdin(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // The program may end without reading; that is not what is tested.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        Ended {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Everything in the folder, as bytes.
    fn everything(&self) -> Vec<u8> {
        fn read(path: &Path, into: &mut Vec<u8>) {
            for entry in std::fs::read_dir(path).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    read(&path, into);
                } else if path.is_file() {
                    into.extend(std::fs::read(&path).unwrap());
                }
            }
        }
        let mut all = Vec::new();
        read(self.0.path(), &mut all);
        all
    }
}

fn has(haystack: &[u8], needle: &str) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle.as_bytes())
}
