//! Completion of file names: the entries of the folder that is typed so far.

use crate::repl::words::{Word, words};
use rustyline::completion::Pair;
use std::fs::DirEntry;
use std::path::Path;

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
        shown.then(|| if is_folder(&entry) { format!("{name}/") } else { name })
    });
    let mut names: Vec<String> = fits.collect();
    names.sort();
    (start, names.into_iter().map(|name| Pair { display: name.clone(), replacement: name }).collect())
}

/// Whether an entry is a folder. Only of a link the file system is asked: a folder may have very many entries.
fn is_folder(entry: &DirEntry) -> bool {
    entry.file_type().is_ok_and(|kind| kind.is_dir() || (kind.is_symlink() && entry.path().is_dir()))
}

/// The same for the last of several paths behind a command, where a name with blanks stands in quotes.
pub fn complete_last(argument: &str, folder: &Path) -> (usize, Vec<Pair>) {
    let typed = argument.trim_start();
    let whole = Word { text: typed, start: argument.len() - typed.len(), end: argument.len(), quote: None };
    let nothing = Word { text: "", start: argument.len(), end: argument.len(), quote: None };
    // Behind a blank another path begins, unless a name with blanks has been begun without quotes.
    let last = words(argument).pop().filter(|word| word.end == argument.len()).unwrap_or(nothing);
    let (start, pairs) = of_word(&whole, folder);
    if pairs.is_empty() { of_word(&last, folder) } else { (start, pairs) }
}

fn of_word(word: &Word<'_>, folder: &Path) -> (usize, Vec<Pair>) {
    let (inner, mut pairs) = complete(word.text, folder);
    let parted = |text: &str| text.contains(char::is_whitespace);
    if word.quote.is_none() && !parted(word.text) && !pairs.iter().any(|pair| parted(&pair.replacement)) {
        return (word.start + inner, pairs);
    }
    let (parent, _) = word.text.split_at(inner);
    for pair in &mut pairs {
        let path = format!("{parent}{}", pair.replacement);
        pair.replacement = if word.quote.is_some() || parted(&path) { quoted(&path, word.quote) } else { path };
    }
    (word.start, pairs)
}

/// A path in quotes; those of a folder stay open, as its entries may follow.
fn quoted(path: &str, given: Option<char>) -> String {
    let quote = given.unwrap_or(if path.contains('"') { '\'' } else { '"' });
    if path.ends_with('/') { format!("{quote}{path}") } else { format!("{quote}{path}{quote}") }
}

#[cfg(test)]
mod tests {
    use super::{complete, complete_last};

    #[test]
    fn names_with_blanks_come_in_quotes() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("my notes")).unwrap();
        for name in ["my notes/one two.txt", "my notes/six.txt", "plain.txt", "say \"a b\""] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        for (typed, start, expect) in [
            ("pl", 0, vec!["plain.txt"]),
            ("x pl", 2, vec!["plain.txt"]),
            ("m", 0, vec!["\"my notes/"]),
            ("my no", 0, vec!["\"my notes/"]),
            ("x 'my no", 2, vec!["'my notes/"]),
            ("\"my notes/", 0, vec!["\"my notes/one two.txt\"", "\"my notes/six.txt\""]),
            ("\"my notes/s", 0, vec!["\"my notes/six.txt\""]),
            ("sa", 0, vec!["'say \"a b\"'"]),
            ("nothing", 0, vec![]),
        ] {
            let (at, pairs) = complete_last(typed, folder.path());
            let names: Vec<&str> = pairs.iter().map(|p| p.replacement.as_str()).collect();
            assert_eq!((at, names), (start, expect), "{typed}");
        }
        assert_eq!(complete_last("plain.txt ", folder.path()).1.len(), 3, "another path begins");
    }

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
