//! The open documents of a run, by unique names. It searches none of them.

use crate::context::discover::{Found, barred, discover};
use crate::context::document::{Document, SMALL};
use crate::context::poll::Poll;
use crate::context::sniff::binary;
use crate::context::spool::spool;
use crate::context::unknown::unknown;
use crate::context::view::View;
use crate::core::document::SpanRef;
use crate::core::failure::{Failure, FailureKind, Outcome};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Small files are read instead of mapped until they take this much memory.
const OWNED_BYTES: usize = 32 << 20;

/// Something to open.
pub enum Input {
    /// A file, a folder or a glob.
    Path(PathBuf),
    /// What a pipe delivers, read to its end; called `stdin`.
    Stdin(Box<dyn Read + Send>),
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(f, "Path({})", path.display()),
            Self::Stdin(_) => f.write_str("Stdin"),
        }
    }
}

/// How to open.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    /// The folder that relative paths and names are relative to.
    pub base: PathBuf,
    /// The most documents.
    pub max_documents: usize,
    /// Where a pipe's text is kept while it is open; the system's place for temporary files if not given.
    pub spool: Option<PathBuf>,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self { base: PathBuf::from("."), max_documents: 100_000, spool: None }
    }
}

/// The open documents of a run.
#[derive(Debug, Default)]
pub struct Library {
    shelf: RwLock<Shelf>,
    skipped: Vec<(String, String)>,
}

#[derive(Debug, Default)]
struct Shelf {
    documents: Vec<Arc<Document>>,
    by_name: HashMap<String, usize>,
    owned: usize,
}

impl Shelf {
    fn add(&mut self, document: Document) -> Arc<Document> {
        let document = Arc::new(document);
        if document.is_owned() {
            self.owned += document.len();
        }
        self.by_name.insert(document.name().to_owned(), self.documents.len());
        self.documents.push(Arc::clone(&document));
        document
    }

    /// The name; if it is taken the path as given, which tells the two apart, or else the name with a number behind it.
    fn free_name(&self, name: &str, given: &str) -> String {
        let numbered = (2..).map(|number| format!("{name} ({number})"));
        let mut names = [name, given].map(ToOwned::to_owned).into_iter().chain(numbered);
        names.find(|name| !self.by_name.contains_key(name)).unwrap_or_default()
    }
}

impl Library {
    /// Opens the inputs in order; a file that two of them mean is opened once.
    ///
    /// Fails with `NotFound`, `Denied`, `Io`, `Invalid` (a binary file named itself, or too many files) or the poll's
    /// failure. Binary and unreadable files of a folder are skipped and listed.
    pub fn open(inputs: Vec<Input>, options: &OpenOptions, poll: &Poll) -> Outcome<Self> {
        let mut library = Self::default();
        let mut seen = HashSet::new();
        for input in inputs {
            match input {
                Input::Path(path) => library.add_path(&path, options, &mut seen, poll)?,
                Input::Stdin(mut reader) => library.add_pipe(["stdin"; 2], &mut *reader, options, poll)?,
            }
        }
        Ok(library)
    }

    /// What was left out of folders, with the reason.
    pub fn skipped(&self) -> &[(String, String)] {
        &self.skipped
    }

    /// Everything, as one view.
    pub fn view(&self) -> View {
        let shelf = self.read();
        View::of_spans(shelf.documents.iter().map(|document| (Arc::clone(document), 0, document.len())))
    }

    /// The view that names and offsets mean. Fails with `NotFound` or `Invalid`.
    pub fn resolve(&self, spans: &[SpanRef]) -> Outcome<View> {
        let shelf = self.read();
        let mut found = Vec::with_capacity(spans.len());
        for span in spans {
            let name = span.document.as_str();
            let document = shelf.by_name.get(name).and_then(|place| shelf.documents.get(*place));
            let document = document.ok_or_else(|| unknown(name, &[], shelf.documents.iter().map(|d| d.name())))?;
            let (start, end) = (usize::try_from(span.start), usize::try_from(span.end));
            match (start, end) {
                (Ok(start), Ok(end)) if start <= end && end <= document.len() => {
                    found.push((Arc::clone(document), start, end));
                }
                _ => return Err(beyond(span, document.len())),
            }
        }
        Ok(View::of_spans(found))
    }

    /// Adds a text; if its name is taken by another text, the document is called `name (2)`. Answers the document.
    pub fn add_text(&self, document: Document) -> View {
        let mut shelf = self.write();
        let name = document.name();
        let taken = shelf.by_name.get(name).and_then(|place| shelf.documents.get(*place));
        if let Some(same) = taken.filter(|known| known.is_owned() && known.bytes() == document.bytes()) {
            return View::of(Arc::clone(same));
        }
        let name = shelf.free_name(name, name);
        View::of(shelf.add(document.called(name)))
    }

    fn add_path(
        &mut self,
        path: &Path,
        options: &OpenOptions,
        seen: &mut HashSet<PathBuf>,
        poll: &Poll,
    ) -> Outcome<()> {
        let finds = discover(path, &options.base, poll)?;
        let before = self.read().documents.len();
        let among = finds.files.iter().all(|file| !file.explicit);
        self.skipped.extend(finds.skipped);
        for file in finds.files {
            poll.check()?;
            let real = match file.path.canonicalize() {
                Ok(real) => real,
                // The pipe of `<(command)` has a name that leads nowhere else; what is not there is told by opening it.
                Err(_) if file.explicit => file.path.clone(),
                Err(_) => {
                    self.skipped.push((file.name, "it went away".to_owned()));
                    continue;
                }
            };
            if !seen.insert(real) {
                continue;
            }
            if self.read().documents.len() >= options.max_documents {
                return Err(too_many(path, options.max_documents));
            }
            self.add_file(file, options, poll)?;
        }
        if among && before == 0 && self.read().documents.is_empty() {
            return Err(no_text(path, &self.skipped));
        }
        Ok(())
    }

    fn add_file(&mut self, file: Found, options: &OpenOptions, poll: &Poll) -> Outcome<()> {
        if file.explicit {
            refuse_devices(&file)?;
            if is_pipe(&file.path) {
                let mut pipe = File::open(&file.path).map_err(|error| barred("open", &file.path, &error))?;
                return self.add_pipe([&file.name, &file.given], &mut pipe, options, poll);
            }
        }
        let (name, read_small) = {
            let shelf = self.read();
            (shelf.free_name(&file.name, &file.given), shelf.owned + SMALL <= OWNED_BYTES)
        };
        let document = match Document::open(&file.path, name, read_small) {
            Ok(document) => document,
            Err(error) if !file.explicit => {
                self.skipped.push((file.name, error.to_string()));
                return Ok(());
            }
            Err(error) => return Err(barred("open", &file.path, &error)),
        };
        match (binary(document.bytes()), file.explicit) {
            (Some(found), true) => return Err(refused(&file.name, found.what, found.hint)),
            (Some(found), false) => self.skipped.push((file.name, found.what.to_owned())),
            (None, _) => {
                self.write().add(document);
            }
        }
        Ok(())
    }

    fn add_pipe(
        &self,
        [name, given]: [&str; 2],
        reader: &mut dyn Read,
        options: &OpenOptions,
        poll: &Poll,
    ) -> Outcome<()> {
        let spooled = spool(reader, name, options.spool.as_deref(), poll)?;
        let mut shelf = self.write();
        let document = Document::spooled(shelf.free_name(name, given), spooled);
        if let Some(found) = binary(document.bytes()) {
            return Err(refused(name, found.what, found.hint));
        }
        shelf.add(document);
        Ok(())
    }

    /// A thread that panicked while holding the lock left whole documents: nothing is changed in steps.
    fn read(&self) -> RwLockReadGuard<'_, Shelf> {
        self.shelf.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Shelf> {
        self.shelf.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_pipe(path: &Path) -> bool {
    path.metadata().is_ok_and(|data| data.file_type().is_fifo())
}

fn refuse_devices(file: &Found) -> Outcome<()> {
    match file.path.metadata() {
        Ok(data) if !data.is_file() && !data.file_type().is_fifo() => {
            Err(Failure::new(FailureKind::Invalid, format!("{:?} is a device or socket, not a file", file.name))
                .hint("give a file, a folder or a pipe"))
        }
        // Opening it will tell what is wrong.
        _ => Ok(()),
    }
}

fn refused(name: &str, what: &str, hint: &str) -> Failure {
    Failure::new(FailureKind::Invalid, format!("{name:?} is {what}, not text")).hint(hint)
}

fn too_many(path: &Path, most: usize) -> Failure {
    Failure::new(FailureKind::Invalid, format!("there are more than {most} files with {:?}", path.display()))
        .hint("name fewer, for example with a glob: 'folder/**/*.md'")
}

fn no_text(path: &Path, skipped: &[(String, String)]) -> Failure {
    let shown: Vec<String> = skipped.iter().take(3).map(|(name, why)| format!("{name}: {why}")).collect();
    let rest = skipped.len() - shown.len();
    let more = if rest > 0 { format!("; and {rest} more") } else { String::new() };
    Failure::new(FailureKind::NotFound, format!("there is no text in {:?}", path.display()))
        .hint(format!("left out: {}{more}", shown.join("; ")))
}

fn beyond(span: &SpanRef, length: usize) -> Failure {
    let SpanRef { document, start, end } = span;
    Failure::new(
        FailureKind::Invalid,
        format!("bytes {start} to {end} are not in {document:?}, which has {length} bytes"),
    )
}
