//! Programs that the harness runs, each in a process group of its own, which ends with its handle.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use crate::cpu::{self, Cpu};
use crate::folder::Folder;

/// How long a program may take to end before it is killed.
const GRACE: Duration = Duration::from_secs(2);

/// A running program; dropping it ends its whole group.
#[derive(Debug)]
pub struct Program {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Program {
    /// Starts `command`, with what it prints in `<name>.log` in the run's folder.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(name: &str, mut command: Command, folder: &Folder) -> Result<Self> {
        let log = folder.path().join(format!("{name}.log"));
        let out = File::create(&log).with_context(|| format!("making {}", log.display()))?;
        let err = out.try_clone().context("sharing a log file")?;
        command
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .process_group(0);
        let child = command
            .spawn()
            .with_context(|| format!("starting {name} ({:?})", command.get_program()))?;
        Ok(Self {
            name: name.to_owned(),
            child,
            log,
        })
    }

    /// The id of its process, which is that of its group, too.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// CPU time so far of the whole group.
    ///
    /// # Errors
    /// When `/proc` cannot be read.
    pub fn cpu(&self) -> Result<Cpu> {
        cpu::of_group(self.child.id())
    }

    /// Makes sure that it has not ended.
    ///
    /// # Errors
    /// When it has: with the end of what it printed.
    pub fn must_run(&mut self) -> Result<()> {
        match self
            .child
            .try_wait()
            .with_context(|| format!("asking after {}", self.name))?
        {
            None => Ok(()),
            Some(status) => bail!("{} ended ({status}):\n{}", self.name, last_lines(&self.log)),
        }
    }

    fn ended_within(&mut self, grace: Duration) -> bool {
        let end = Instant::now() + grace;
        while Instant::now() < end {
            if let Ok(Some(_)) = self.child.try_wait() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        false
    }

    /// The end of what it printed.
    #[must_use]
    pub fn said(&self) -> String {
        last_lines(&self.log)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // The group's id is the child's, which stays ours until it is waited for. An interrupt to the
        // leader first, which ends each of these servers at once and lets it wait for its workers.
        let Ok(leader) = i32::try_from(self.child.id()).map(Pid::from_raw) else {
            return;
        };
        let _gone_already = kill(leader, Signal::SIGINT);
        if !self.ended_within(GRACE) {
            let _gone_already = killpg(leader, Signal::SIGKILL);
            let _status = self.child.wait();
        }
    }
}

fn last_lines(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    lines
        .get(lines.len().saturating_sub(20)..)
        .unwrap_or_default()
        .join("\n")
}

/// Finds an installed program. Debian keeps servers in `/usr/sbin`, which is not in every user's `PATH`.
///
/// # Errors
/// When it is nowhere: with the Debian package that has it, and the option that leaves it out.
pub fn installed(name: &str, package: &str) -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
        .with_context(|| {
            format!("{name} is not installed: `apt-get install {package}` on Debian, or leave it out with `--skip {name}`")
        })
}

/// Finds a program that was built beside this one.
///
/// # Errors
/// When it was not built: with the command that builds it.
pub fn sibling(name: &str) -> Result<PathBuf> {
    let this = std::env::current_exe().context("finding this program's folder")?;
    let program = this.with_file_name(name);
    if !program.is_file() {
        bail!(
            "{} is not there: run `cargo build --release -p potluck -p potluck-bench` first",
            program.display()
        );
    }
    Ok(program)
}

/// The first line that a program prints when asked with `argument` for its version.
///
/// # Errors
/// When it cannot be run.
pub fn version(program: &Path, argument: &str) -> Result<String> {
    let output = Command::new(program).arg(argument).output();
    let output = output.with_context(|| format!("asking {} for its version", program.display()))?;
    let text = [output.stdout, output.stderr].concat();
    Ok(String::from_utf8_lossy(&text)
        .lines()
        .next()
        .unwrap_or_default()
        .trim()
        .to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_names_its_package_and_the_way_around_it() {
        let error = installed("no-such-server", "no-such-package")
            .unwrap_err()
            .to_string();
        assert!(error.contains("apt-get install no-such-package"), "{error}");
        assert!(error.contains("--skip no-such-server"), "{error}");
    }

    #[test]
    fn a_program_that_ends_is_reported_with_what_it_said() {
        let folder = Folder::make(false).unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo no such luck; exit 3"]);
        let mut program = Program::start("short", command, &folder).unwrap();
        program.child.wait().unwrap();
        let error = program.must_run().unwrap_err().to_string();
        assert!(error.contains("no such luck"), "{error}");
    }
}
