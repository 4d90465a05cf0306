//! From a path to a checked pipeline, with all pipelines that it calls. Every fault of all files is told at once.

use crate::config::fault::{self, Fault};
use crate::config::place::{Place, Source};
use crate::config::settings::Settings;
use crate::context::discover::unreadable;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::pipeline::check;
use crate::pipeline::plan::{NESTING, Pipeline, STEPS};
use crate::pipeline::read::words::{HEADER, keys};
use crate::pipeline::read::{Header, Part, Reader, Scope, User};
use crate::pipeline::tree::{self, Node};
use crate::script::expression::{Compiler, Made};
use crate::tools::catalog::Catalog;
use crate::tools::workspace::Workspace;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Reads and checks a pipeline.
///
/// # Errors
/// `invalid` with every fault and its place, `not_found` and `io` for the file itself.
pub fn load(settings: &Settings, tools: &Catalog, path: &Path) -> Outcome<Arc<Pipeline>> {
    let text = text(path)?;
    load_text(settings, tools, path, &text)
}

/// The same for the text of a file.
///
/// # Errors
/// `invalid` with every fault and its place.
pub fn load_text(settings: &Settings, tools: &Catalog, path: &Path, text: &str) -> Outcome<Arc<Pipeline>> {
    let mut loader = Loader {
        settings,
        tools,
        // Without one no tool is called; whoever starts a run says why.
        workspace: Workspace::of(&settings.paths).ok(),
        compiler: Compiler::new(),
        known: HashMap::new(),
        chain: Vec::new(),
        faults: Vec::new(),
    };
    let pipeline = loader.file(path, text);
    let count = loader.faults.len();
    match pipeline.filter(|_| count == 0) {
        Some(pipeline) => Ok(pipeline),
        None => {
            let head = if count == 1 { "a fault".to_owned() } else { format!("{count} faults") };
            let message = format!("{} has {head}\n  {}", path.display(), fault::listed(&loader.faults).join("\n  "));
            let failure = Failure::new(FailureKind::Invalid, message).detail("faults", told(&loader.faults));
            Err(failure.hint("`rhizo pipeline schema` describes the format"))
        }
    }
}

/// Faults or notes as data.
pub fn told(faults: &[Fault]) -> Vec<serde_json::Value> {
    let fault = |fault: &Fault| {
        let (line, column) = fault.place.position();
        serde_json::json!({"file": fault.place.file(), "line": line, "column": column, "message": fault.message})
    };
    faults.iter().map(fault).collect()
}

/// The text of a file.
pub fn text(path: &Path) -> Outcome<String> {
    let failed = |error: std::io::Error| unreadable(path, &error, None);
    let found = std::fs::metadata(path).map_err(failed)?;
    if !found.is_file() {
        return Err(Failure::new(FailureKind::Io, format!("{} is no file", path.display())));
    }
    let most = u64::try_from(tree::LARGEST).unwrap_or(u64::MAX);
    if found.len() > most {
        let size = found.len() / 1024;
        let message = format!("{} has {size} KiB, a pipeline at most {}", path.display(), most / 1024);
        return Err(Failure::new(FailureKind::Invalid, message).hint("is it the file that was meant?"));
    }
    std::fs::read_to_string(path).map_err(failed)
}

/// What reads files, with those that were read already.
pub(super) struct Loader<'k> {
    /// Settings: models, roles, personas, programs.
    pub settings: &'k Settings,
    /// Tools.
    pub tools: &'k Catalog,
    /// The files that tools may touch.
    pub workspace: Option<Workspace>,
    /// Compiles expressions.
    pub compiler: Compiler,
    /// Files by their real path; `None` for one with faults, which are told once.
    known: HashMap<PathBuf, Option<Arc<Pipeline>>>,
    /// The files that are being read, each called by the one before it.
    chain: Vec<PathBuf>,
    faults: Vec<Fault>,
}

impl Loader<'_> {
    /// A pipeline that another one calls; `None` if its own faults are told.
    pub(super) fn nested(&mut self, path: &Path) -> Outcome<Option<Arc<Pipeline>>> {
        let real = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        self.allowed(path, &real)?;
        if let Some(begin) = self.chain.iter().position(|open| *open == real) {
            let way = self.chain.iter().skip(begin).chain([&real]);
            let names: Vec<String> = way.map(|path| file_name(path)).collect();
            let message = format!("pipelines call each other without an end: {}", names.join(" -> "));
            return Err(Failure::new(FailureKind::Invalid, message));
        }
        // One that was read already was perhaps called from further up.
        let height = self.known.get(&real).and_then(Option::as_ref).map_or(1, |known| known.height);
        if self.chain.len() + height > NESTING {
            return Err(Failure::new(FailureKind::Depth, format!("pipelines nest deeper than {NESTING}")));
        }
        if let Some(known) = self.known.get(&real) {
            return Ok(known.clone());
        }
        let text = text(path)?;
        let pipeline = self.file(path, &text);
        self.known.insert(real, pipeline.clone());
        Ok(pipeline)
    }

    /// A pipeline calls files of the workspace and of its own folder.
    fn allowed(&self, path: &Path, real: &Path) -> Outcome<()> {
        let own = self.chain.first().and_then(|first| first.parent()).map(Path::to_path_buf);
        let workspace = std::fs::canonicalize(&self.settings.paths.workspace).ok();
        if own.into_iter().chain(workspace).any(|folder| real.starts_with(folder)) || !path.exists() {
            return Ok(());
        }
        let message = format!("{} lies outside of the workspace and of the pipeline's own folder", path.display());
        Err(Failure::new(FailureKind::Denied, message))
    }

    fn file(&mut self, path: &Path, text: &str) -> Option<Arc<Pipeline>> {
        let name: Arc<str> = Arc::from(path.display().to_string());
        let (root, flaws) = tree::read(text);
        let told = flaws.into_iter().map(|flaw| {
            let place = Place::File { file: Arc::clone(&name), line: flaw.at.line, column: flaw.at.column };
            Fault::new(place, flaw.message)
        });
        let mut faults: Vec<Fault> = told.collect();
        self.chain.push(std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf()));
        let mut reader = Reader {
            loader: self,
            path,
            source: Source::new(&name, text),
            file: name,
            text,
            faults: Vec::new(),
            notes: Vec::new(),
            uses: Vec::new(),
            steps: HashMap::new(),
            items: HashMap::new(),
            header: Header::default(),
        };
        let pipeline = root.and_then(|root| reader.pipeline(&root));
        faults.append(&mut reader.faults);
        self.chain.pop();
        let whole = faults.is_empty();
        self.faults.append(&mut faults);
        pipeline.filter(|_| whole).map(Arc::new)
    }
}

impl Reader<'_, '_> {
    /// The whole file. What it gives back counts only if there are no faults.
    fn pipeline(&mut self, root: &Node) -> Option<Pipeline> {
        if !matches!(root.data, tree::Data::Map(_)) {
            self.mistaken(root, "a pipeline", "a map");
            return None;
        }
        let fields = self.fields(root, "a pipeline", &keys(HEADER));
        self.read_header(&fields);
        let stem = self.path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        let id = self.text(fields.get("id"), "id").unwrap_or(stem);
        let inputs = self.inputs(fields.get("inputs"));
        let limits = self.limits(fields.get("limits"));
        let budget = self.budget(fields.get("budget"));
        let output_dir = self.output_dir(fields.get("output_dir"));
        let Some(steps) = fields.get("steps") else {
            self.fault(fields.at, "a pipeline needs `steps`");
            return None;
        };
        let named = self.named(steps);
        let file = Scope::file();
        let block = self.linked(&named, &file, true);
        if self.steps.len() > STEPS {
            let message = format!("a pipeline has at most {STEPS} steps, and this one {}", self.steps.len());
            self.fault(steps.at, format!("{message}: repeat some by `each`, or call a part of them by `pipeline`"));
            return None;
        }
        // Also those that could not be read: their own faults are told.
        let scope = file.with(named.iter().map(|step| step.name.as_str()));
        let outputs = self.outputs(fields.get("outputs"), &scope);
        let pipeline = Pipeline {
            name: self.text(fields.get("name"), "name").unwrap_or_else(|| id.clone()),
            id,
            description: self.text(fields.get("description"), "description").unwrap_or_default(),
            version: self.text(fields.get("version"), "version").unwrap_or_default(),
            path: self.path.to_path_buf(),
            hash: blake3::hash(self.text.as_bytes()).to_hex().to_string(),
            inputs,
            outputs,
            answer: Made::unknown(),
            notes: Vec::new(),
            orchestrator: self.header.orchestrator.clone(),
            default_model: self.header.default_model.clone(),
            experts: self.header.experts.clone(),
            strategy: self.header.strategy,
            personalities: self.header.personalities.clone(),
            budget,
            limits,
            output_dir,
            height: 1 + block.height(),
            block,
        };
        let answer = check::check(self, &pipeline);
        Some(Pipeline { answer, notes: std::mem::take(&mut self.notes), ..pipeline })
    }

    fn outputs(&mut self, node: Option<&Node>, scope: &Scope<'_>) -> Vec<(String, crate::pipeline::plan::Template)> {
        use crate::pipeline::plan::Template;
        let Some(node) = node else { return Vec::new() };
        let reading =
            crate::pipeline::read::template::Reading::new(scope, User { step: String::new(), part: Part::Output });
        if let tree::Data::List(items) = &node.data
            && items.iter().all(|item| item.text().is_some())
        {
            let named = self.names(items, "an output").into_iter().filter_map(|(item, name)| {
                Some((name.to_owned(), Template::Value(self.expression(item, "an output", &reading)?)))
            });
            return named.collect();
        }
        let entries = self.entries(node, "outputs");
        let read = entries.into_iter().filter_map(|entry| {
            self.identifier(entry.at, "an output", &entry.key)?;
            Some((entry.key.clone(), self.computed(&entry.value, &reading)))
        });
        read.collect()
    }
}

/// What a file is called in its folder.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}
