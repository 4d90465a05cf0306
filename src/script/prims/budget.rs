//! `budget` and `spent`: what is left and what was used.

use crate::core::request::Request;
use crate::script::desk::Desk;
use crate::script::prims::primitive::{Primitive, ask};
use rhai::Engine;
use std::sync::Arc;

/// `budget`.
pub const BUDGET: Primitive = Primitive {
    name: "budget",
    usage: &["budget()"],
    summary: "Returns what is left: #{cost_usd, calls, tokens, depth, turns}, () for no limit; a run that goes on is told what it was told first.",
    params: &[],
    example: "print(budget().depth)",
    prints: "5\n",
    register: register_budget,
};

/// `spent`.
pub const SPENT: Primitive = Primitive {
    name: "spent",
    usage: &["spent()"],
    summary: "Returns what the whole tree of this run has used: #{cost_usd, calls, input_tokens, output_tokens}; a run that goes on is told what it was told first.",
    params: &[],
    example: "llm(\"Hello.\"); print(spent().calls)",
    prints: "1\n",
    register: register_spent,
};

fn register_budget(engine: &mut Engine, _: &Arc<Desk>) {
    engine.register_fn("budget", || ask(Request::Budget));
}

fn register_spent(engine: &mut Engine, _: &Arc<Desk>) {
    engine.register_fn("spent", || ask(Request::Spent));
}
