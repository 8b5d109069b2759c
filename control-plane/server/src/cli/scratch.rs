//! The folder that a command without a control plane keeps its data in: a named one, or one of its own that is removed at
//! the end.

use std::path::{Path, PathBuf};

/// The folder.
pub(super) struct Scratch {
    path: PathBuf,
    is_ours: bool,
}

/// It cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("cannot make the folder `{}`", .path.display())]
pub(crate) struct Error {
    path: PathBuf,
    #[source]
    source: std::io::Error,
}

impl Scratch {
    /// The named folder, or one for `what` in the system's place for temporary ones.
    pub(super) fn new(named: Option<PathBuf>, what: &str) -> Result<Self, Error> {
        let is_ours = named.is_none();
        let path = named.unwrap_or_else(|| {
            std::env::temp_dir().join(format!("acquaint-{what}-{}", uuid::Uuid::new_v4().simple()))
        });
        let failed = |source| Error { path: path.clone(), source };
        std::fs::create_dir_all(&path).map_err(failed)?;
        // Programs that are started run in a folder inside.
        let path = path.canonicalize().map_err(failed)?;
        Ok(Self { path, is_ours })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if self.is_ours
            && let Err(error) = std::fs::remove_dir_all(&self.path)
        {
            eprintln!("`{}` is left behind: {error}", self.path.display());
        }
    }
}
