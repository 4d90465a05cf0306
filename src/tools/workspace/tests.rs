//! Paths that must stay inside, and paths that must not get in.

use super::Workspace;
use crate::core::failure::FailureKind;
use crate::tools::beneath::Folder;
use std::fs;
use std::io::Read;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder with `outside/secret.txt`, and beside that the workspace `work` with a few links in it.
fn prepared() -> (TempDir, PathBuf, Workspace) {
    let top = TempDir::new().unwrap();
    let base = top.path().canonicalize().unwrap();
    fs::create_dir_all(base.join("outside")).unwrap();
    fs::write(base.join("outside/secret.txt"), "secret").unwrap();
    let work = base.join("work");
    fs::create_dir_all(work.join("sub/deep")).unwrap();
    fs::write(work.join("a.txt"), "alpha").unwrap();
    fs::write(work.join("sub/b.txt"), "beta").unwrap();
    symlink("../outside", work.join("escape")).unwrap();
    symlink(base.join("outside/secret.txt"), work.join("secret")).unwrap();
    symlink("../../outside", work.join("sub/up")).unwrap();
    symlink("a.txt", work.join("inner")).unwrap();
    symlink(work.join("sub"), work.join("absolute")).unwrap();
    symlink("../outside/new.txt", work.join("dangling")).unwrap();
    symlink("circle", work.join("circle")).unwrap();
    let workspace = Workspace::new(&work).unwrap();
    (top, work, workspace)
}

#[test]
fn reading_stays_inside() {
    let (_top, work, workspace) = prepared();
    let absolute = work.join("a.txt").display().to_string();
    let sibling = format!("{}-2/x", work.display());
    for (path, expect) in [
        ("a.txt", Ok("a.txt")),
        ("./sub/../a.txt", Ok("a.txt")),
        (absolute.as_str(), Ok("a.txt")),
        ("inner", Ok("a.txt")),
        ("absolute/b.txt", Ok("sub/b.txt")),
        ("absolute/../a.txt", Ok("a.txt")),
        (".", Ok("")),
        ("..", Err(FailureKind::Denied)),
        ("../outside/secret.txt", Err(FailureKind::Denied)),
        ("sub/../../outside/secret.txt", Err(FailureKind::Denied)),
        ("../no-such-thing", Err(FailureKind::Denied)),
        ("/etc/passwd", Err(FailureKind::Denied)),
        ("/no/such/file", Err(FailureKind::Denied)),
        (sibling.as_str(), Err(FailureKind::Denied)),
        ("escape/secret.txt", Err(FailureKind::Denied)),
        ("escape/no-such-thing", Err(FailureKind::Denied)),
        ("secret", Err(FailureKind::Denied)),
        ("sub/up/secret.txt", Err(FailureKind::Denied)),
        ("dangling", Err(FailureKind::Denied)),
        ("missing/../../outside/secret.txt", Err(FailureKind::Denied)),
        ("a\0b", Err(FailureKind::Denied)),
        ("circle", Err(FailureKind::Denied)),
        ("", Err(FailureKind::Invalid)),
        ("a.txt/x", Err(FailureKind::Invalid)),
        ("missing.txt", Err(FailureKind::NotFound)),
        ("missing/x.txt", Err(FailureKind::NotFound)),
    ] {
        let got = workspace.resolve_read(path).map_err(|failure| failure.kind);
        assert_eq!(got, expect.map(|relative| work.join(relative)).map(trimmed), "{path:?}");
    }
}

#[test]
fn writing_stays_inside() {
    let (_top, work, workspace) = prepared();
    fs::write(work.join("sub/deep/rhizo.toml"), "").unwrap();
    symlink("sub/deep/rhizo.toml", work.join("settings")).unwrap();
    for (path, expect) in [
        ("new.txt", Ok("new.txt")),
        ("x/y/z.txt", Ok("x/y/z.txt")),
        ("inner", Ok("a.txt")),
        ("absolute/new.txt", Ok("sub/new.txt")),
        ("dangling", Err(FailureKind::Denied)),
        ("secret", Err(FailureKind::Denied)),
        ("escape/new.txt", Err(FailureKind::Denied)),
        ("escape/x/new.txt", Err(FailureKind::Denied)),
        ("../new.txt", Err(FailureKind::Denied)),
        ("x/../../new.txt", Err(FailureKind::Denied)),
        ("/tmp/new.txt", Err(FailureKind::Denied)),
        ("rhizo.toml", Err(FailureKind::Denied)),
        ("sub/../Rhizo.toml", Err(FailureKind::Denied)),
        ("sub/new/rhizo.toml", Err(FailureKind::Denied)),
        ("settings", Err(FailureKind::Denied)),
        (".git/hooks/pre-commit", Err(FailureKind::Denied)),
        ("sub/.GIT/config", Err(FailureKind::Denied)),
        (".gitignore", Ok(".gitignore")),
        ("my.rhizo.toml", Ok("my.rhizo.toml")),
        ("sub", Err(FailureKind::Invalid)),
        (".", Err(FailureKind::Invalid)),
        ("a.txt/x", Err(FailureKind::Invalid)),
    ] {
        let got = workspace.resolve_write(path).map_err(|failure| failure.kind);
        assert_eq!(got, expect.map(|relative| work.join(relative)), "{path:?}");
    }
}

#[test]
fn what_is_closed_is_not_written() {
    let (top, work, workspace) = prepared();
    fs::create_dir(work.join("own")).unwrap();
    symlink("own", work.join("way")).unwrap();
    symlink("sub/b.txt", work.join("linked.toml")).unwrap();
    symlink("sub/loose", work.join("loose")).unwrap();
    symlink("missing/sub", work.join("sub/loose")).unwrap();
    let closed = ["own", "linked.toml", "later/state", "loose/state"].map(|path| work.join(path));
    let workspace = workspace.closing(closed.into_iter().chain([top.path().to_path_buf()]).collect());
    for (path, expect) in [
        ("own/new.txt", Err(FailureKind::Denied)),
        ("way/x/new.txt", Err(FailureKind::Denied)),
        ("sub/b.txt", Err(FailureKind::Denied)),
        ("linked.toml", Err(FailureKind::Denied)),
        ("later/state/rhizo.db", Err(FailureKind::Denied)),
        ("later/stated", Ok("later/stated")),
        ("sub/missing/sub/state/rhizo.db", Err(FailureKind::Denied)),
        ("sub/missing/new.txt", Ok("sub/missing/new.txt")),
        ("a.txt", Ok("a.txt")),
    ] {
        let got = workspace.resolve_write(path).map_err(|failure| failure.kind);
        assert_eq!(got, expect.map(|relative| work.join(relative)), "{path:?}");
    }
    assert!(workspace.resolve_read("sub/b.txt").is_ok());
}

#[test]
fn what_is_hidden_is_not_read() {
    let (top, work, workspace) = prepared();
    symlink("sub/deep", work.join("way")).unwrap();
    let workspace = workspace.hiding(vec![work.join("way"), work.join("later"), top.path().to_path_buf()]);
    for (path, expect) in [
        ("sub/deep", Err(FailureKind::Denied)),
        ("way", Err(FailureKind::Denied)),
        ("sub/deep/none", Err(FailureKind::Denied)),
        ("later/none", Err(FailureKind::Denied)),
        ("sub/b.txt", Ok("sub/b.txt")),
        (".", Ok("")),
    ] {
        let got = workspace.resolve_read(path).map_err(|failure| failure.kind);
        assert_eq!(got, expect.map(|relative| work.join(relative)).map(trimmed), "{path:?}");
    }
}

#[test]
fn refusals_say_where_the_border_is() {
    let (_top, work, workspace) = prepared();
    let failure = workspace.resolve_read("/etc/passwd").unwrap_err();
    assert_eq!(failure.message, "`/etc/passwd` is outside of the workspace");
    assert!(failure.hint.unwrap().contains(&work.display().to_string()));
    assert!(Workspace::new(work.join("a.txt")).is_err());
    assert_eq!(Workspace::new(work.join("nowhere")).unwrap_err().kind, FailureKind::NotFound);
}

#[test]
fn opening_reads_regular_files_only() {
    let (_top, work, workspace) = prepared();
    let mut text = String::new();
    workspace.open("absolute/b.txt").unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "beta");
    assert_eq!(workspace.open("sub").unwrap_err().kind, FailureKind::Invalid);
    assert_eq!(workspace.open(".").unwrap_err().kind, FailureKind::Invalid);
    let made = std::process::Command::new("mkfifo").arg(work.join("pipe")).status().unwrap();
    assert!(made.success());
    assert_eq!(workspace.open("pipe").unwrap_err().kind, FailureKind::Invalid);
}

#[test]
fn a_component_swapped_for_a_link_is_not_followed() {
    let (_top, work, _workspace) = prepared();
    let folder = Folder::hold(&work).unwrap();
    assert!(folder.walk(Path::new("sub/deep"), false).is_ok());
    // What `open` would meet if somebody swapped `sub` for a link after the path was resolved.
    assert!(folder.walk(Path::new("escape"), false).is_err());
    assert!(folder.walk(Path::new("escape"), true).is_err());
    assert!(folder.walk(Path::new("../outside"), false).is_err());
    assert!(folder.read("secret".as_ref()).is_err());
    assert!(folder.append("dangling".as_ref()).is_err());
    assert!(folder.create_new("dangling".as_ref()).is_err());
}

fn trimmed(path: PathBuf) -> PathBuf {
    path.components().collect()
}
