//! The size of a built module, as it is uploaded or loaded by a page.

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use flate2::Compression;
use flate2::write::GzEncoder;

/// What the worker may take, gzipped: every new isolate loads it. The aim is 400 KB; this is a little more than it takes, so
/// that what makes it larger is noticed.
pub const WORKER_GZIPPED_BYTES_MAX: usize = 395_000;

/// All files of a module together, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// As they lie there.
    pub raw: usize,
    /// Gzipped in one stream, as small as that gets.
    pub gzipped: usize,
}

impl Size {
    /// Of the module in a folder.
    pub fn of(folder: &Path) -> Result<Self> {
        let mut raw = 0;
        let mut packer = GzEncoder::new(Vec::new(), Compression::best());
        for file in ["index.js", "index_bg.wasm"] {
            let bytes = std::fs::read(folder.join(file))
                .with_context(|| format!("no {file} in {}", folder.display()))?;
            raw += bytes.len();
            packer.write_all(&bytes)?;
        }
        Ok(Self { raw, gzipped: packer.finish()?.len() })
    }
}
