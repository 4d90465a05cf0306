//! Modules that a script may import: the stdlib, embedded in the binary, and files of the script's own folder.

use crate::config::bounded;
use crate::core::failure::{Failure, FailureKind};
use crate::registry::programs::SOURCE_LIMIT;
use crate::script::errors::raise;
use crate::script::limits::depth::{self, KEPT};
use crate::script::prims::step;
use rhai::module_resolvers::ModuleResolver;
use rhai::{Engine, EvalAltResult, Module, Position, Scope, Shared, Token};
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The stdlib: name and source.
pub const MODULES: &[(&str, &str)] = &[
    ("chance", include_str!("../../stdlib/chance.rhai")),
    ("chunk", include_str!("../../stdlib/chunk.rhai")),
    ("code", include_str!("../../stdlib/code.rhai")),
    ("json", include_str!("../../stdlib/json.rhai")),
    ("manager", include_str!("../../stdlib/manager.rhai")),
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

/// The source of the module that a path means, if it is one of the stdlib.
fn embedded(path: &str) -> Option<&'static str> {
    let name = path.strip_prefix("stdlib/").unwrap_or(path);
    MODULES.iter().find(|(known, _)| *known == name).map(|(_, source)| *source)
}

/// A token as it is meant: in the stdlib's modules the name of what they alone may call is one that the engine knows. Who is
/// calling does not tell, because closures that a program hands to a module are called from there.
pub fn own(token: Token) -> Token {
    let is_own = || OPEN.with_borrow(|open| open.last().is_some_and(|path| embedded(path).is_some()));
    match &token {
        Token::Identifier(name) if name.as_str() == step::NAME && is_own() => {
            Token::Identifier(Box::new(step::OWN_NAME.into()))
        }
        _ => token,
    }
}

/// Makes the stdlib modules that `source` names known to the engine, so that `text::slug(s)` needs no `import`, also in
/// a later evaluation than the one that imported it. A module costs its compilation only when it is first named; one
/// that cannot be compiled stays to be imported, which reports why.
pub fn offer(engine: &mut Engine, offered: &mut Vec<&'static str>, source: &str) {
    for name in names() {
        if offered.contains(&name) || !source.contains(&format!("{name}::")) {
            continue;
        }
        if let Ok(module) = engine.module_resolver().resolve(engine, None, name, Position::NONE) {
            engine.register_static_module(name, module);
            offered.push(name);
        }
    }
}

thread_local! {
    /// The modules that are being compiled on this thread: whoever asks for one of them there is in a circle. Another
    /// branch that asks for it at the same time is not, and compiles it for itself.
    static OPEN: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// That a module is being compiled on this thread.
struct Open;

impl Open {
    fn new(path: &str) -> Self {
        OPEN.with_borrow_mut(|open| open.push(path.to_owned()));
        Self
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        OPEN.with_borrow_mut(|open| drop(open.pop()));
    }
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

    fn loaded(&self) -> MutexGuard<'_, HashMap<String, Shared<Module>>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The source of a module: the stdlib's, or a file that lies in the folder itself or below it.
    fn source(&self, path: &str) -> Option<String> {
        if let Some(source) = embedded(path) {
            return Some(source.to_owned());
        }
        let folder = self.folder.as_ref()?.canonicalize().ok()?;
        let file = folder.join(path).with_extension("rhai").canonicalize().ok()?;
        // A pipe would hold the evaluation in a call that nothing can stop.
        let text = file.starts_with(&folder).then(|| bounded::read(&file, SOURCE_LIMIT as u64).ok()).flatten()?;
        Some(text.trim_start_matches('\u{feff}').to_owned())
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
        if let Some(module) = self.loaded().get(path) {
            return Ok(Shared::clone(module));
        }
        if OPEN.with_borrow(|open| open.iter().any(|open| open == path)) {
            return Err(circle(path));
        }
        let Some(source) = self.source(path) else {
            return Err(Box::new(EvalAltResult::ErrorModuleNotFound(path.to_owned(), position)));
        };
        let open = Open::new(path);
        let made = compiled(engine, path, &source);
        drop(open);
        if let Ok(module) = &made {
            self.loaded().insert(path.to_owned(), Shared::clone(module));
        }
        made.map_err(|error| Box::new(EvalAltResult::ErrorInModule(path.to_owned(), error, position)))
    }
}

fn compiled(engine: &Engine, path: &str, source: &str) -> Result<Shared<Module>, Box<EvalAltResult>> {
    // The engine gives these two their values; the parser must know that they exist.
    let mut known = Scope::new();
    known.push_constant("context", ()).push_constant("args", ());
    let mut ast = engine.compile_with_scope(&known, source)?;
    // Positions in a module are not positions in the evaluated program: errors are told apart by this name.
    ast.set_source(path);
    let module = Module::eval_ast_as_new(Scope::new(), &ast, engine)?;
    if module.iter_var().any(|(_, value)| depth::exceeds(value, KEPT)) {
        return Err(raise(depth::failure(&format!("a variable of the module `{path}`"), KEPT)));
    }
    Ok(Shared::new(module))
}

fn circle(path: &str) -> Box<EvalAltResult> {
    let failure =
        Failure::new(FailureKind::Script, format!("the module `{path}` imports itself, directly or through others"));
    raise(failure.hint("move what both need into a third module"))
}
