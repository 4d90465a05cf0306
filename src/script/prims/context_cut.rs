//! Methods of a context handle that cut it into pieces, which are handles again.

use crate::context::view::View;
use crate::script::desk::Desk;
use crate::script::handle::{Context, poll};
use crate::script::prims::context_read::number;
use crate::script::prims::primitive::{Answer, Primitive, done, size};
use rhai::{Array, Dynamic, Engine};
use std::sync::Arc;

/// `chunks`.
pub const CHUNKS: Primitive = Primitive {
    name: "context.chunks",
    usage: &["context.chunks(size, overlap)", "context.chunks(size)"],
    summary: "Cuts into handles of about a size, at paragraph, line or word ends; a chunk has text, name, and start, end and line there.",
    params: &[
        ("size", "bytes of a chunk"),
        ("overlap", "bytes that two neighbours share; 0 if not given"),
        ("start, end, line", "count in `name`, the document: `context.doc(c.name).slice(c.start, c.end)`"),
    ],
    example: "let parts = context.chunks(60, 0); print(parts[0].text.len() <= 60)",
    prints: "true\n",
    register: register_chunks,
};

/// `paragraphs`.
pub const PARAGRAPHS: Primitive = Primitive {
    name: "context.paragraphs",
    usage: &["context.paragraphs()"],
    summary: "Cuts into handles at blank lines.",
    params: &[],
    example: "print(context.paragraphs()[1].text.contains(\"1911\"))",
    prints: "true\n",
    register: |engine, _| {
        engine.register_fn("paragraphs", |context: &mut Context| -> Answer<Array> {
            context.looked();
            let views = done(poll().and_then(|p| context.view.paragraphs(&p)))?;
            Ok(parts(context, views))
        });
    },
};

/// `words`.
pub const WORDS: Primitive = Primitive {
    name: "context.words",
    usage: &["context.words()"],
    summary: "Counts the words.",
    params: &[],
    example: "print(context.paragraphs()[0].words())",
    prints: "11\n",
    register: |engine, _| {
        engine.register_fn("words", |context: &mut Context| -> Answer<i64> {
            context.looked();
            done(poll().and_then(|p| context.view.word_count(&p)).map(number))
        });
    },
};

fn register_chunks(engine: &mut Engine, _: &Arc<Desk>) {
    engine.register_fn("chunks", |context: &mut Context, bytes: i64| chunks(context, bytes, 0));
    engine.register_fn("chunks", chunks_mut);
}

fn chunks_mut(context: &mut Context, bytes: i64, overlap: i64) -> Answer<Array> {
    chunks(context, bytes, overlap)
}

fn chunks(context: &Context, bytes: i64, overlap: i64) -> Answer<Array> {
    context.looked();
    let (bytes, overlap) = (done(size(bytes, "size"))?, done(size(overlap, "overlap"))?);
    Ok(parts(context, done(poll().and_then(|p| context.view.chunks(bytes, overlap, &p)))?))
}

fn parts(context: &Context, views: Vec<View>) -> Array {
    views.into_iter().map(|v| Dynamic::from(context.part(v))).collect()
}
