//! A project in a scratch folder with a home of its own, configured for the bench's server.

use crate::plan::Plan;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// What a call costs, in USD per million tokens of prompt and answer.
#[derive(Clone, Copy)]
pub(crate) enum Price {
    /// Nothing: one commit per call.
    Free,
    /// Something, so that the intent has a commit of its own before the call goes out.
    Paid,
}

/// A project.
pub(crate) struct Project(TempDir);

impl Project {
    /// A project in the bench's folder.
    pub(crate) fn new(plan: &Plan, base_url: &str, price: Price) -> Self {
        Self::inside(plan.scratch(), base_url, price)
    }

    /// A project in a folder that goes with it. Its store exists, as after a first use of the program.
    pub(crate) fn inside(folder: TempDir, base_url: &str, price: Price) -> Self {
        let (input, output) = match price {
            Price::Free => (0, 0),
            Price::Paid => (1, 4),
        };
        let settings = format!(
            "model = \"bench\"\n\n[models.bench]\nbase_url = \"{base_url}\"\ncontext_window = 128000\ninput_price = {input}\noutput_price = {output}\n"
        );
        Self::with(folder, &settings)
    }

    /// A project in a folder that goes with it, with these settings. Its store exists.
    pub(crate) fn with(folder: TempDir, settings: &str) -> Self {
        fs::write(folder.path().join("rhizo.toml"), settings).expect("the settings are written");
        let project = Self(folder);
        crate::program::run(&mut project.rhizo(&["eval", "1"]));
        project
    }

    /// The program, started in this project, with an environment of nothing else.
    pub(crate) fn rhizo(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rhizo"));
        command.args(arguments).current_dir(self.folder()).env_clear();
        command.env("HOME", self.folder()).env("RHIZO_HOME", self.state());
        command
    }

    /// Writes a file.
    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.folder().join(name), text).expect("a file of the project is written");
    }

    /// The folder of its state.
    pub(crate) fn state(&self) -> PathBuf {
        self.folder().join("home")
    }

    /// Its folder.
    pub(crate) fn folder(&self) -> &Path {
        self.0.path()
    }
}
