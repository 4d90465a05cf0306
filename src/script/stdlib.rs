//! Modules that a script may import: the stdlib, embedded in the binary, and files of the script's own folder.

use rhai::module_resolvers::ModuleResolver;
use rhai::{Engine, EvalAltResult, Module, Position, Scope, Shared};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// The stdlib: name and source.
pub const MODULES: &[(&str, &str)] = &[
    ("chunk", include_str!("../../stdlib/chunk.rhai")),
    ("json", include_str!("../../stdlib/json.rhai")),
    ("map_reduce", include_str!("../../stdlib/map_reduce.rhai")),
    ("plan", include_str!("../../stdlib/plan.rhai")),
    ("prompt", include_str!("../../stdlib/prompt.rhai")),
    ("retry", include_str!("../../stdlib/retry.rhai")),
    ("text", include_str!("../../stdlib/text.rhai")),
    ("vote", include_str!("../../stdlib/vote.rhai")),
];

/// The names of the stdlib's modules.
pub fn names() -> Vec<&'static str> {
    MODULES.iter().map(|(name, _)| *name).collect()
}

/// Finds modules and keeps them compiled.
pub struct Modules {
    folder: Option<PathBuf>,
    loaded: Mutex<HashMap<String, Shared<Module>>>,
}

impl Modules {
    /// Modules of the stdlib and of `folder`.
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self { folder, loaded: Mutex::new(HashMap::new()) }
    }

    /// The source of a module: the stdlib's, or a file that lies in the folder itself or below it.
    fn source(&self, path: &str) -> Option<String> {
        let name = path.strip_prefix("stdlib/").unwrap_or(path);
        if let Some((_, source)) = MODULES.iter().find(|(known, _)| *known == name) {
            return Some((*source).to_owned());
        }
        let folder = self.folder.as_ref()?.canonicalize().ok()?;
        let file = folder.join(path).with_extension("rhai").canonicalize().ok()?;
        let small = file.metadata().ok()?.len() <= crate::script::engine::SOURCE_LIMIT as u64;
        (file.starts_with(&folder) && small).then(|| std::fs::read_to_string(file).ok()).flatten()
    }
}

impl ModuleResolver for Modules {
    fn resolve(
        &self,
        engine: &Engine,
        _: Option<&str>,
        path: &str,
        position: Position,
    ) -> Result<Shared<Module>, Box<EvalAltResult>> {
        if let Some(module) = self.loaded.lock().unwrap_or_else(PoisonError::into_inner).get(path) {
            return Ok(Shared::clone(module));
        }
        let Some(source) = self.source(path) else {
            return Err(Box::new(EvalAltResult::ErrorModuleNotFound(path.to_owned(), position)));
        };
        let in_module = |error| Box::new(EvalAltResult::ErrorInModule(path.to_owned(), error, position));
        let ast = engine.compile(&source).map_err(|e| in_module(e.into()))?;
        let module = Shared::new(Module::eval_ast_as_new(Scope::new(), &ast, engine).map_err(in_module)?);
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        loaded.insert(path.to_owned(), Shared::clone(&module));
        Ok(module)
    }
}
