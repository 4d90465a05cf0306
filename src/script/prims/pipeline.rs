//! `PIPELINE`: runs a pipeline as a part of this run.

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

fn register(engine: &mut Engine, _: &Arc<Desk>) {
    engine.register_fn("PIPELINE", |path: &str| call(path, Map::new()));
    engine.register_fn("PIPELINE", call);
}

fn call(path: &str, inputs: Map) -> Answer<Dynamic> {
    let inputs = done(to_value(&Dynamic::from_map(inputs)))?;
    ask(Request::Pipeline { path: path.to_owned(), inputs })
}
