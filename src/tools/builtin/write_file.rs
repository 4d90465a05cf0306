//! `write_file`: text into a file of the workspace. A crash or a full disk leaves the old text or the new, never half.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::tool::{EffectClass, Permission};
use crate::tools::beneath::Folder;
use crate::tools::tool::ToolContext;
use crate::tools::typed::TypedTool;
use crate::tools::workspace::{self, Workspace, lasting};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::fs::{File, Permissions};
use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicU64, Ordering};

/// A detail of the failure that the file is there already.
pub const EXISTS: &str = "exists";

/// The tool.
pub struct WriteFile;

/// What to do about a file that is already there.
#[derive(Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Fail, unless it has this text already.
    #[default]
    Create,
    /// Replace its text.
    Overwrite,
    /// Add to its end.
    Append,
}

/// Its arguments.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The file, relative to the workspace; missing folders are made.
    path: String,
    /// The text.
    text: String,
    /// What to do about a file that is already there.
    #[serde(default)]
    mode: Mode,
}

/// What it answers.
#[derive(Serialize, JsonSchema)]
pub struct Written {
    /// The file, relative to the workspace.
    path: String,
    /// How many bytes were written.
    bytes: usize,
}

impl TypedTool for WriteFile {
    type Args = Args;
    type Answer = Written;
    const NAME: &'static str = "write_file";
    const SUMMARY: &'static str = "Writes text to a file of the workspace: a new one, over an old one, or at its end.";
    const RETURNS: &'static str = "A map `{path, bytes}`: the file and how many bytes were written.";
    const EFFECT: EffectClass = EffectClass::Write;
    const PERMISSION: Permission = Permission::Write;
    const TAGS: &'static [&'static str] = &["file", "save", "store", "create", "append", "text"];

    fn examples() -> Vec<(Value, &'static str)> {
        vec![
            (json!({"path": "out/report.txt", "text": "done\n"}), "a new file in a new folder"),
            (json!({"path": "notes.txt", "text": "more\n", "mode": "append"}), "a line at the end"),
        ]
    }

    fn check(args: &Value, workspace: &Workspace) -> Outcome<()> {
        lasting(&args["path"], |path| workspace.resolve_write(path))
    }

    fn foresee(args: &Value, workspace: &Workspace) -> Outcome<()> {
        let text = |name: &str| args[name].as_str().unwrap_or_default();
        let real = workspace.resolve_write(text("path"))?;
        let makes = matches!(Mode::deserialize(&args["mode"]).unwrap_or_default(), Mode::Create);
        let same =
            || workspace.open(text("path")).is_ok_and(|file| has(file, text("text").as_bytes()).unwrap_or(false));
        if makes && real.exists() && !same() { Err(exists(text("path"))) } else { Ok(()) }
    }

    async fn run(args: Args, cx: &ToolContext) -> Outcome<Written> {
        cx.blocking(move |cx| write(&args, &cx)).await
    }
}

fn write(args: &Args, cx: &ToolContext) -> Outcome<Written> {
    let real = cx.workspace.resolve_write(&args.path)?;
    let (folder, name) = cx.workspace.folder_of(&real)?;
    let text = args.text.as_bytes();
    let written = match args.mode {
        Mode::Create => create(&folder, &name, text),
        Mode::Overwrite => replace(&folder, &name, text),
        Mode::Append => append(&folder, &name, text),
    };
    written.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => exists(&args.path),
        _ => workspace::failed(&args.path, &error),
    })?;
    Ok(Written { path: cx.workspace.name_of(&real), bytes: text.len() })
}

fn exists(path: &str) -> Failure {
    Failure::new(FailureKind::Invalid, format!("`{path}` exists already"))
        .hint("use mode \"overwrite\" or \"append\", or another path")
        .detail(EXISTS, true)
}

/// Puts bytes into a file of the workspace, over what is there: what `write_file` does with mode `overwrite`.
///
/// # Errors
/// As the tool: `denied` outside of the workspace, `invalid` for a folder, `io`.
pub fn put(path: &str, bytes: &[u8], cx: &ToolContext) -> Outcome<Value> {
    let real = cx.workspace.resolve_write(path)?;
    let (folder, name) = cx.workspace.folder_of(&real)?;
    replace(&folder, &name, bytes).map_err(|error| workspace::failed(path, &error))?;
    WriteFile::value(Written { path: cx.workspace.name_of(&real), bytes: bytes.len() })
}

/// Takes the name first, so that of two creators one fails, and then fills it as `replace` does. A call that is made
/// again after a kill finds its own text, and has nothing left to do.
fn create(folder: &Folder, name: &OsStr, text: &[u8]) -> io::Result<()> {
    match folder.create_new(name) {
        // That it cannot be compared says nothing that matters more than that it is there.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let same = folder.read(name).and_then(|file| has(file, text)).unwrap_or(false);
            return if same { Ok(()) } else { Err(error) };
        }
        made => made?,
    };
    replace(folder, name, text).inspect_err(|_| {
        // The error that matters is the first one; an empty file may stay behind.
        drop(folder.remove(name));
    })
}

/// Whether a file has exactly this text.
fn has(file: File, text: &[u8]) -> io::Result<bool> {
    regular(&file)?;
    let length = file.metadata()?.len();
    if usize::try_from(length) != Ok(text.len()) {
        return Ok(false);
    }
    let mut found = Vec::with_capacity(text.len());
    file.take(length).read_to_end(&mut found)?;
    Ok(found == text)
}

fn replace(folder: &Folder, name: &OsStr, text: &[u8]) -> io::Result<()> {
    let permissions = match folder.read(name) {
        Ok(old) => Some(writable(&old)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let (spare, mut file) = spare_file(folder)?;
    let filled = file
        .write_all(text)
        .and_then(|()| permissions.map_or(Ok(()), |permissions| file.set_permissions(permissions)))
        .and_then(|()| file.sync_all())
        .and_then(|()| folder.rename(spare.as_ref(), name));
    if filled.is_err() {
        // The error that matters is the first one; the spare file may stay behind.
        drop(folder.remove(spare.as_ref()));
    }
    filled.and_then(|()| folder.sync())
}

fn append(folder: &Folder, name: &OsStr, text: &[u8]) -> io::Result<()> {
    let mut file = folder.append(name)?;
    regular(&file)?;
    file.write_all(text)?;
    file.sync_all()?;
    folder.sync()
}

fn regular(file: &File) -> io::Result<Permissions> {
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    Ok(found.permissions())
}

/// A rename would get past the write protection of the file that it replaces.
fn writable(file: &File) -> io::Result<Permissions> {
    let permissions = regular(file)?;
    if permissions.readonly() {
        return Err(io::Error::from(io::ErrorKind::PermissionDenied));
    }
    Ok(permissions)
}

/// A new file next to the one that it will replace, because a rename works within one file system only.
fn spare_file(folder: &Folder) -> io::Result<(String, File)> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    loop {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!(".rhizo-{}-{number}.tmp", std::process::id());
        match folder.create_new(name.as_ref()) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|file| (name, file)),
        }
    }
}
