//! The table of primitives. A new one is a new file, its `mod` line and its line here.

use crate::script::desk::Desk;
use crate::script::prims::primitive::Primitive;
use crate::script::prims::{
    ask_user, budget, context_cut, context_find, context_read, delegate, docs, env, final_, json, llm, llm_batch, made,
    now, on_event, out, par_map, pipeline, random, recall, remember, rlm, rlm_batch, roles, save_script, script_,
    sleep, step, suggest_exploration, tool, typed, uuid, within,
};
use rhai::Engine;
use std::sync::Arc;

/// Every primitive, in the order in which help shows them.
pub const ALL: &[&Primitive] = &[
    &llm::LLM,
    &llm_batch::LLM_BATCH,
    &rlm::RLM,
    &rlm_batch::RLM_BATCH,
    &delegate::DELEGATE,
    &final_::FINAL,
    &final_::FINAL_VAR,
    &tool::TOOL,
    &tool::TOOLS,
    &script_::SCRIPT,
    &script_::SCRIPTS,
    &pipeline::PIPELINE,
    &pipeline::EXPLAIN_PIPELINE,
    &save_script::SAVE_SCRIPT,
    &docs::DOCS,
    &context_read::LEN,
    &context_read::LINES,
    &context_read::LINE,
    &context_read::SLICE,
    &context_read::HEAD,
    &context_read::TAIL,
    &context_read::TEXT,
    &context_read::DOC,
    &context_read::JSON,
    &context_read::CSV,
    &context_find::GREP,
    &context_find::COUNT,
    &context_find::SEARCH,
    &context_find::BETWEEN,
    &context_cut::CHUNKS,
    &context_cut::PARAGRAPHS,
    &context_cut::WORDS,
    &par_map::PAR_MAP,
    &within::WITHIN,
    &out::OUT,
    &recall::RECALL,
    &remember::REMEMBER,
    &suggest_exploration::SUGGEST_EXPLORATION,
    &roles::ROLES,
    &budget::BUDGET,
    &budget::SPENT,
    &ask_user::ASK_USER,
    &json::PARSE_JSON,
    &json::JSON_TEXT,
    &typed::TYPED,
    &now::NOW,
    &random::RANDOM,
    &uuid::UUID,
    &env::ENV,
    &sleep::SLEEP,
    &on_event::ON_EVENT,
];

/// Adds every primitive to an engine.
pub fn register(engine: &mut Engine, desk: &Arc<Desk>) {
    for primitive in ALL {
        (primitive.register)(engine, desk);
    }
    step::register(engine);
    made::register(engine);
}

/// The primitive of this name, with or without `context.` in front.
pub fn find(name: &str) -> Option<&'static Primitive> {
    let method = format!("context.{name}");
    ALL.iter().find(|p| p.name == name || p.name == method).copied()
}
