//! The one folder whose files tools may touch. A path stays inside it through `..`, absolute paths and symbolic links,
//! when it is checked and when it is opened. It does not know which tool may write; `approval` does.

use crate::config::paths::{PROJECT_FILE, Paths};
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::tools::beneath::{self, Folder};
use serde_json::Value;
use std::fs::{self, File};
use std::io;
use std::iter::successors;
use std::path::{Component, Path, PathBuf, absolute};

/// The most links on the way to something that are followed, as many as the kernel follows.
const MOST_LINKS: usize = 40;

/// The folder.
#[derive(Debug)]
pub struct Workspace {
    root: PathBuf,
    folder: Folder,
    /// Files, and folders with all that is below, that tools may not write.
    closed: Vec<PathBuf>,
    /// Those that they may not read either.
    hidden: Vec<PathBuf>,
}

impl Workspace {
    /// That of a program with these paths, whose settings and state are closed to tools.
    pub fn of(paths: &Paths) -> Outcome<Self> {
        Ok(Self::new(&paths.workspace)?.closing(paths.own()).hiding(paths.kept()))
    }

    /// The workspace at `root`, which must be an existing folder.
    pub fn new(root: impl AsRef<Path>) -> Outcome<Self> {
        let shown = root.as_ref().display().to_string();
        let broken = |error: io::Error| failed(&shown, &error).hint("the workspace must be an existing folder");
        let root = root.as_ref().canonicalize().map_err(broken)?;
        if !root.is_dir() {
            return Err(broken(io::Error::from(io::ErrorKind::NotADirectory)));
        }
        let folder = Folder::hold(&root).map_err(broken)?;
        Ok(Self { root, folder, closed: Vec::new(), hidden: Vec::new() })
    }

    /// The same with files and folders that may not be written; they need not exist. A folder that the workspace lies in
    /// closes nothing of it.
    pub fn closing(self, closed: Vec<PathBuf>) -> Self {
        Self { closed, ..self }
    }

    /// The same with files and folders that may not be read, as above.
    pub fn hiding(self, hidden: Vec<PathBuf>) -> Self {
        Self { hidden, ..self }
    }

    /// The canonical path of the folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The canonical path of an existing file or folder inside.
    ///
    /// Fails with `Denied` if `path` leads out or is hidden, `NotFound` if there is nothing, `Invalid` if it is no path.
    pub fn resolve_read(&self, path: &str) -> Outcome<PathBuf> {
        let target = self.target(path)?;
        let found = target.canonicalize();
        let real = match &found {
            Ok(real) => self.inside(path, real.clone())?,
            Err(_) => self.resolve_new(path, &target)?,
        };
        if self.hidden_inside().iter().any(|hidden| real.starts_with(hidden)) {
            return Err(Failure::new(FailureKind::Denied, format!("`{path}` belongs to rhizo itself"))
                .hint("a program may not look into its state; use another path"));
        }
        found.map(|_| real).map_err(|error| failed(path, &error))
    }

    /// The canonical path of a file inside that is there or could be made; its folders may be missing too.
    ///
    /// A link is followed, so that writing changes the file it leads to and not the link. Failures as above; what is
    /// closed is `Denied` too, and so are settings, in whatever folder, because they say what a program may do, and what
    /// git keeps: it runs the hooks that stand there, and what its settings name.
    pub fn resolve_write(&self, path: &str) -> Outcome<PathBuf> {
        let target = self.target(path)?;
        let real = match target.canonicalize() {
            Ok(real) => self.inside(path, real)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.resolve_new(path, &target)?,
            Err(error) => return Err(failed(path, &error)),
        };
        if real.file_name().is_some_and(|name| name.eq_ignore_ascii_case(PROJECT_FILE)) {
            return Err(Failure::new(FailureKind::Denied, format!("`{path}` holds settings of rhizo"))
                .hint("a program may not change them; write the file by hand"));
        }
        if self.relative(&real).components().any(|part| part.as_os_str().eq_ignore_ascii_case(".git")) {
            return Err(Failure::new(FailureKind::Denied, format!("`{path}` belongs to git"))
                .hint("what stands there is run by the next call of git; use another path"));
        }
        if self.is_closed(&real) {
            return Err(Failure::new(FailureKind::Denied, format!("`{path}` belongs to rhizo itself"))
                .hint("a program may change neither its settings nor its state; use another path"));
        }
        if real == self.root || real.is_dir() {
            return Err(Failure::new(FailureKind::Invalid, format!("`{path}` is a folder")).hint("name a file"));
        }
        Ok(real)
    }

    /// Opens a regular file inside for reading; failures as those of `resolve_read`.
    pub fn open(&self, path: &str) -> Outcome<File> {
        let real = self.resolve_read(path)?;
        let (folder, name) = beneath::split(self.relative(&real)).ok_or_else(|| is_folder(path))?;
        let file =
            self.folder.walk(&folder, false).and_then(|folder| folder.read(name)).map_err(|e| failed(path, &e))?;
        let kind = file.metadata().map_err(|error| failed(path, &error))?;
        if kind.is_dir() {
            return Err(is_folder(path));
        }
        if !kind.is_file() {
            return Err(Failure::new(FailureKind::Invalid, format!("`{path}` is not a regular file")));
        }
        Ok(file)
    }

    /// The folder that holds `real`, a path from `resolve_write`, and the name in it; makes missing folders.
    pub fn folder_of(&self, real: &Path) -> Outcome<(Folder, std::ffi::OsString)> {
        let shown = self.name_of(real);
        let (folder, name) = beneath::split(self.relative(real)).ok_or_else(|| is_folder(&shown))?;
        let folder = self.folder.walk(&folder, true).map_err(|error| failed(&shown, &error))?;
        Ok((folder, name.to_owned()))
    }

    /// How a path inside is shown: relative to the workspace; `.` for the workspace itself.
    pub fn name_of(&self, real: &Path) -> String {
        match self.relative(real) {
            empty if empty.as_os_str().is_empty() => ".".to_owned(),
            relative => relative.display().to_string(),
        }
    }

    /// What is closed is looked for at every call, because it may have been made since the last one.
    fn is_closed(&self, real: &Path) -> bool {
        let mut closed = self.closed.iter().flat_map(|path| way_to(path));
        closed.any(|closed| real.starts_with(&closed) && !self.root.starts_with(&closed))
    }

    /// What a command may not write, wherever it is: all that is closed but the file of a project, which lies where commands
    /// have to write. Links that lead there are among it, for who makes one anew says what is there.
    pub fn closed_to_commands(&self) -> Vec<PathBuf> {
        let is_project = |path: &&PathBuf| path.file_name().is_some_and(|name| name == PROJECT_FILE);
        let closed = self.closed.iter().filter(|path| !is_project(path)).flat_map(|path| way_to(path));
        closed.filter(|closed| !self.root.starts_with(closed)).collect()
    }

    /// Whether something that a command may not write lies in a folder or below it.
    pub fn closes_below(&self, folder: &Path) -> bool {
        let folder = as_far_as_there(folder);
        self.closed_to_commands().iter().any(|closed| closed.starts_with(&folder))
    }

    /// What may not be read of the workspace, as canonical paths.
    pub fn hidden_inside(&self) -> Vec<PathBuf> {
        let hidden = self.hidden.iter().map(|path| as_far_as_there(path));
        hidden.filter(|hidden| hidden.starts_with(&self.root) && *hidden != self.root).collect()
    }

    fn relative<'a>(&self, real: &'a Path) -> &'a Path {
        real.strip_prefix(&self.root).unwrap_or(real)
    }

    fn target(&self, path: &str) -> Outcome<PathBuf> {
        if path.is_empty() {
            return Err(Failure::new(FailureKind::Invalid, "the path is empty").hint("`.` is the workspace"));
        }
        if path.contains('\0') {
            return Err(Failure::new(FailureKind::Denied, format!("{path:?} contains a NUL byte"))
                .hint("no file name can contain one"));
        }
        Ok(self.root.join(path))
    }

    fn inside(&self, path: &str, real: PathBuf) -> Outcome<PathBuf> {
        if real.starts_with(&self.root) { Ok(real) } else { Err(self.outside(path)) }
    }

    /// The canonical path of something that is not there: its deepest existing folder must be inside.
    fn resolve_new(&self, path: &str, target: &Path) -> Outcome<PathBuf> {
        let mut existing = target;
        let mut missing = Vec::new();
        while fs::symlink_metadata(existing).is_err() {
            match existing.components().next_back() {
                Some(Component::Normal(name)) => missing.push(name),
                // `missing/..` names nothing, and guessing what it would name is how escapes begin.
                _ => return Err(self.outside(path)),
            }
            existing = existing.parent().ok_or_else(|| self.outside(path))?;
        }
        let real = existing.canonicalize().map_err(|error| self.dangling(path, existing, &error))?;
        let mut real = self.inside(path, real)?;
        if !missing.is_empty() && !real.is_dir() {
            return Err(failed(path, &io::Error::from(io::ErrorKind::NotADirectory)));
        }
        real.extend(missing.iter().rev());
        Ok(real)
    }

    /// A link whose target is missing could lead anywhere by the time it is used.
    fn dangling(&self, path: &str, link: &Path, error: &io::Error) -> Failure {
        if link.is_symlink() && error.kind() == io::ErrorKind::NotFound {
            let link = self.name_of(link);
            return Failure::new(
                FailureKind::Denied,
                format!("`{path}` goes through the link `{link}`, which leads nowhere"),
            )
            .hint("remove the link, or use another path");
        }
        failed(path, error)
    }

    fn outside(&self, path: &str) -> Failure {
        Failure::new(FailureKind::Denied, format!("`{path}` is outside of the workspace"))
            .hint(format!("tools touch only files below {}", self.root.display()))
    }
}

/// The canonical path of what exists of `path`, with the rest as it stands.
fn as_far_as_there(path: &Path) -> PathBuf {
    let real = path.ancestors().find_map(|above| {
        let rest = path.strip_prefix(above).ok()?;
        above.canonicalize().ok().map(|real| real.join(rest))
    });
    real.unwrap_or_else(|| path.to_path_buf())
}

/// The links on the way to `path`, each where it really lies, and last where they lead, as far as that is there.
fn way_to(path: &Path) -> Vec<PathBuf> {
    let links: Vec<_> = successors(first_link(path), |(_, beyond)| first_link(beyond)).take(MOST_LINKS).collect();
    let end = as_far_as_there(links.last().map_or(path, |(_, beyond)| beyond.as_path()));
    links.into_iter().map(|(link, _)| link).chain([end]).collect()
}

/// Where the first link on the way to `path` lies, and the path with what it says in its place.
fn first_link(path: &Path) -> Option<(PathBuf, PathBuf)> {
    // Without the slash at its end, which would have a link taken for the folder that it leads to.
    let path: PathBuf = absolute(path).ok()?.components().collect();
    let link = path.ancestors().filter(|above| above.is_symlink()).last()?;
    let folder = link.parent()?.canonicalize().ok()?;
    let beyond = folder.join(fs::read_link(link).ok()?).join(path.strip_prefix(link).ok()?);
    Some((folder.join(link.file_name()?), beyond))
}

fn is_folder(path: &str) -> Failure {
    Failure::new(FailureKind::Invalid, format!("`{path}` is a folder")).hint("list_dir shows what is in it")
}

/// What is wrong with a path, if it is known, whatever is missing now and may be there when it is used.
pub(crate) fn lasting(path: &Value, resolve: impl FnOnce(&str) -> Outcome<PathBuf>) -> Outcome<()> {
    match path.as_str().map(resolve) {
        Some(Err(failure)) if matches!(failure.kind, FailureKind::Denied | FailureKind::Invalid) => Err(failure),
        _ => Ok(()),
    }
}

/// The failure for an error of the file system about `path`.
pub(crate) fn failed(path: &str, error: &io::Error) -> Failure {
    let looped = error.raw_os_error() == Some(libc::ELOOP);
    match error.kind() {
        io::ErrorKind::NotFound => Failure::new(FailureKind::NotFound, format!("there is no `{path}`"))
            .hint("list_dir shows what there is; paths are relative to the workspace"),
        io::ErrorKind::PermissionDenied => {
            Failure::new(FailureKind::Denied, format!("`{path}`: the system denies access"))
        }
        io::ErrorKind::NotADirectory => {
            Failure::new(FailureKind::Invalid, format!("`{path}`: a part of it is not a folder"))
        }
        _ if looped => Failure::new(FailureKind::Denied, format!("`{path}`: a symbolic link that cannot be followed"))
            .hint("the link runs in a circle or was put there during the call"),
        _ => Failure::new(FailureKind::Io, format!("`{path}`: {error}")),
    }
}

#[cfg(test)]
mod tests;
