//! The process's environment, read once at the start and handed on as data.

use std::path::PathBuf;

/// What the program may know of its surroundings.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// The variables that are valid Unicode.
    pub variables: Vec<(String, String)>,
    /// The folder in which the program was started.
    pub folder: PathBuf,
}

impl Environment {
    /// Reads the environment of this process.
    pub fn read() -> std::io::Result<Self> {
        let variables = std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
        Ok(Self { variables: variables.collect(), folder: std::env::current_dir()? })
    }

    /// A variable that is set and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .filter(|v| !v.is_empty())
    }
}

/// Whether a variable of this name looks like one that holds a secret.
pub fn is_secret(name: &str) -> bool {
    const SECRET: &[&str] = &["KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL"];
    // Short ones count at the end alone, after an underscore: `PWD` is a folder and `GIT_ASKPASS` a program.
    const ENDS: &[&str] = &["_PASS", "_PWD", "_PAT", "_DSN"];
    let upper = name.to_uppercase();
    SECRET.iter().any(|part| upper.contains(part)) || ENDS.iter().any(|end| upper.ends_with(end))
}
