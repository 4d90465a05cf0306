//! The compiler of expressions, with the engine that all of them share.

use super::functions::Functions;
use super::{COPIES, Compiled, Expression, questions, references, repetition};
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::script::engine;
use crate::script::errors::{Names, Stop, from_parse};
use crate::script::language::words;
use crate::script::limits::gate;
use crate::script::prims::json;
use rhai::{Dynamic, Engine, ParseError, ParseErrorType, Scope};
use std::sync::Arc;

/// The longest expression, in bytes.
const SOURCE_LIMIT: usize = 16 * 1024;
/// The most steps of one evaluation.
const OPERATIONS: u64 = 2_000_000;
/// How deep expressions and calls may nest: most run on the runtime's threads, whose stacks are small.
const NESTING: usize = 32;
/// What would reach out of an expression, or is of no use in it.
const NO_WORDS: &[&str] =
    &["fn", "import", "export", "private", "print", "debug", "Fn", "is_def_fn", "return", "throw"];

/// Compiles expressions; its engine is shared by all of them.
pub struct Compiler {
    engine: Arc<Engine>,
    pub(super) functions: Arc<Functions>,
}

impl Compiler {
    /// A compiler with an engine of its own.
    pub fn new() -> Self {
        let mut engine = engine::plain();
        json::register(&mut engine);
        engine.set_max_operations(OPERATIONS);
        engine.set_max_call_levels(NESTING);
        engine.set_max_expr_depths(NESTING, NESTING);
        engine.set_module_resolver(rhai::module_resolvers::DummyModuleResolver::new());
        for word in NO_WORDS {
            engine.disable_symbol(*word);
        }
        engine.on_progress(|operations| gate::stop_reason(operations).map(|failure| Dynamic::from(Stop(failure))));
        #[allow(deprecated, reason = "rhai marks the hook volatile, not obsolete")]
        engine.on_var(|name, _, eval| {
            let value = || eval.scope().get(name).filter(|value| value.is_read_only()).map(Dynamic::flatten_clone);
            Ok(if COPIES.get() { value() } else { None })
        });
        let functions = Arc::new(Functions::of(&engine));
        Self { engine: Arc::new(engine), functions }
    }

    /// Compiles an expression that may read these names.
    ///
    /// # Errors
    /// `script`, with line, column and nearest name, for wrong syntax, for names that are neither in scope nor functions,
    /// and for calls with a number of arguments that the function does not take.
    pub fn compile(&self, source: &str, names: &[&str]) -> Outcome<Expression> {
        if source.len() > SOURCE_LIMIT {
            return Err(Failure::new(FailureKind::Limit, format!("the expression has more than {SOURCE_LIMIT} bytes"))
                .hint("longer programs belong into a script: step `script`"));
        }
        let mut scope = Scope::new();
        for name in names {
            scope.push_constant_dynamic(*name, Dynamic::UNIT);
        }
        // Thousands of names: they are gathered only to be told.
        let known = || Names {
            variables: names.iter().map(|name| (*name).to_owned()).collect(),
            functions: self.functions.names().cloned().collect(),
        };
        words::reset();
        let parsed = self.engine.compile_with_scope(&scope, source);
        let ast =
            parsed.map_err(|error| refused(&error, from_parse(&error, source, &known().with_declared(source))))?;
        self.closed(&scope, source)?;
        let references = references::of(&ast, names, &self.functions)?;
        let (questions, sole, repeats) = (questions::of(&ast), questions::sole(&ast), repetition::is_in(&ast));
        let (engine, functions) = (Arc::clone(&self.engine), Arc::clone(&self.functions));
        let source = source.to_owned();
        Ok(Expression(Arc::new(Compiled { engine, functions, ast, source, references, questions, sole, repeats })))
    }

    /// Refuses a comment that is not closed: for Rhai it ends with the text, and it would hide what is written behind.
    fn closed(&self, scope: &Scope<'_>, source: &str) -> Outcome<()> {
        words::reset();
        // A bracket that nothing has opened is accepted only where it is not seen.
        if source.contains("/*") && self.engine.compile_with_scope(scope, format!("{source}\n)")).is_ok() {
            return Err(Failure::new(FailureKind::Script, "the comment is not closed").hint("it ends with `*/`"));
        }
        Ok(())
    }
}

impl Default for Compiler {
    fn default() -> Self {
        Self::new()
    }
}

/// A syntax error as it is told of an expression, which nothing leaves before its end.
fn refused(error: &ParseError, failure: Failure) -> Failure {
    let ParseErrorType::Reserved(word) = error.err_type() else { return failure };
    match word.as_str() {
        "return" => failure.hint("the value of an expression is that of its last part: `if a { b } else { c }`"),
        "throw" => failure.hint("what ends a pipeline is a step: a `condition` with `on_false: fail`"),
        _ => failure,
    }
}
