//! `save_script`: keeps a program that has shown that it runs.

use crate::core::draft::ScriptDraft;
use crate::core::request::Request;
use crate::script::convert::options;
use crate::script::desk::Desk;
use crate::script::prims::primitive::{Primitive, ask, done};
use rhai::{Engine, Map};
use std::sync::Arc;

/// `save_script`.
pub const SAVE_SCRIPT: Primitive = Primitive {
    name: "save_script",
    usage: &["save_script(#{name, source, summary, params, returns, tags, example})"],
    summary: "Keeps a program for SCRIPT() in the project's folder, after running it once with `example`; returns its path.",
    params: &[
        ("name", "letters, digits and `_`"),
        ("source", "the program; it sees `args` and `context`"),
        ("summary", "one sentence"),
        ("params", "name to description; a name ending in `?` is optional"),
        ("example", "arguments with which it must run without an error"),
        ("replace", "whether it takes the place of a program of this name; false if not given"),
    ],
    example: "let path = save_script(#{name: \"double\", source: \"args.n * 2\", summary: \"Doubles a number.\", params: #{n: \"the number\"}, example: #{n: 2}});\nprint(path.ends_with(\"double.rhai\")); print(SCRIPT(\"double\", #{n: 21}))",
    prints: "true\n42\n",
    register,
};

fn register(engine: &mut Engine, _: &Arc<Desk>) {
    engine.register_fn("save_script", |draft: Map| {
        ask(Request::SaveScript(done(options::<ScriptDraft>(draft, "save_script"))?))
    });
}
