//! A child process that is stopped when it goes out of scope, with its output in a file.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::wait;

/// A running program.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    output: PathBuf,
}

impl Process {
    /// Starts a program; standard output goes to `<folder>/<name>.out`, standard error to `<folder>/<name>.err`.
    pub fn start(name: &str, folder: &Path, command: &mut Command) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let output = folder.join(format!("{name}.out"));
        let errors = folder.join(format!("{name}.err"));
        let child = command
            .stdin(Stdio::null())
            .stdout(File::create(&output)?)
            .stderr(File::options().create(true).append(true).open(errors)?)
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        Ok(Self { name: name.into(), child, output })
    }

    /// Waits until a line of standard output gives an answer.
    pub fn line<T>(&mut self, what: &str, mut read: impl FnMut(&str) -> Option<T>) -> Result<T> {
        let output = self.output.clone();
        let waiting = format!("{}: {what}", self.name);
        wait::until(&waiting, Duration::from_secs(60), || {
            let text = std::fs::read_to_string(&output)?;
            if let Some(answer) = text.lines().find_map(&mut read) {
                return Ok(Some(answer));
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended with {status}: {}", self.name, self.errors());
            }
            Ok(None)
        })
    }

    /// The last lines of standard error.
    pub fn errors(&self) -> String {
        let text = std::fs::read_to_string(self.output.with_extension("err")).unwrap_or_default();
        let lines: Vec<&str> = text.lines().rev().take(20).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    /// Asks it to end (SIGTERM) and waits until it has; its exit code.
    pub fn terminate(&mut self) -> Result<Option<i32>> {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        ensure!(asked.success(), "kill: {asked}");
        wait::until(&format!("{} to end", self.name), Duration::from_secs(30), || {
            Ok(self.child.try_wait()?.map(|status| status.code()))
        })
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Its id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once, as a power cut would (SIGKILL).
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Already gone is fine: there is nobody left to tell.
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}
