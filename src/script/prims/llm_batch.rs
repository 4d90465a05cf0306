//! `llm_batch`: many model calls at once.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::request::Request;
use crate::script::desk::Desk;
use crate::script::prims::llm;
use crate::script::prims::primitive::{Answer, Primitive, ask, done, size};
use rhai::{Array, Dynamic, Engine, Map};
use std::sync::Arc;

/// How many calls run at once unless the script says otherwise.
pub const CONCURRENCY: usize = 16;

/// `llm_batch`.
pub const LLM_BATCH: Primitive = Primitive {
    name: "llm_batch",
    usage: &["llm_batch(prompts)", "llm_batch(prompts, #{concurrency: 16, ..options of llm})"],
    summary: "Sends many prompts at once and returns the answers in their order; a failed item is an error map in its slot.",
    params: &[
        ("prompts", "an array of texts or context handles"),
        ("concurrency", "how many run at once, 1 to 1024; 16 if not given"),
        ("...", "every option of `llm`, for all prompts"),
    ],
    example: "let prompts = [\"When did it open? \" + context.line(1), \"How tall is it? \" + context.line(2)];\nfor answer in llm_batch(prompts) { if type_of(answer) == \"map\" { print(answer.message) } else { print(answer) } }",
    prints: "The harbour opened in 1884.\nIts lighthouse is 31 metres tall.\n",
    register,
};

fn register(engine: &mut Engine, _: &Arc<Desk>) {
    for name in ["llm_batch", "llm_query_batched"] {
        engine.register_fn(name, |prompts: Array| call(&prompts, Map::new()));
        engine.register_fn(name, |prompts: Array, options: Map| call(&prompts, options));
    }
}

fn call(prompts: &Array, mut map: Map) -> Answer<Dynamic> {
    let concurrency = done(concurrency(&mut map))?;
    if map.contains_key("check") {
        let failure = Failure::new(FailureKind::Invalid, "llm_batch takes no check: its calls run beside the script");
        return done(Err(failure.hint("par_map(prompts, |p| llm(p, #{check: |answer| ..})) checks every answer")));
    }
    let options = done(llm::tokens(map, "llm_batch"))?;
    let requests = done(prompts.iter().map(|p| llm::request(p, &options)).collect::<Outcome<Vec<_>>>())?;
    ask(Request::LlmBatch { requests, concurrency })
}

/// Takes `concurrency` out of the options: 1 to 1024, 16 if absent.
pub fn concurrency(map: &mut Map) -> Outcome<usize> {
    let Some(value) = map.remove("concurrency") else {
        return Ok(CONCURRENCY);
    };
    let number = value.as_int().map_err(|kind| {
        Failure::new(
            FailureKind::Invalid,
            format!("concurrency must be an integer, not {}", crate::script::convert::friendly(kind)),
        )
    })?;
    Ok(size(number, "concurrency")?.clamp(1, 1024))
}
