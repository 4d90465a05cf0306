//! `docs`: the documents of the context.

use crate::core::failure::{Failure, FailureKind};
use crate::script::convert::to_dynamic;
use crate::script::desk::Desk;
use crate::script::handle::{Context, poll};
use crate::script::prims::primitive::{Answer, Primitive, done};
use rhai::{Array, Engine};
use std::sync::Arc;

/// `docs`.
pub const DOCS: Primitive = Primitive {
    name: "docs",
    usage: &["context.docs()", "docs()"],
    summary: "Lists the documents of a context handle, each as #{name, len, lines}; len counts bytes.",
    params: &[("lines", "how many; absent where the handle has more than 64 MB")],
    example: "for d in context.docs() { print(`${d.name} ${d.len} ${d.lines}`) }",
    prints: "harbour.txt 107 4\nlamp.json 30 1\nfares.csv 28 3\n",
    register,
};

fn register(engine: &mut Engine, _: &Arc<Desk>) {
    engine.register_type_with_name::<Context>("Context");
    engine.register_fn("docs", |context: &mut Context| documents(context));
    engine.register_fn("to_string", |context: &mut Context| -> Answer<String> { done(context.text()) });
    engine.register_fn("to_debug", |context: &mut Context| context.to_string());
    engine.register_fn("+", |left: &str, right: Context| -> Answer<String> {
        Ok(format!("{left}{}", done(right.text())?))
    });
    engine.register_fn("+", |left: Context, right: &str| -> Answer<String> { Ok(done(left.text())? + right) });
}

/// Adds `docs()`, which lists the documents of the whole input.
pub fn register_plain(engine: &mut Engine, whole: Context) {
    engine.register_fn("docs", move || documents(&whole));
}

fn documents(context: &Context) -> Answer<Array> {
    context.looked();
    let value = |d| serde_json::to_value(d).map(|v| to_dynamic(&v));
    let documents = done(poll().and_then(|p| context.view.docs(&p)))?;
    let list = documents.iter().map(value).collect::<Result<Array, _>>();
    done(list.map_err(|e| Failure::new(FailureKind::Internal, format!("docs: {e}"))))
}
