//! Personas: texts that say who a model is. A file of the project hides one of the user, which hides a built-in one.

use crate::config::bounded;
use crate::config::paths::Paths;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text::meant;
use std::path::Path;

/// The personas that come with rhizo.
const BUILT_IN: &[(&str, &str)] = &[("standard", include_str!("../../personas/standard.md"))];

/// The longest name of a persona, in bytes.
const LONGEST: usize = 64;

/// The most bytes of a persona's file.
const LARGEST: u64 = 256 * 1024;

/// The text of a persona: given is its name, or the text itself if it has blanks or other signs that no name has, as a
/// line end behind it.
pub fn text(paths: &Paths, given: &str) -> Outcome<String> {
    let is_text = given.ends_with('\n') || !is_name(given.trim());
    let given = given.trim();
    if given.is_empty() {
        return Err(Failure::new(FailureKind::Invalid, "the persona is empty"));
    }
    if is_text {
        return Ok(given.to_owned());
    }
    for folder in [&paths.project_personas, &paths.user_personas] {
        let file = folder.join(format!("{given}.md"));
        if *folder == paths.project_personas {
            confined(paths, &file)?;
        }
        match bounded::read(&file, LARGEST) {
            Ok(text) if text.trim().is_empty() => {
                return Err(Failure::new(FailureKind::Config, format!("the persona {} is empty", file.display())));
            }
            Ok(text) => return Ok(text.trim().to_owned()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                return Err(Failure::new(FailureKind::Io, format!("cannot read {}: {error}", file.display())));
            }
        }
    }
    let known = BUILT_IN.iter().find(|(name, _)| *name == given);
    known.map(|(_, text)| text.trim().to_owned()).ok_or_else(|| missing(paths, given))
}

/// A text in a form that is never taken for a name, not even if it is a single word.
pub fn as_text(text: &str) -> String {
    let end = if is_name(text) { "\n" } else { "" };
    format!("{text}{end}")
}

/// A persona of the project is sent to providers, so it must not be a link to a file of somewhere else.
fn confined(paths: &Paths, file: &Path) -> Outcome<()> {
    let (Ok(target), Ok(project)) = (file.canonicalize(), paths.workspace.canonicalize()) else {
        return Ok(());
    };
    if target.starts_with(&project) {
        return Ok(());
    }
    let what = format!("the persona {} leads out of the project, to {}", file.display(), target.display());
    let folder = paths.user_personas.display();
    Err(Failure::new(FailureKind::Denied, what).hint(format!("copy it into the project, or into {folder}")))
}

/// The standing instructions of a call: who the model is, then what it shall mind.
pub fn standing(paths: &Paths, persona: Option<&str>, system: Option<&str>) -> Outcome<Option<String>> {
    let persona = persona.map(|given| text(paths, given)).transpose()?;
    let parts: Vec<&str> = persona.as_deref().into_iter().chain(system).filter(|part| !part.is_empty()).collect();
    Ok(if parts.is_empty() { None } else { Some(parts.join("\n\n")) })
}

/// The names of all personas, those of the project first.
pub fn names(paths: &Paths) -> Vec<String> {
    let mut names = Vec::new();
    let files = [&paths.project_personas, &paths.user_personas].into_iter().flat_map(|folder| stems(folder));
    for name in files.chain(BUILT_IN.iter().map(|(name, _)| (*name).to_owned())) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// A name is one word, so that it cannot lead out of its folder and no text is taken for one.
fn is_name(given: &str) -> bool {
    given.len() <= LONGEST && given.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
}

fn missing(paths: &Paths, given: &str) -> Failure {
    let names = names(paths);
    let near =
        meant(given, names.iter().map(String::as_str)).unwrap_or_else(|| format!("personas: {};", names.join(", ")));
    let looked = [&paths.project_personas, &paths.user_personas].map(|folder| folder.display().to_string());
    Failure::new(FailureKind::NotFound, format!("there is no persona `{given}`")).hint(format!(
        "{near} looked for {given}.md in {} and {}; a text with blanks is taken as it is",
        looked[0], looked[1]
    ))
}

/// The names of the Markdown files in a folder. A folder that is not there holds no personas.
fn stems(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut stems: Vec<String> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "md"))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();
    stems.sort();
    stems
}
