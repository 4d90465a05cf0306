//! What a program leaves in `/dev/shm`, where files are memory: it outlives who made it and counts to no process. Other
//! programs of the user make files there too, so it is known by who has it open. It limits nothing.

use crate::tools::process::family::Family;
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

const FOLDER: &str = "/dev/shm";

/// How long until it is looked again whether something new is there. To write what is large takes longer.
const PAUSE: Duration = Duration::from_millis(20);

/// What the family of a program has made there; dropping it removes that. Drop it when the family has ended.
#[derive(Debug)]
pub struct Shared {
    folder: PathBuf,
    /// What was there already when it was looked.
    seen: BTreeSet<OsString>,
    own: BTreeSet<OsString>,
}

impl Shared {
    /// Nothing yet: what is there now is older than a program that starts from now on.
    pub fn begin() -> Self {
        // On some systems it is a link.
        let folder = Path::new(FOLDER).canonicalize().unwrap_or_else(|_| FOLDER.into());
        Self { seen: names(&folder).into_iter().collect(), own: BTreeSet::new(), folder }
    }

    /// Takes note of what is new and open in the family, again and again.
    pub async fn watch(&mut self, family: &Family) -> Infallible {
        loop {
            tokio::time::sleep(PAUSE).await;
            self.look(family);
        }
    }

    /// Takes note of what is new and open in the family. Only where something is new are its processes looked at.
    pub fn look(&mut self, family: &Family) {
        let mut fresh = names(&self.folder);
        fresh.retain(|name| self.seen.insert(name.clone()));
        if fresh.is_empty() {
            return;
        }
        let open: Vec<PathBuf> = family.members().into_iter().flat_map(open_in).collect();
        let is_open = |name: &OsString| open.iter().any(|path| path.starts_with(self.folder.join(name)));
        self.own.extend(fresh.into_iter().filter(is_open));
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        for name in &self.own {
            let path = self.folder.join(name);
            let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            // What the program has removed itself is gone, and what may not be removed stays.
            drop(removed);
        }
    }
}

/// What is in the folder; nothing where there is no such folder.
fn names(folder: &Path) -> Vec<OsString> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name()).collect()
}

/// The files that a process has open, or in its memory though they are closed.
fn open_in(id: libc::pid_t) -> Vec<PathBuf> {
    let held = fs::read_dir(format!("/proc/{id}/fd")).into_iter().flatten().flatten();
    let held = held.filter_map(|entry| fs::read_link(entry.path()).ok());
    let maps = fs::read_to_string(format!("/proc/{id}/maps")).unwrap_or_default();
    let mapped = maps.lines().filter_map(|line| line.find('/').map(|at| PathBuf::from(&line[at..])));
    held.chain(mapped).collect()
}

#[cfg(test)]
mod tests {
    use super::{FOLDER, Shared};
    use crate::tools::process::family::Family;
    use std::fs;
    use std::io::{BufRead, BufReader};
    use std::path::PathBuf;
    use std::process::{Command, Stdio};

    #[test]
    fn what_the_family_made_is_removed_and_nothing_else() {
        let path = |name: &str| PathBuf::from(format!("{FOLDER}/rhizo-test-{}-{name}", std::process::id()));
        let [older, beside, own, folder] = ["older", "beside", "own", "folder"].map(path);
        // Where there is no such folder nothing can be left in it.
        if fs::write(&older, "").is_err() {
            return;
        }
        let mut shared = Shared::begin();
        fs::write(&beside, "").unwrap();
        // The outer shell leads the family and is none of it, like a supervisor.
        let inner = "mkdir \"$2\"; exec 3>\"$0\" 4>\"$1\" 5>\"$2/file\"; echo open; read end";
        let mut shell = Command::new("sh");
        shell.args(["-c", "sh -c \"$@\"; :", "outer", inner]).args([&own, &older, &folder]);
        let mut shell = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let family = Family::new(libc::pid_t::try_from(shell.id()).unwrap(), "none".to_owned());
        let mut said = String::new();
        BufReader::new(shell.stdout.take().unwrap()).read_line(&mut said).unwrap();
        shared.look(&family);
        drop(shell.stdin.take());
        shell.wait().unwrap();
        drop(shared);
        let left = [&older, &beside, &own, &folder].map(|path| path.exists());
        for path in [&older, &beside] {
            fs::remove_file(path).unwrap();
        }
        assert_eq!((said.as_str(), left), ("open\n", [true, true, false, false]));
    }
}
