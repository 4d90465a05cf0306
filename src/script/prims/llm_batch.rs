//! `llm_batch`: many model calls at once.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::request::Request;
use crate::script::desk::Desk;
use crate::script::prims::primitive::{Answer, Primitive, ask, done, size};
use crate::script::prims::{checked, llm};
use rhai::{Array, Dynamic, Engine, Map, NativeCallContext};
use std::sync::Arc;

/// How many calls run at once unless the script says otherwise.
pub const CONCURRENCY: usize = 16;

/// `llm_batch`.
pub const LLM_BATCH: Primitive = Primitive {
    name: "llm_batch",
    usage: &[
        "llm_batch(prompts)",
        "llm_batch(prompts, #{concurrency: 16, ..options of llm})",
        "llm_batch(prompts, #{check: |answer, index| .., gate: \"name\"})",
    ],
    summary: "Sends many prompts at once and returns the answers in their order; a failed item is an error map in its slot.",
    params: &[
        ("prompts", "an array of texts or context handles"),
        ("concurrency", "how many run at once, 1 to 1024; 16 if not given"),
        (
            "check, gate",
            "as in `llm`, for every answer; the closure may take the item's index too. Refused ones go out again together",
        ),
        ("...", "every other option of `llm`, for all prompts: `?llm` explains them"),
    ],
    example: "let prompts = [\"When did it open? \" + context.line(1), \"How tall is it? \" + context.line(2)];\nfor answer in llm_batch(prompts) { if retry::is_failure(answer) { print(answer.message) } else { print(answer) } }\nlet checked = llm_batch(prompts, #{check: |answer, index| answer.contains([\"1884\", \"metres\"][index]), gate: \"has a figure\"});\nprint(checked.len());",
    prints: "The harbour opened in 1884.\nIts lighthouse is 31 metres tall.\n2\n",
    register,
};

fn register(engine: &mut Engine, _: &Arc<Desk>) {
    for name in ["llm_batch", "llm_query_batched"] {
        engine.register_fn(name, |context: NativeCallContext, prompts: Array| call(&context, &prompts, Map::new()));
        engine.register_fn(name, |context: NativeCallContext, prompts: Array, options: Map| {
            call(&context, &prompts, options)
        });
    }
}

fn call(context: &NativeCallContext, prompts: &Array, mut map: Map) -> Answer<Dynamic> {
    let concurrency = done(concurrency(&mut map))?;
    let check = done(checked::take(&mut map, "llm_batch"))?;
    let options = Arc::new(done(llm::tokens(map, "llm_batch"))?);
    let requests = done(prompts.iter().map(|p| llm::request(p, &options)).collect::<Outcome<Vec<_>>>())?;
    match check {
        Some(check) => checked::batch(context, &requests, concurrency, &check),
        None => ask(Request::LlmBatch { requests, concurrency }),
    }
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
    match size(number, "concurrency")? {
        0 => Err(Failure::new(FailureKind::Invalid, "concurrency is 0, and then nothing would run")
            .hint("1 runs one after the other; 16 if not given")),
        places => Ok(places.min(1024)),
    }
}
