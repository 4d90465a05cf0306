//! Small libraries in C that the program is made to load first (`LD_PRELOAD`), so that its disk fails or its clock is
//! wrong without a branch for it in the program.

use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// A library; its file is there as long as this is.
pub(crate) struct Preload {
    folder: TempDir,
}

impl Preload {
    /// Built by the C compiler that the program was built with.
    pub(crate) fn new(source: &str) -> Self {
        let made = Self { folder: tempfile::tempdir().expect("a folder") };
        let file = made.folder.path().join("shim.c");
        std::fs::write(&file, source).expect("a file");
        let built = Command::new("cc").args(["-shared", "-fPIC", "-o", &made.path()]).arg(&file).arg("-ldl").status();
        assert!(built.expect("a C compiler").success());
        made
    }

    /// The value of `LD_PRELOAD`.
    pub(crate) fn path(&self) -> String {
        let path: &Path = self.folder.path();
        path.join("shim.so").to_str().expect("Unicode").to_owned()
    }
}
