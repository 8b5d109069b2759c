//! workerd as a child process: the worker beside its configuration in a folder, on a port of loopback, until it is
//! dropped.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use super::Error;

/// How workerd is told what to run: the file that is documented for one's own machines.
const CONFIG: &str = include_str!("../../../../../edge-runtime/workerd.capnp");
/// What a build of the worker is made of.
const MODULES: [&str; 2] = ["index.js", "index_bg.wasm"];
/// How long it may take to listen, on a busy machine.
const START_MAX: Duration = Duration::from_secs(120);

/// How to start it.
pub(super) struct Settings<'a> {
    /// The program.
    pub(super) program: &'a Path,
    /// The folder of the built worker.
    pub(super) worker: &'a Path,
    /// Where everything is kept.
    pub(super) data: &'a Path,
    /// 0 for any.
    pub(super) port: u16,
    /// Variables of the worker; the others are those of this process.
    pub(super) variables: Vec<(&'static str, String)>,
}

/// A running worker.
pub(super) struct Workerd {
    child: Child,
    /// Its address.
    pub(super) url: String,
}

impl Workerd {
    /// Starts it and waits until it listens.
    pub(super) fn start(settings: &Settings<'_>) -> Result<Self, Error> {
        is_free(settings.port)?;
        let folder = settings.data.join("edge");
        let objects = folder.join("objects");
        lay_out(settings.worker, &folder, &objects)?;
        let mut command = Command::new(settings.program);
        // The control channel on standard output says which port it is.
        command.args(["serve", "workerd.capnp", "--control-fd=1"]).current_dir(&folder);
        command.arg(format!("--socket-addr=http=127.0.0.1:{}", settings.port));
        command.arg(format!("--directory-path=objects={}", objects.display()));
        command.envs(settings.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        // A group of its own: a signal of the terminal is for us, who end it.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let child =
            command.spawn().map_err(|source| Error::Start { path: settings.program.to_owned(), source })?;
        let mut workerd = Self { child, url: String::new() };
        let port = match workerd.child.stdout.take().map(listen) {
            Some(port) => port.recv_timeout(START_MAX),
            None => return Err(Error::Silent),
        };
        let Ok(port) = port else {
            // Its output ends a moment before it does.
            std::thread::sleep(Duration::from_millis(200));
            return Err(workerd.ended().map_or(Error::Silent, Error::Ended));
        };
        workerd.url = format!("http://127.0.0.1:{port}");
        Ok(workerd)
    }

    /// How it ended, if it did.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }
}

impl Drop for Workerd {
    fn drop(&mut self) {
        // Already gone is fine: there is nobody left to tell.
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// workerd shares a port with whoever listens there already, and requests would go to either.
fn is_free(port: u16) -> Result<(), Error> {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    bound.map(drop).map_err(|source| Error::Port { port, source })
}

fn lay_out(worker: &Path, folder: &Path, objects: &Path) -> Result<(), Error> {
    for module in MODULES {
        let path = worker.join(module);
        if !path.is_file() {
            return Err(Error::NotBuilt { path });
        }
    }
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::Write { path, source }
    };
    std::fs::create_dir_all(objects).map_err(failed(objects))?;
    for module in MODULES {
        let to = folder.join(module);
        std::fs::copy(worker.join(module), &to).map_err(failed(&to))?;
    }
    let config = folder.join("workerd.capnp");
    std::fs::write(&config, CONFIG).map_err(failed(&config))
}

/// Reads what it prints to the end; the first that says so is the port it listens on, the rest is for people.
fn listen(output: ChildStdout) -> mpsc::Receiver<u64> {
    let (found, port) = mpsc::channel();
    drop(std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            match port_of(&line) {
                // Nobody waits any more: it took too long.
                Some(port) => drop(found.send(port)),
                None => eprintln!("{line}"),
            }
        }
    }));
    port
}

fn port_of(line: &str) -> Option<u64> {
    let event: Value = serde_json::from_str(line).ok()?;
    (event.get("event")?.as_str()? == "listen").then(|| event.get("port")?.as_u64())?
}

/// The program: the one that is named, else that of the npm packages here, else the one in the path.
pub(super) fn program(named: Option<PathBuf>) -> PathBuf {
    let installed = Path::new("node_modules/.bin/workerd");
    // It runs in another folder; a name without a file here is looked for in the path.
    match named {
        Some(named) => named.canonicalize().unwrap_or(named),
        None => installed.canonicalize().unwrap_or_else(|_| PathBuf::from("workerd")),
    }
}
