//! `suggest_exploration`: where to look first.

use crate::core::request::Request;
use crate::script::desk::Desk;
use crate::script::prims::primitive::{Primitive, ask};
use rhai::Engine;
use std::sync::Arc;

/// `suggest_exploration`.
pub const SUGGEST_EXPLORATION: Primitive = Primitive {
    name: "suggest_exploration",
    usage: &["suggest_exploration()"],
    summary: "Says how to look into this context first, from similar runs or else from its size and type, as #{advice, evidence}.",
    params: &[],
    example: "print(type_of(suggest_exploration().advice))",
    prints: "string\n",
    register,
};

fn register(engine: &mut Engine, _: &Arc<Desk>) {
    engine.register_fn("suggest_exploration", || ask(Request::SuggestExploration));
}
