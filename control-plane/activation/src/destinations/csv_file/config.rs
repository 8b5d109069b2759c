//! From the definition to a folder that lies inside the data directory.

use std::path::{Component, Path, PathBuf};

/// The folder without anything that leads out of the data directory, or what is wrong with it.
pub(crate) fn inside(directory: &Path) -> Result<PathBuf, String> {
    let mut clean = PathBuf::new();
    for component in directory.components() {
        match component {
            Component::Normal(name) => clean.push(name),
            Component::CurDir => {}
            Component::Prefix(_) | Component::RootDir | Component::ParentDir => {
                return Err(format!("`directory` `{}` leads out of the data directory", directory.display()));
            }
        }
    }
    if clean.as_os_str().is_empty() {
        return Err("`directory` is empty".into());
    }
    Ok(clean)
}
