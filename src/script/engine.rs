//! The interpreter with its limits: what model-written code may do, and how much of it.
//!
//! It knows no files, no network, no clock: those are effects, and the host makes them.

use crate::context::view::View;
use crate::script::desk::Desk;
use crate::script::errors::{Stop, caught, raise};
use crate::script::handle::Context;
use crate::script::language::{
    arrays, equality, groups, lists, mixed, notation, order, pythonic, ranges, totals, words,
};
use crate::script::limits::{gate, growth, guards};
use crate::script::stdlib::Modules;
use crate::script::{output, prims, stdlib};
use rhai::{Dynamic, Engine, EvalAltResult, OptimizationLevel};
use std::path::PathBuf;
use std::sync::Arc;

/// How deep script functions may call each other.
pub const CALL_DEPTH: usize = 64;
/// The most steps of one evaluation.
pub const OPERATIONS: u64 = 2_000_000_000;
/// The longest string, in bytes.
pub const STRING_LIMIT: usize = 10_000_000;
/// The longest array.
pub const ARRAY_LIMIT: usize = 1_000_000;
/// How many keys a map may grow to.
pub const MAP_LIMIT: usize = 100_000;

/// An engine for one session. `folder` is where its imports may come from beside the stdlib.
pub fn build(desk: &Arc<Desk>, view: &View, args: Option<Dynamic>, folder: Option<PathBuf>) -> Engine {
    let mut engine = plain();
    engine.set_module_resolver(Modules::new(folder));
    prims::table::register(&mut engine, desk);
    engine.on_print(output::print);
    engine.on_debug(|text, _, position| output::print(&format!("{text} @ {position}")));
    engine.on_progress(|operations| gate::stop_reason(operations).map(|failure| Dynamic::from(Stop(failure))));
    offer_globals(&mut engine, desk, view, args);
    engine
}

/// An engine with the limits and the guards, and without any primitive.
pub fn plain() -> Engine {
    let mut engine = Engine::new();
    limit(&mut engine);
    guards::register(&mut engine);
    mixed::register(&mut engine);
    notation::register(&mut engine);
    equality::register(&mut engine);
    order::register(&mut engine);
    ranges::register(&mut engine);
    lists::register(&mut engine);
    totals::register(&mut engine);
    groups::register(&mut engine);
    arrays::register(&mut engine);
    pythonic::register(&mut engine);
    caught::register(&mut engine);
    engine
}

fn limit(engine: &mut Engine) {
    engine.set_optimization_level(OptimizationLevel::None);
    engine.set_max_operations(OPERATIONS);
    engine.set_max_call_levels(CALL_DEPTH);
    // Sizes are guarded in `guards` and by the memory gate: Rhai's limits would walk through whole values at each call.
    engine.set_max_variables(5_000);
    engine.set_max_functions(1_000);
    engine.set_max_modules(100);
    engine.set_max_expr_depths(128, 64);
    // Overloads that refuse mixed comparisons are only asked when the built-in shortcuts are off.
    engine.set_fast_operators(false);
    engine.set_fail_on_invalid_map_property(true);
    engine.set_strict_variables(true);
    // Beyond its thousandth short text the cache of texts is searched as a whole for each new one.
    engine.set_max_strings_interned(0);
    engine.disable_symbol("eval");
    #[allow(deprecated, reason = "rhai marks the hook volatile, not obsolete")]
    engine.on_parse_token(|token, position, _| words::as_rhai(stdlib::own(token), position));
}

/// `context` and `args` are visible inside functions too, where Rhai hides the variables of the session.
fn offer_globals(engine: &mut Engine, desk: &Arc<Desk>, view: &View, args: Option<Dynamic>) {
    let whole = desk.context(view.clone());
    prims::docs::register_plain(engine, whole.clone());
    let context = Dynamic::from(whole);
    #[allow(deprecated, reason = "rhai marks the hook volatile, not obsolete")]
    engine.on_var(move |name, _, eval| -> Result<Option<Dynamic>, Box<EvalAltResult>> {
        let value = match name {
            "context" => Some(&context),
            "args" => args.as_ref(),
            _ => return growth::map_stop(name, &eval).map_or(Ok(None), |failure| Err(raise(failure))),
        };
        Ok(match eval.scope().get(name) {
            // Rhai locks a variable that a closure captured while a chain that begins with it is evaluated, and refuses the
            // closure there; a copy of a handle needs no lock.
            Some(own) => (own.is_read_only() && own.is::<Context>()).then(|| own.flatten_clone()),
            None => value.cloned(),
        })
    });
}
