//! `recall`: similar memories.

use crate::core::request::Request;
use crate::script::desk::Desk;
use crate::script::prims::primitive::{Primitive, ask, done, size};
use rhai::Engine;
use std::sync::Arc;

/// `recall`.
pub const RECALL: Primitive = Primitive {
    name: "recall",
    usage: &["recall(query)", "recall(query, k)"],
    summary: "Finds the most similar episodes, best first, each as #{situation, action, arm, outcome, lesson, similarity}.",
    params: &[("query", "what it is like now"), ("k", "how many at most; 5 if not given")],
    example: "remember(#{situation: \"summing a price column\", lesson: \"use context.csv()\"});\nprint(recall(\"sum a price column\", 1)[0].lesson)",
    prints: "use context.csv()\n",
    register,
};

fn register(engine: &mut Engine, _: &Arc<Desk>) {
    engine.register_fn("recall", |query: &str| ask(Request::Recall { query: query.to_owned(), k: 5 }));
    engine.register_fn("recall", |query: &str, k: i64| {
        let k = done(size(k, "k"))?.min(1_000);
        ask(Request::Recall { query: query.to_owned(), k })
    });
}
