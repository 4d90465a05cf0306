//! Methods of a context handle that find something in it.

use crate::core::failure::{Failure, FailureKind};
use crate::script::convert::{options, to_dynamic};
use crate::script::desk::Desk;
use crate::script::handle::{Context, poll};
use crate::script::output;
use crate::script::prims::context_read::number;
use crate::script::prims::primitive::{Answer, Primitive, done, size};
use rhai::{Array, Dynamic, Engine, Map};
use serde::Deserialize;
use std::sync::Arc;

/// How many hits `grep` returns unless the script says otherwise.
const HITS: usize = 1_000;
/// What is said where an option is to ignore case.
const CASE: &str = "`(?i)` in front of the pattern ignores case: `context.grep(\"(?i)word\")`";
/// What is said where that leaves some out.
const CUT: &str = "grep stopped at 1000 hits: grep(pattern, 5000) takes more, count(pattern) counts all matches";

/// `grep`.
pub const GREP: Primitive = Primitive {
    name: "context.grep",
    usage: &["context.grep(pattern)", "context.grep(pattern, max)"],
    summary: "Finds the lines that match a regular expression, 1000 if no max is given, each as #{doc, line, start, end, text}; line counts in doc.",
    params: &[
        ("pattern", "Rust regex; `(?i)` in front ignores case"),
        ("max", "how many at most; without it 1000, and a note where there are more"),
        (
            "line",
            "counts in `doc`: `context.doc(hit.doc).lines(max(1, hit.line - 2), hit.line + 2)` are those around it",
        ),
        ("start, end", "bytes from the start of the handle: `context.slice(hit.start, hit.end)`"),
    ],
    example: "for hit in context.grep(\"(?i)SOUTH\") {\n    print(`${hit.doc}:${hit.line} ${hit.text}`);\n    print(context.doc(hit.doc).lines(max(1, hit.line - 1), hit.line + 1));\n}",
    prints: "fares.csv:3 south,7\n[\"north,4\", \"south,7\"]\n",
    register: register_grep,
};

/// `count`.
pub const COUNT: Primitive = Primitive {
    name: "context.count",
    usage: &["context.count(pattern)"],
    summary: "Counts the matches of a regular expression without keeping them.",
    params: &[("pattern", "Rust regex; `(?i)` in front ignores case")],
    example: "print(context.count(\"harbour\"))",
    prints: "2\n",
    register: |engine, _| {
        engine.register_fn("count", |context: &mut Context, pattern: &str| -> Answer<i64> {
            context.looked();
            done(poll().and_then(|p| context.view.count(pattern, &p)).map(number))
        });
    },
};

/// `search`.
pub const SEARCH: Primitive = Primitive {
    name: "context.search",
    usage: &["context.search(query, k)", "context.search(query)"],
    summary: "Ranks pieces of the text by the words of a query (BM25), each as #{doc, line, start, end, text, score}.",
    params: &[
        ("query", "words"),
        ("k", "how many at most; 10 if not given"),
        ("line, start, end", "count as those of `grep`: the line in `doc`, the others in the handle"),
    ],
    example: "print(context.search(\"lighthouse height\", 1)[0].doc)",
    prints: "harbour.txt\n",
    register: |engine, _| {
        engine.register_fn("search", |context: &mut Context, query: &str| search(context, query, 10));
        engine.register_fn("search", |context: &mut Context, query: &str, k: i64| search(context, query, k));
    },
};

/// `between`.
pub const BETWEEN: Primitive = Primitive {
    name: "context.between",
    usage: &["context.between(from, to)"],
    summary: "Returns handles on the pieces between two texts, without them, in order.",
    params: &[("from", "the text before a piece"), ("to", "the text after it")],
    example: "print(context.between(\"opened in \", \".\")[0].text)",
    prints: "1884\n",
    register: |engine, _| {
        engine.register_fn("between", |context: &mut Context, from: &str, to: &str| -> Answer<Array> {
            context.looked();
            let views = done(poll().and_then(|p| context.view.between(from, to, &p)))?;
            Ok(views.into_iter().map(|v| Dynamic::from(context.part(v))).collect())
        });
    },
};

fn register_grep(engine: &mut Engine, _: &Arc<Desk>) {
    engine.register_fn("grep", |context: &mut Context, pattern: &str| grep(context, pattern, None));
    engine.register_fn("grep", |context: &mut Context, pattern: &str, max: i64| -> Answer<Dynamic> {
        grep(context, pattern, Some(done(size(max, "max"))?))
    });
    engine.register_fn("grep", |context: &mut Context, pattern: &str, given: Map| -> Answer<Dynamic> {
        let has_case = given.keys().any(|name| name.contains("case") || name.as_str() == "flags");
        let read = options::<Options>(given, "context.grep");
        let Options { max } = done(read.map_err(|failure| if has_case { failure.hint(CASE) } else { failure }))?;
        grep(context, pattern, done(max.map(|max| size(max, "max")).transpose())?)
    });
}

/// What `grep` may be told by name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    max: Option<i64>,
}

fn grep(context: &Context, pattern: &str, max: Option<usize>) -> Answer<Dynamic> {
    context.looked();
    // One more than is given tells whether there are more.
    let most = max.map_or(HITS + 1, |max| max.min(crate::script::engine::ARRAY_LIMIT));
    let mut hits = done(poll().and_then(|p| context.view.grep(pattern, most, &p)))?;
    if max.is_none() && hits.len() > HITS {
        hits.truncate(HITS);
        done(output::note(CUT))?;
    }
    rows(hits)
}

fn search(context: &Context, query: &str, k: i64) -> Answer<Dynamic> {
    context.looked();
    let k = done(size(k, "k"))?.min(1_000);
    rows(done(poll().and_then(|p| context.view.search(query, k, &p)))?)
}

fn rows(hits: impl serde::Serialize) -> Answer<Dynamic> {
    let value = serde_json::to_value(hits);
    done(value.map(|v| to_dynamic(&v)).map_err(|e| Failure::new(FailureKind::Internal, format!("hits: {e}"))))
}
