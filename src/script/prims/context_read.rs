//! Methods of a context handle that read a piece of it.

use crate::script::convert::to_dynamic;
use crate::script::desk::Desk;
use crate::script::engine::{ARRAY_LIMIT, STRING_LIMIT};
use crate::script::handle::{Context, poll};
use crate::script::prims::primitive::{Answer, Primitive, done, size};
use rhai::{Array, Dynamic, Engine};
use std::sync::Arc;

/// `len`.
pub const LEN: Primitive = Primitive {
    name: "context.len",
    usage: &["context.len", "context.len()"],
    summary: "Returns the length in bytes; `slice` and hits count bytes from the start of the handle.",
    params: &[],
    example: "print(context.len)",
    prints: "165\n",
    register: |engine, _| {
        engine.register_get("len", |context: &mut Context| length(context));
        engine.register_fn("len", |context: &mut Context| length(context));
        engine.register_get("is_empty", |context: &mut Context| context.view.is_empty());
        engine.register_fn("is_empty", |context: &mut Context| context.view.is_empty());
    },
};

/// `lines`.
pub const LINES: Primitive = Primitive {
    name: "context.lines",
    usage: &["context.lines", "context.lines(from, to)"],
    summary: "Returns the number of lines, or the lines from one number to another, both included, as an array.",
    params: &[("from", "the first line, from 1; negative counts from the end"), ("to", "the last line")],
    example: "print(context.lines); print(context.lines(1, 2)[1])",
    prints: "8\nIts lighthouse is 31 metres tall.\n",
    register: register_lines,
};

/// `line`.
pub const LINE: Primitive = Primitive {
    name: "context.line",
    usage: &["context.line(i)"],
    summary: "Returns one line without its end.",
    params: &[("i", "its number, from 1; -1 is the last")],
    example: "print(context.line(1))",
    prints: "The harbour opened in 1884.\n",
    register: |engine, _| {
        engine.register_fn("line", |context: &mut Context, number: i64| -> Answer<String> {
            context.looked();
            done(poll().and_then(|p| context.view.line(number, &p)).and_then(|line| line.text(STRING_LIMIT)))
        });
    },
};

/// `slice`.
pub const SLICE: Primitive = Primitive {
    name: "context.slice",
    usage: &["context.slice(from, to)"],
    summary: "Returns the text between two offsets, moved to character boundaries; at most 10 MB.",
    params: &[("from", "the first byte; negative counts from the end"), ("to", "one past the last byte")],
    example: "print(context.slice(4, 11))",
    prints: "harbour\n",
    register: |engine, _| {
        engine.register_fn("slice", |context: &mut Context, from: i64, to: i64| -> Answer<String> {
            context.looked();
            done(context.view.slice(from, to).text(STRING_LIMIT))
        });
        engine.register_fn("part", |context: &mut Context, from: i64, to: i64| {
            context.part(context.view.slice(from, to))
        });
    },
};

/// `head`.
pub const HEAD: Primitive = Primitive {
    name: "context.head",
    usage: &["context.head(n)", "context.head()"],
    summary: "Returns the first bytes as text, 2000 if no number is given.",
    params: &[("n", "bytes")],
    example: "print(context.head(11))",
    prints: "The harbour\n",
    register: |engine, _| {
        engine.register_fn("head", |context: &mut Context| end(context, 2000, true));
        engine.register_fn("head", |context: &mut Context, n: i64| end(context, n, true));
    },
};

/// `tail`.
pub const TAIL: Primitive = Primitive {
    name: "context.tail",
    usage: &["context.tail(n)", "context.tail()"],
    summary: "Returns the last bytes as text, 2000 if no number is given.",
    params: &[("n", "bytes")],
    example: "print(context.tail(8))",
    prints: "south,7\n\n",
    register: |engine, _| {
        engine.register_fn("tail", |context: &mut Context| end(context, 2000, false));
        engine.register_fn("tail", |context: &mut Context, n: i64| end(context, n, false));
    },
};

/// `text`.
pub const TEXT: Primitive = Primitive {
    name: "context.text",
    usage: &["context.text()", "chunk.text"],
    summary: "Returns the whole text of a handle; an error if it is larger than 10 MB. Its start, end and line count in its document.",
    params: &[(
        "start, end, line",
        "where a handle begins and ends in `name`, its document: `context.doc(c.name).slice(c.start, c.end)`",
    )],
    example: "print(context.doc(\"fares.csv\").text().len())",
    prints: "28\n",
    register: |engine, _| {
        engine.register_fn("text", |context: &mut Context| -> Answer<String> { done(context.text()) });
        engine.register_get("text", |context: &mut Context| -> Answer<String> { done(context.text()) });
        engine.register_get("start", |context: &mut Context| first_span(context).map_or(0, |s| s.1));
        engine.register_get("end", |context: &mut Context| first_span(context).map_or(0, |s| s.2));
        engine.register_get("line", |context: &mut Context| -> Answer<i64> {
            done(poll().and_then(|p| context.view.first_line(&p)).map(number))
        });
        engine.register_get("name", |context: &mut Context| first_span(context).map_or(String::new(), |s| s.0));
    },
};

/// `doc`.
pub const DOC: Primitive = Primitive {
    name: "context.doc",
    usage: &["context.doc(name)"],
    summary: "Returns a handle on one document.",
    params: &[("name", "as docs() names it")],
    example: "print(context.doc(\"fares.csv\").line(2))",
    prints: "north,4\n",
    register: |engine, _| {
        engine.register_fn("doc", |context: &mut Context, name: &str| -> Answer<Context> {
            context.looked();
            Ok(context.part(done(context.view.doc(name))?))
        });
    },
};

/// `json`.
pub const JSON: Primitive = Primitive {
    name: "context.json",
    usage: &["context.json()"],
    summary: "Reads the text as one JSON value, or as JSON lines, as an array; at most 10 MB.",
    params: &[],
    example: "let lamp = context.doc(\"lamp.json\").json(); print(lamp.seconds / lamp.flashes)",
    prints: "6\n",
    register: |engine, _| {
        engine.register_fn("json", |context: &mut Context| -> Answer<Dynamic> {
            context.looked();
            done(context.view.json(STRING_LIMIT).map(|v| to_dynamic(&v)))
        });
    },
};

/// `csv`.
pub const CSV: Primitive = Primitive {
    name: "context.csv",
    usage: &["context.csv()"],
    summary: "Reads CSV with a header line, of a chunk the rows that begin in it, and returns an array of maps; numbers become numbers.",
    params: &[(
        "chunk",
        "`for c in context.chunks(2000000) { for row in c.csv() {} }` has each row of a large table once, under the names \
         in the first row of the document; what is a number is decided chunk by chunk",
    )],
    example: "let rows = context.doc(\"fares.csv\").csv(); print(rows[0].price + rows[1].price)",
    prints: "11\n",
    register: |engine, _| {
        engine.register_fn("csv", |context: &mut Context| -> Answer<Dynamic> {
            context.looked();
            done(poll().and_then(|p| context.view.csv(STRING_LIMIT, &p)).map(|v| to_dynamic(&v)))
        });
    },
};

fn length(context: &Context) -> i64 {
    number(context.view.len())
}

/// A length as a script's integer.
pub fn number(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

fn first_span(context: &Context) -> Option<(String, i64, i64)> {
    let spans = context.view.spans();
    let (first, last) = (spans.first()?, spans.last()?);
    let offset = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    Some((first.document.clone(), offset(first.start), offset(last.end)))
}

fn end(context: &Context, bytes: i64, head: bool) -> Answer<String> {
    context.looked();
    let bytes = done(size(bytes, "the number of bytes"))?;
    let view = if head { context.view.head(bytes) } else { context.view.tail(bytes) };
    done(view.text(STRING_LIMIT))
}

fn register_lines(engine: &mut Engine, _: &Arc<Desk>) {
    engine.register_get("lines", |context: &mut Context| -> Answer<i64> { line_count(context) });
    engine.register_fn("lines", |context: &mut Context| -> Answer<i64> { line_count(context) });
    engine.register_fn("lines", |context: &mut Context, from: i64, to: i64| -> Answer<Array> {
        context.looked();
        let lines = done(poll().and_then(|p| context.view.lines(from, to, ARRAY_LIMIT, STRING_LIMIT, &p)))?;
        Ok(lines.into_iter().map(Into::into).collect())
    });
}

fn line_count(context: &Context) -> Answer<i64> {
    context.looked();
    done(poll().and_then(|p| context.view.line_count(&p)).map(number))
}
