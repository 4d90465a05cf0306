//! `rlm_batch`: many child runs at once.

use crate::core::child::{ChildOptions, ChildRequest};
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::request::Request;
use crate::core::text::meant;
use crate::script::convert::friendly;
use crate::script::desk::Desk;
use crate::script::prims::llm_batch::concurrency;
use crate::script::prims::primitive::{Answer, Primitive, ask, done};
use crate::script::prims::rlm;
use rhai::{Array, Dynamic, Engine, Map};
use std::sync::Arc;

/// `rlm_batch`.
pub const RLM_BATCH: Primitive = Primitive {
    name: "rlm_batch",
    usage: &[
        "rlm_batch(tasks)",
        "rlm_batch([[task, context], ...])",
        "rlm_batch(tasks, #{concurrency: 16, ..options of rlm})",
    ],
    summary: "Starts many child runs at once and returns their values in order; a failed child is an error map in its slot.",
    params: &[
        ("tasks", "an array of tasks, of `[task, context]` pairs or of `#{task, context}` maps"),
        ("concurrency", "how many run at once; 16 if not given"),
        ("...", "every option of `rlm`, for all children: `?rlm` explains them"),
    ],
    example: "let answers = rlm_batch([[\"When did it open?\", context], [\"How tall is the lighthouse?\", context]]);\nprint(answers.len)",
    prints: "2\n",
    register,
};

fn register(engine: &mut Engine, _: &Arc<Desk>) {
    for name in ["rlm_batch", "rlm_query_batched"] {
        engine.register_fn(name, |tasks: Array| call(&tasks, Map::new()));
        engine.register_fn(name, |tasks: Array, options: Map| call(&tasks, options));
    }
}

fn call(tasks: &Array, mut map: Map) -> Answer<Dynamic> {
    let concurrency = done(concurrency(&mut map))?;
    let options = done(rlm::checked(map, "rlm_batch"))?;
    let requests = done(tasks.iter().map(|t| request(t, &options)).collect::<Outcome<Vec<_>>>())?;
    ask(Request::RlmBatch { requests, concurrency })
}

/// What a map of `rlm_batch` may have.
const PARTS: [&str; 2] = ["task", "context"];

/// Refuses what a map has beside them: a misspelt context would be none.
fn only_parts(map: &Map) -> Outcome<()> {
    let Some(other) = map.keys().find(|name| !PARTS.contains(&name.as_str())) else { return Ok(()) };
    let hint = meant(other, PARTS).unwrap_or_else(|| "options stand behind the tasks, for all of them".to_owned());
    Err(Failure::new(FailureKind::Invalid, format!("a map of rlm_batch has no part `{other}`")).hint(hint))
}

fn misplaced(option: &str) -> Failure {
    Failure::new(FailureKind::Invalid, format!("rlm_batch: a map with `{option}` stands where a context does"))
        .hint("options stand behind the tasks, for all of them; data are given by `#{task: \"..\", context: data}`")
}

fn request(task: &Dynamic, options: &ChildOptions) -> Outcome<ChildRequest> {
    if let Ok(pair) = task.as_array_ref() {
        return match pair.as_slice() {
            [task] => rlm::request(task, &Dynamic::UNIT, options),
            [task, context] => {
                let option = context.read_lock::<Map>().and_then(|map| rlm::option_in(&map));
                option.map_or(Ok(()), |option| Err(misplaced(&option)))?;
                rlm::request(task, context, options)
            }
            other => Err(Failure::new(FailureKind::Invalid, format!("a task of rlm_batch has {} parts", other.len()))
                .hint("write [task, context]")),
        };
    }
    if let Ok(map) = task.as_map_ref() {
        only_parts(&map)?;
        let task = map.get("task").ok_or_else(|| {
            Failure::new(FailureKind::Invalid, "a map of rlm_batch has no `task`")
                .hint("write #{task: \"..\", context: ..}")
        })?;
        return rlm::request(task, map.get("context").unwrap_or(&Dynamic::UNIT), options);
    }
    if !task.is_string() {
        let kind = friendly(task.type_name());
        return Err(Failure::new(FailureKind::Invalid, format!("a task of rlm_batch must be a string, not {kind}")));
    }
    rlm::request(task, &Dynamic::UNIT, options)
}
