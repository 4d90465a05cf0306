//! Completion of file names: the entries of the folder that is typed so far.

use rustyline::completion::Pair;
use std::path::Path;

/// The most entries that are offered.
const ENTRIES: usize = 500;

/// Where the last part of a typed path begins, and what it may become. `folder` is where relative paths begin.
/// Hidden entries are offered once their point is typed; folders end with `/`.
pub fn complete(typed: &str, folder: &Path) -> (usize, Vec<Pair>) {
    let start = typed.rfind('/').map_or(0, |slash| slash + 1);
    let (parent, partial) = typed.split_at(start);
    // A folder that cannot be read has nothing to offer.
    let Ok(entries) = std::fs::read_dir(folder.join(parent)) else {
        return (start, Vec::new());
    };
    let fits = entries.filter_map(Result::ok).filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let shown = name.starts_with(partial) && (partial.starts_with('.') || !name.starts_with('.'));
        let end = if entry.path().is_dir() { "/" } else { "" };
        shown.then(|| format!("{name}{end}"))
    });
    let mut names: Vec<String> = fits.take(ENTRIES).collect();
    names.sort();
    (start, names.into_iter().map(|name| Pair { display: name.clone(), replacement: name }).collect())
}

#[cfg(test)]
mod tests {
    use super::complete;

    #[test]
    fn entries_of_the_typed_folder_fit() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("notes/old")).unwrap();
        for name in ["notes/one.txt", "notes/.hidden", "note.md"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        for (typed, start, expect) in [
            ("no", 0, vec!["note.md", "notes/"]),
            ("notes/", 6, vec!["old/", "one.txt"]),
            ("notes/on", 6, vec!["one.txt"]),
            ("notes/.", 6, vec![".hidden"]),
            ("missing/", 8, vec![]),
        ] {
            let (at, pairs) = complete(typed, folder.path());
            let names: Vec<&str> = pairs.iter().map(|p| p.replacement.as_str()).collect();
            assert_eq!((at, names), (start, expect), "{typed}");
        }
    }
}
