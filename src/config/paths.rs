//! Every path that the program touches, decided from the environment alone.

use crate::config::environment::Environment;
use crate::core::failure::{Failure, FailureKind, Outcome};
use std::path::{Path, PathBuf};

/// The name of a project's configuration.
pub const PROJECT_FILE: &str = "rhizo.toml";

/// The program's own files. Nothing is created here.
#[derive(Clone, Debug)]
pub struct Paths {
    /// The user's configuration.
    pub user_config: PathBuf,
    /// The project's configuration: `rhizo.toml` in the folder of the start or the nearest one above it.
    pub project_config: Option<PathBuf>,
    /// The folder of all state.
    pub state: PathBuf,
    /// The store.
    pub store: PathBuf,
    /// The line editor's history.
    pub history: PathBuf,
    /// The index of memories.
    pub memory: PathBuf,
    /// Embedding models.
    pub models: PathBuf,
    /// Prices that the user read from a public list.
    pub prices: PathBuf,
    /// The user's programs for `SCRIPT`.
    pub user_scripts: PathBuf,
    /// The project's programs for `SCRIPT`.
    pub project_scripts: PathBuf,
    /// The user's pipelines.
    pub user_pipelines: PathBuf,
    /// The project's pipelines.
    pub project_pipelines: PathBuf,
    /// The user's personas.
    pub user_personas: PathBuf,
    /// The project's personas.
    pub project_personas: PathBuf,
    /// The folder that tools may touch.
    pub workspace: PathBuf,
}

impl Paths {
    /// Decides all paths. `RHIZO_HOME` moves all state; else XDG folders are used, else those under `HOME`. An empty
    /// variable is none, as everywhere.
    ///
    /// Fails with `Config` where none of them says: the folder of the start may be a project that others share.
    pub fn decide(environment: &Environment) -> Outcome<Self> {
        let under_home = |variable: &str, rest: &str| {
            let given = environment.get(variable).map(PathBuf::from);
            let folder = given.or_else(|| environment.get("HOME").map(|home| Path::new(home).join(rest)));
            folder.map(|folder| folder.join("rhizo")).ok_or_else(homeless)
        };
        let (config, state) = match environment.get("RHIZO_HOME") {
            Some(home) => (environment.folder.join(home), environment.folder.join(home)),
            None => (under_home("XDG_CONFIG_HOME", ".config")?, under_home("XDG_STATE_HOME", ".local/state")?),
        };
        let project_config = nearest_above(&environment.folder, PROJECT_FILE);
        let workspace = project_config
            .as_deref()
            .and_then(Path::parent)
            .map_or_else(|| environment.folder.clone(), Path::to_path_buf);
        Ok(Self {
            user_config: config.join("config.toml"),
            store: state.join("rhizo.db"),
            history: state.join("history"),
            memory: state.join("memory"),
            models: state.join("models"),
            prices: state.join("prices.json"),
            user_scripts: config.join("scripts"),
            project_scripts: workspace.join("scripts"),
            user_pipelines: config.join("pipelines"),
            project_pipelines: workspace.join("pipelines"),
            user_personas: config.join("personas"),
            project_personas: workspace.join("personas"),
            project_config,
            state,
            workspace,
        })
    }

    /// What belongs to the program itself: settings, state and the user's programs.
    pub fn own(&self) -> Vec<PathBuf> {
        let named = [&self.user_config, &self.user_scripts, &self.user_pipelines, &self.user_personas];
        let folder = self.user_config.parent().map(Path::to_path_buf);
        let named = named.into_iter().chain(&self.project_config).cloned();
        named.chain(folder).chain(self.kept()).collect()
    }

    /// Its state. Files and folders inside of others are named too, here and above, because each may be a link, and because
    /// `RHIZO_HOME` may be a folder that the project lies in.
    pub fn kept(&self) -> Vec<PathBuf> {
        let beside_store = ["db-wal", "db-shm"].map(|suffix| self.store.with_extension(suffix));
        let named = [&self.state, &self.store, &self.history, &self.memory, &self.models, &self.prices];
        named.into_iter().cloned().chain(beside_store).collect()
    }
}

fn homeless() -> Failure {
    Failure::new(FailureKind::Config, "there is no folder for settings and state").hint("set HOME or RHIZO_HOME")
}

fn nearest_above(folder: &Path, name: &str) -> Option<PathBuf> {
    // Neither a folder of that name is a file of settings nor a link that leads nowhere, which reading them says.
    let stands = |file: &PathBuf| file.is_file() || file.is_dir() || (file.is_symlink() && !file.exists());
    folder.ancestors().map(|above| above.join(name)).find(stands)
}
