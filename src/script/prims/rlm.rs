//! `rlm`: a child run with a session of its own.

use crate::core::bounds::some_tokens;
use crate::core::child::{ChildOptions, ChildRequest};
use crate::core::document::ContextRef;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::request::Request;
use crate::core::text::nearest;
use crate::script::convert::{friendly, options, to_text};
use crate::script::desk::Desk;
use crate::script::handle::Context;
use crate::script::prims::primitive::{Answer, Primitive, ask, done};
use rhai::{Dynamic, Engine, Map};
use std::sync::Arc;

/// `rlm`.
pub const RLM: Primitive = Primitive {
    name: "rlm",
    usage: &[
        "rlm(task)",
        "rlm(task, context)",
        "rlm(task, context, #{role, model, requires, strategy, schema, max_cost: usd, max_calls, max_tokens, max_turns, label})",
    ],
    summary: "Starts a child run with its own session, a slice of the budget and depth + 1, and returns its final value.",
    params: &[
        ("task", "what the child shall do, complete in itself"),
        ("context", "a context handle or a text that the child may look into"),
        ("role, model", "whose model its root is, as for `llm`"),
        ("requires", "what the model of its root must have, with `strategy`, as for `llm`"),
        ("schema", "what the final value must be, as for `llm`"),
        ("max_cost", "USD that the child may spend; never more than is left here"),
        ("max_calls", "model calls that the child may make"),
        ("max_tokens", "tokens that the child may use, prompts and answers together"),
        ("max_turns", "turns of the child's root model"),
        ("label", "a name for progress and logs"),
    ],
    example: "print(rlm(\"Which years closed the harbour?\", context.doc(\"harbour.txt\")).contains(\"1902\"))",
    prints: "true\n",
    register,
};

fn register(engine: &mut Engine, _: &Arc<Desk>) {
    for name in ["rlm", "rlm_query"] {
        engine.register_fn(name, |task: Dynamic| call(&task, &Dynamic::UNIT, Map::new()));
        engine.register_fn(name, |task: Dynamic, context: Dynamic| match done(as_options(&context))? {
            Some(map) => call(&task, &Dynamic::UNIT, map),
            None => call(&task, &context, Map::new()),
        });
        engine.register_fn(name, |task: Dynamic, context: Dynamic, options: Map| call(&task, &context, options));
    }
}

/// A map that says nothing but options is meant as such, as it is for `llm`.
fn as_options(context: &Dynamic) -> Outcome<Option<Map>> {
    let Some(map) = context.read_lock::<Map>() else { return Ok(None) };
    let Some(option) = option_in(&map) else { return Ok(None) };
    if map.keys().all(|key| names().any(|name| name == key.as_str())) {
        return Ok(Some(map.clone()));
    }
    Err(Failure::new(FailureKind::Invalid, format!("rlm: a map with `{option}` stands where the context does"))
        .hint("options stand third: `rlm(task, context, #{..})`; data are given by `rlm(task, data, #{})`"))
}

/// Why a map that stands where a context does is taken for options: an option that it names, where all else in it is one too,
/// or almost. Data may have a field that is called like an option, but none like a limit: that must not get lost.
pub fn option_in(map: &Map) -> Option<String> {
    let known = || names().chain(["context"]);
    let is_known = |key: &str| known().any(|name| name == key);
    let named = map.keys().find(|key| key.starts_with("max_") && is_known(key));
    let all = || map.keys().all(|key| nearest(key, known()).is_some());
    let named = named.or_else(|| map.keys().find(|key| is_known(key)).filter(|_| all()));
    named.map(ToString::to_string)
}

/// The options, as the usage has them.
fn names() -> impl Iterator<Item = &'static str> {
    RLM.usage
        .iter()
        .filter_map(|usage| usage.split_once("#{"))
        .flat_map(|(_, names)| names.trim_end_matches("})").split(", "))
        .filter_map(|option| option.split(':').next())
}

fn call(task: &Dynamic, context: &Dynamic, map: Map) -> Answer<Dynamic> {
    let options = done(checked(map, "rlm"))?;
    ask(Request::Rlm(done(request(task, context, &options))?))
}

/// The options of a child, or of all children of a batch.
pub fn checked(map: Map, function: &str) -> Outcome<ChildOptions> {
    let options = options::<ChildOptions>(map, function)?;
    some_tokens(function, options.max_tokens).map(|()| options)
}

/// The request of one child.
pub fn request(task: &Dynamic, context: &Dynamic, options: &ChildOptions) -> Outcome<ChildRequest> {
    Ok(ChildRequest { task: to_text(task, "the task of rlm")?, context: reference(context)?, options: options.clone() })
}

/// How a context is named to the host: by document and offsets, or as the text that the script made.
pub fn reference(context: &Dynamic) -> Outcome<ContextRef> {
    if context.is_unit() {
        return Ok(ContextRef::Empty);
    }
    if let Some(handle) = context.read_lock::<Context>() {
        handle.looked();
        return Ok(ContextRef::Spans(handle.view.spans()));
    }
    if context.is_string() {
        return to_text(context, "the context of rlm").map(ContextRef::Text);
    }
    if context.is_int() || context.is_float() || context.is_bool() {
        let message = format!("the context of rlm is a handle, a text or data, not {}", friendly(context.type_name()));
        return Err(
            Failure::new(FailureKind::Invalid, message).hint("options stand third: `rlm(task, context, #{..})`")
        );
    }
    let value = crate::script::convert::to_value(context)?;
    Ok(ContextRef::Text(format!("{value:#}")))
}
