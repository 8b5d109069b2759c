//! Where the built programs are. `cargo xtask` builds them and says so in the environment; nothing is searched for.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Paths of everything that a running system needs.
#[derive(Clone, Debug)]
pub struct Environment {
    /// The `acquaint` binary.
    pub acquaint: PathBuf,
    /// The folder with the built worker (`index.js` and its Wasm module).
    pub worker: PathBuf,
    /// The folder with the package for pages (`index.js`, its Wasm module, its types).
    pub package: PathBuf,
    /// The repository.
    pub repository: PathBuf,
    /// A Python with DuckDB, for the oracle.
    pub python: PathBuf,
}

/// The variables through which `cargo xtask` hands the paths over.
pub const VARIABLES: [&str; 4] = ["ACQUAINT_BIN", "ACQUAINT_WORKER", "ACQUAINT_PACKAGE", "ACQUAINT_PYTHON"];

impl Environment {
    /// Reads the variables set by `cargo xtask`.
    pub fn from_variables() -> Result<Self> {
        let read = |name: &str| {
            std::env::var_os(name)
                .map(PathBuf::from)
                .with_context(|| format!("{name} is not set: run this through `cargo xtask test`"))
        };
        let [acquaint, worker, package, python] = VARIABLES;
        Ok(Self {
            acquaint: read(acquaint)?,
            worker: read(worker)?,
            package: read(package)?,
            python: read(python)?,
            repository: repository(),
        })
    }

    /// The variables with their values, as [`Environment::from_variables`] reads them.
    pub fn variables(&self) -> [(&'static str, &Path); 4] {
        let [acquaint, worker, package, python] = VARIABLES;
        [(acquaint, &self.acquaint), (worker, &self.worker), (package, &self.package), (python, &self.python)]
    }

    /// The folder of installed npm packages.
    pub fn node_modules(&self) -> PathBuf {
        self.repository.join("node_modules")
    }

    /// The demo's data.
    pub fn demo_data(&self) -> PathBuf {
        self.repository.join("tests/data/complete_journey")
    }
}

/// The root of the repository.
pub fn repository() -> PathBuf {
    let mut path = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    path.pop();
    path
}
