//! Which files a path, a folder or a glob means. It opens none of them.

use crate::context::poll::Poll;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text::nearest_file;
use globset::{GlobBuilder, GlobMatcher};
use ignore::WalkBuilder;
use std::error::Error;
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};

/// A file that an input means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where it is.
    pub path: PathBuf,
    /// What it is to be called.
    pub name: String,
    /// What it is to be called if another is called so: its path as given.
    pub given: String,
    /// Whether it was named itself, so that it may not be left out silently.
    pub explicit: bool,
}

/// The files that an input means, and what was left out, with the reason.
#[derive(Clone, Debug, Default)]
pub struct Finds {
    /// The files, in the order of their paths.
    pub files: Vec<Found>,
    /// Names and reasons.
    pub skipped: Vec<(String, String)>,
    /// The first folder that may not be read.
    pub closed: Option<PathBuf>,
}

impl Finds {
    /// Notes what a walk could not look at, and why in the words of the system: those of the walk have the path in them.
    fn pass_by(&mut self, place: &Path, name: String, error: &ignore::Error) {
        let failed = error.io_error();
        let said = failed.and_then(|error| error.source());
        self.skipped.push((name, said.map_or_else(|| error.to_string(), ToString::to_string)));
        if failed.is_some_and(|error| error.kind() == ErrorKind::PermissionDenied) {
            self.closed.get_or_insert_with(|| place.to_owned());
        }
    }

    /// Itself, if it has anything to tell; a folder that may not be read says more than `none`.
    fn or(self, none: impl FnOnce() -> Failure) -> Outcome<Self> {
        match &self.closed {
            _ if !self.files.is_empty() => Ok(self),
            Some(closed) => Err(barred("read", closed, &io::Error::from(ErrorKind::PermissionDenied))),
            None if self.skipped.is_empty() => Err(none()),
            None => Ok(self),
        }
    }
}

/// What is told of an empty path. It would mean the whole folder, which nobody asks for in that way.
pub const EMPTY: &str = "an empty path names nothing";

/// What an empty path mostly comes from.
pub const UNSET: &str = "a variable of the shell may be unset";

/// What is told to who may not read something.
const CLOSED: &str = "`ls -ld` shows who may read it; its owner changes that with chmod";

/// Looks up `path`, relative to `base`: a file, a folder (without hidden and git-ignored files) or a glob.
///
/// Fails with `NotFound` and the nearest name, or if there is nothing in it; with `Denied` or `Io` if it cannot be read;
/// with `Invalid` if it is empty.
pub fn discover(path: &Path, base: &Path, poll: &Poll) -> Outcome<Finds> {
    if path.as_os_str().is_empty() {
        return Err(Failure::new(FailureKind::Invalid, EMPTY).hint(UNSET));
    }
    let full = base.join(path);
    match full.metadata() {
        Ok(data) if data.is_dir() => folder(&full, (path, base), poll),
        Ok(_) => {
            let (name, given) = (name_of(&full, base, full.parent()), path.display().to_string());
            let found = Found { name, given, path: full, explicit: true };
            Ok(Finds { files: vec![found], ..Finds::default() })
        }
        Err(error) if error.kind() == ErrorKind::NotFound && is_glob(path) => glob(path, base, poll),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Err(missing(path, &full))
        }
        Err(error) => Err(barred("look at", path, &error)),
    }
}

/// The failure for a file or folder that cannot be opened, read or looked at.
pub fn barred(act: &str, path: &Path, error: &io::Error) -> Failure {
    let kind = match error.kind() {
        ErrorKind::PermissionDenied => FailureKind::Denied,
        _ => FailureKind::of_io(error),
    };
    let failure = Failure::new(kind, format!("cannot {act} {}: {error}", path.display()));
    if kind == FailureKind::Denied { failure.hint(CLOSED) } else { failure }
}

fn folder(full: &Path, typed: (&Path, &Path), poll: &Poll) -> Outcome<Finds> {
    walk(full, full.parent(), typed, true, None, poll)?.or(|| {
        Failure::new(FailureKind::NotFound, format!("folder {} has no files", full.display()))
            .hint("hidden and git-ignored files are left out; name them, or use a glob such as 'folder/.*'")
    })
}

fn is_glob(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '[', '{'])
}

/// First as a folder is read; if that finds nothing, among hidden and ignored files too, since they were asked for.
fn glob(path: &Path, base: &Path, poll: &Poll) -> Outcome<Finds> {
    // What is above the pattern is taken as it is, and with it a folder that is called like a pattern.
    let mut root = base.to_owned();
    let mut parts = path.components().filter(|part| *part != Component::CurDir).peekable();
    while let Some(part) = parts.next_if(|part| !is_glob(Path::new(part)) || root.join(part).is_dir()) {
        root.push(part);
    }
    if !root.is_dir() {
        return Err(missing(path, &root));
    }
    let pattern: PathBuf = parts.collect();
    let text = pattern.to_string_lossy();
    let matcher = GlobBuilder::new(&text)
        .literal_separator(true)
        .build()
        .map_err(|error| {
            Failure::new(FailureKind::Invalid, format!("the glob {:?} is not valid: {}", path.display(), error.kind()))
                .hint("put a backslash before * ? [ { that are meant as they are")
        })?
        .compile_matcher();
    // Without `**` a match lies as deep as the pattern has parts, at most: a `/` between braces counts, too.
    let shape = Shape { matcher, depth: (!text.contains("**")).then_some(pattern.components().count()) };
    let look = |respect| walk(&root, Some(&root), (path, base), respect, Some(&shape), poll);
    let mut finds = look(true)?;
    if finds.files.is_empty() {
        finds = look(false)?;
    }
    finds.or(|| {
        Failure::new(FailureKind::NotFound, format!("no file matches {:?}", path.display()))
            .hint("* stays within a folder; use ** for all folders below")
    })
}

/// What a file has to be like below the root of a walk, and how far below it can be.
struct Shape {
    matcher: GlobMatcher,
    depth: Option<usize>,
}

/// The files below `root`, which `path` means from `base`.
fn walk(
    root: &Path,
    outside: Option<&Path>,
    (path, base): (&Path, &Path),
    respect: bool,
    shape: Option<&Shape>,
    poll: &Poll,
) -> Outcome<Finds> {
    let mut finds = Finds::default();
    let mut walker = WalkBuilder::new(root);
    // A .gitignore counts outside a repository too: people unpack archives.
    walker.standard_filters(respect).require_git(false).sort_by_file_path(Ord::cmp);
    walker.max_depth(shape.and_then(|shape| shape.depth));
    for entry in walker.build() {
        poll.check()?;
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let place = place_of(&error).unwrap_or(root);
                finds.pass_by(place, name_of(place, base, outside), &error);
                continue;
            }
        };
        let below = entry.path().strip_prefix(root).unwrap_or(entry.path());
        // The root itself may be a link: it was named.
        let is_root = below.as_os_str().is_empty();
        if is_root || shape.is_some_and(|shape| !shape.matcher.is_match(below)) {
            continue;
        }
        let name = name_of(entry.path(), base, outside);
        match entry.file_type() {
            Some(kind) if kind.is_file() => {
                let given = given(entry.path(), path, base);
                finds.files.push(Found { path: entry.into_path(), name, given, explicit: false });
            }
            Some(kind) if kind.is_symlink() => finds.skipped.push((name, "a symbolic link".to_owned())),
            Some(kind) if kind.is_dir() => {}
            _ => finds.skipped.push((name, "not a regular file".to_owned())),
        }
    }
    Ok(finds)
}

/// What could not be looked at.
fn place_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => place_of(err),
        _ => None,
    }
}

/// The path of a file as whoever typed `path` would type it.
fn given(file: &Path, path: &Path, base: &Path) -> String {
    let below = file.strip_prefix(base).ok().filter(|_| path.is_relative());
    below.unwrap_or(file).display().to_string()
}

/// The path relative to the base, or else to `outside`, with `/` between its parts.
fn name_of(path: &Path, base: &Path, outside: Option<&Path>) -> String {
    let path = tidy(path);
    let inside = path.strip_prefix(tidy(base)).ok();
    let name = inside.or_else(|| outside.and_then(|outside| path.strip_prefix(tidy(outside)).ok())).unwrap_or(&path);
    name.to_string_lossy().into_owned()
}

/// The path without `.` parts, and without `..` where the part before it is in the path.
fn tidy(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(clean.components().next_back(), Some(Component::Normal(_))) => {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    clean
}

fn missing(path: &Path, full: &Path) -> Failure {
    if let Ok(target) = full.read_link() {
        let told = format!("the link {} leads to {:?}, where nothing is", full.display(), target.display());
        return Failure::new(FailureKind::NotFound, told)
            .hint("mend it, or name what it was meant to lead to; a glob in quotes passes it by");
    }
    let failure = Failure::new(FailureKind::NotFound, format!("there is no file or folder {:?}", path.display()));
    let Some(folder) = full.parent() else { return failure };
    match similar(path, full) {
        Some(near) => failure.hint(near),
        None if !folder.is_dir() => failure.hint(format!("the folder {} does not exist either", folder.display())),
        None => failure.hint(format!("the folder {} has no entry of a similar name", folder.display())),
    }
}

/// The failure for a file that cannot be read, with the entry of its folder that was perhaps meant, else with `hint`.
pub fn unreadable(path: &Path, error: &io::Error, hint: Option<&str>) -> Failure {
    let kind = FailureKind::of_io(error);
    let failure = Failure::new(kind, format!("cannot read {}: {error}", path.display()));
    let near = similar(path, path).filter(|_| kind == FailureKind::NotFound);
    match near.or_else(|| hint.map(ToOwned::to_owned)) {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// A hint at the entry of the same folder whose name is nearest; `full` is where `path` leads.
pub fn similar(path: &Path, full: &Path) -> Option<String> {
    let folder = full.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let entries = folder.read_dir().ok()?.flatten();
    let names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    let near = nearest_file(&full.file_name()?.to_string_lossy(), names.iter().map(String::as_str))?.to_owned();
    Some(format!("did you mean {:?}?", path.with_file_name(near).display()))
}

#[cfg(test)]
mod tests;
