//! Where the source of a program comes from: a file, a pipe, or the stored programs.

use crate::config::paths::Paths;
use crate::context::discover::unreadable;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::registry::programs::{self, SOURCE_LIMIT};
use std::io::Read;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

/// What a name means that no file has: the file of a stored program, or the source of one that comes with rhizo.
pub fn stored(paths: &Paths, named: &Path) -> (PathBuf, Option<String>) {
    let programs = if named.exists() { Vec::new() } else { programs::all(paths).0 };
    match programs.into_iter().find(|program| Path::new(&program.name) == named) {
        Some(program) if program.path.is_empty() => (named.to_owned(), Some(program.source)),
        Some(program) => (program.path.into(), None),
        None => (named.to_owned(), None),
    }
}

/// The source of a program; devices have no end, and are none.
pub fn read(file: &Path) -> Outcome<String> {
    let failed = |error: std::io::Error| unreadable(file, &error, Some(mend(&error).unwrap_or(TAKES)));
    let kind = std::fs::metadata(file).map_err(failed)?.file_type();
    if !kind.is_file() && !kind.is_fifo() {
        return Err(failed(std::io::Error::other("it is no file")));
    }
    let opened = std::fs::File::open(file).map_err(failed)?;
    bounded(opened).map_err(failed)
}

/// The same of a file that is meant as a program: by its name, as a pipe of a shell, or by how it begins.
pub fn meant(file: &Path) -> Outcome<String> {
    let source = read(file)?;
    let named = file.extension().is_some_and(|suffix| suffix.eq_ignore_ascii_case("rhai"));
    // What began with `#!` begins with a comment now, as front matter does.
    if named || !file.is_file() || source.starts_with("//") {
        return Ok(source);
    }
    Err(Failure::new(FailureKind::Invalid, format!("{} is no program by its name", file.display())).hint(NAMES))
}

/// How a program is known.
const NAMES: &str =
    "a program ends in .rhai and a pipeline in .yaml; a program of another name begins with `#!` or `//`";

/// What `run` is given, where nothing is near.
pub const TAKES: &str =
    "rhizo run takes a .rhai or a .yaml file, or the name of a stored program; `rhizo scripts list` lists these";

/// What can be done about text that cannot be read.
fn mend(error: &std::io::Error) -> Option<&'static str> {
    let is_foreign = error.kind() == std::io::ErrorKind::InvalidData;
    is_foreign.then_some("a program is text in UTF-8: save it in that encoding")
}

/// A program from standard input.
pub fn piped() -> Outcome<String> {
    bounded(std::io::stdin()).map_err(|error| {
        let message = format!("cannot read the program from standard input: {error}");
        Failure { hint: mend(&error).map(ToOwned::to_owned), ..Failure::new(FailureKind::Io, message) }
    })
}

/// The text of a program. An endless pipe ends too: one byte more than a program may have is refused as any other that
/// is too long.
fn bounded(from: impl Read) -> std::io::Result<String> {
    let most = u64::try_from(SOURCE_LIMIT).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    from.take(most).read_to_end(&mut bytes)?;
    if bytes.len() > SOURCE_LIMIT {
        return Ok(String::from_utf8_lossy(&bytes).into_owned());
    }
    let no_text = |_| std::io::Error::new(std::io::ErrorKind::InvalidData, "stream did not contain valid UTF-8");
    String::from_utf8(bytes).map(without_signs).map_err(no_text)
}

/// The text without a byte order mark. A program that is itself executable begins with `#!`, which becomes a comment so
/// that lines keep their numbers: one with a blank, for `///` would document what follows.
fn without_signs(source: String) -> String {
    let text = source.strip_prefix('\u{feff}').unwrap_or(&source);
    match text.strip_prefix("#!") {
        Some(rest) => format!("// {rest}"),
        None => text.to_owned(),
    }
}
