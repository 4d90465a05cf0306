//! `PIPELINE`: runs a pipeline as a part of this run; `explain_pipeline` only reads it.

use crate::core::request::Request;
use crate::script::convert::to_value;
use crate::script::desk::Desk;
use crate::script::prims::primitive::{Answer, Primitive, ask, done};
use rhai::{Dynamic, Engine, Map};
use std::sync::Arc;

/// `PIPELINE`.
pub const PIPELINE: Primitive = Primitive {
    name: "PIPELINE",
    usage: &["PIPELINE(path, #{..inputs})", "PIPELINE(path)"],
    summary: "Runs a pipeline written in YAML and returns its outputs; its steps share this run's budget and log.",
    params: &[
        ("path", "a .yaml file of the workspace, or the name of one in ./pipelines or the user's folder"),
        ("inputs", "a map of what the file declares under `inputs`"),
    ],
    example: "try { PIPELINE(\"no_such\", #{}) } catch (e) { print(e.kind) }",
    prints: "not_found\n",
    register,
};

/// `explain_pipeline`.
pub const EXPLAIN_PIPELINE: Primitive = Primitive {
    name: "explain_pipeline",
    usage: &["explain_pipeline(path)"],
    summary: "Reads a pipeline without running it: a map with its inputs, steps, pseudocode and intention.",
    params: &[(
        "path",
        "as in PIPELINE; `intention` is what `rhizo pipeline explain --intent` last judged of this file, #{intention, serves, gaps}, or ()",
    )],
    example: "try { explain_pipeline(\"no_such\") } catch (e) { print(e.kind) }",
    prints: "not_found\n",
    register: register_explain,
};

fn register_explain(engine: &mut Engine, _: &Arc<Desk>) {
    engine.register_fn("explain_pipeline", |path: &str| ask(Request::ExplainPipeline { path: path.to_owned() }));
}

fn register(engine: &mut Engine, _: &Arc<Desk>) {
    engine.register_fn("PIPELINE", |path: &str| call(path, Map::new()));
    engine.register_fn("PIPELINE", call);
}

fn call(path: &str, inputs: Map) -> Answer<Dynamic> {
    let inputs = done(to_value(&Dynamic::from_map(inputs)))?;
    ask(Request::Pipeline { path: path.to_owned(), inputs })
}
