//! What shall be measured and where its files lie. The names of timed benches are filtered by criterion, not here.

use std::path::{Path, PathBuf};

/// The choices of whoever started the bench.
pub(crate) struct Plan {
    /// Leaves out what needs a large file or index.
    pub(crate) quick: bool,
    /// The part of names that is to be measured; nothing for all.
    only: Option<String>,
    folder: PathBuf,
}

impl Plan {
    /// Reads arguments and RHIZO_BENCH_DIR.
    pub(crate) fn read() -> Self {
        let given = |name: &str| std::env::args().any(|argument| argument == name);
        let folder = std::env::var_os("RHIZO_BENCH_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
        std::fs::create_dir_all(&folder).expect("the bench's folder can be made");
        // Without `--bench` cargo only tests that the bench runs.
        let quick = given("--quick") || !given("--bench");
        Self { quick, only: std::env::args().skip(1).find(|argument| !argument.starts_with('-')), folder }
    }

    /// Whether what criterion does not filter, because it is no time, is to be measured.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|only| name.contains(only.as_str()))
    }

    /// Where large files are kept from one run to the next.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A new folder that goes when it is dropped.
    pub(crate) fn scratch(&self) -> tempfile::TempDir {
        tempfile::Builder::new().prefix("rhizo-bench-").tempdir_in(&self.folder).expect("a scratch folder")
    }
}
