//! Built-in functions that would allocate before Rhai checks a size, checked first.

use crate::core::failure::{Failure, FailureKind};
use crate::script::engine::{ARRAY_LIMIT, STRING_LIMIT};
use crate::script::errors::raise;
use crate::script::language::notation;
use crate::script::limits::gate;
use crate::script::natives::told;
use rhai::{Array, Blob, Dynamic, Engine, EvalAltResult, FuncRegistration, ImmutableString, RhaiNativeFunc, Variant};
use std::ops::{Range, RangeInclusive};

type Checked<T> = Result<T, Box<EvalAltResult>>;

/// Registers all guards.
pub fn register(engine: &mut Engine) {
    replacements(engine);
    splits(engine);
    joins(engine);
    growth(engine);
    blobs(engine);
    splices(engine);
}

/// The failure of a value that would become too large.
pub fn beyond(what: &str, limit: usize) -> Failure {
    let hint = "work on `context.chunks(..)` or on smaller pieces";
    Failure::new(FailureKind::Limit, format!("{what} would grow beyond {limit}")).hint(hint)
}

fn too_large(what: &str, limit: usize) -> Box<EvalAltResult> {
    raise(beyond(what, limit))
}

/// Replaces every `find` in `text`, if the result stays below the limit, and answers the result too.
fn replaced(text: &mut ImmutableString, find: &str, with: &str) -> Checked<ImmutableString> {
    if with.len() > find.len() {
        let count = if find.is_empty() { text.chars().count() + 1 } else { text.matches(find).count() };
        let grown = count.saturating_mul(with.len() - find.len()).saturating_add(text.len());
        fits(grown, STRING_LIMIT, "the string")?;
    }
    *text = text.replace(find, with).into();
    Ok(text.clone())
}

/// What changes a text in place. In Rhai it answers `()`, where whoever knows another language takes it for a value.
fn replacements(engine: &mut Engine) {
    change(engine, "replace", |text: &mut ImmutableString, find: ImmutableString, with: ImmutableString| {
        replaced(text, &find, &with)
    });
    change(engine, "replace", |text: &mut ImmutableString, find: char, with: ImmutableString| {
        replaced(text, find.encode_utf8(&mut [0; 4]), &with)
    });
    change(engine, "replace", |text: &mut ImmutableString, find: ImmutableString, with: char| {
        replaced(text, &find, with.encode_utf8(&mut [0; 4]))
    });
    change(engine, "replace", |text: &mut ImmutableString, find: char, with: char| {
        replaced(text, find.encode_utf8(&mut [0; 4]), with.encode_utf8(&mut [0; 4]))
    });
    change(engine, "trim", |text: &mut ImmutableString| -> ImmutableString {
        *text = text.trim().into();
        text.clone()
    });
}

/// The items as an array, if there are not too many; stops counting at the limit.
pub fn collected<T: Into<Dynamic>>(items: impl Iterator<Item = T>) -> Checked<Array> {
    let mut array = Array::new();
    for item in items {
        if array.len() >= ARRAY_LIMIT {
            return Err(too_large("the array", ARRAY_LIMIT));
        }
        array.push(item.into());
    }
    Ok(array)
}

fn splits(engine: &mut Engine) {
    engine.register_fn("split", |text: &mut ImmutableString| collected(text.split_whitespace()));
    engine.register_fn("split", |text: &mut ImmutableString, by: ImmutableString| collected(text.split(by.as_str())));
    engine.register_fn("split", |text: &mut ImmutableString, by: char| collected(text.split(by)));
    engine.register_fn("split_rev", |text: &mut ImmutableString, by: ImmutableString| {
        collected(text.rsplit(by.as_str()))
    });
    engine.register_fn("split_rev", |text: &mut ImmutableString, by: char| collected(text.rsplit(by)));
    engine.register_fn("split", |text: &mut ImmutableString, by: ImmutableString, most: i64| {
        collected(text.splitn(pieces(most), by.as_str()))
    });
    engine.register_fn("split", |text: &mut ImmutableString, by: char, most: i64| {
        collected(text.splitn(pieces(most), by))
    });
    engine.register_fn("split_rev", |text: &mut ImmutableString, by: ImmutableString, most: i64| {
        collected(text.rsplitn(pieces(most), by.as_str()))
    });
    engine.register_fn("split_rev", |text: &mut ImmutableString, by: char, most: i64| {
        collected(text.rsplitn(pieces(most), by))
    });
    engine.register_fn("to_chars", |text: &mut ImmutableString| collected(text.chars()));
}

/// Into how many pieces a text is split at most: one at least.
fn pieces(most: i64) -> usize {
    usize::try_from(most).unwrap_or(1).max(1)
}

fn joins(engine: &mut Engine) {
    let says = "Joins the items of an array to one text, with a text between them.";
    told(engine, ("join", says), |items: &mut Array, between: ImmutableString| {
        let mut all = String::new();
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                all.push_str(&between);
            }
            match item.as_immutable_string_ref() {
                Ok(text) => all.push_str(&text),
                Err(_) => all.push_str(&notation::part(item).map_err(raise)?),
            }
            if all.len() > STRING_LIMIT {
                return Err(too_large("the string", STRING_LIMIT));
            }
        }
        Ok(all)
    });
    // Without this form Rhai takes a text for the name of a function, and calls it if there is one.
    engine.register_fn("index_of", |items: &mut Array, wanted: ImmutableString| -> i64 {
        let at = items.iter().position(|item| item.as_immutable_string_ref().is_ok_and(|text| *text == wanted));
        at.and_then(|at| i64::try_from(at).ok()).unwrap_or(-1)
    });
}

/// Registers what changes its first argument, which Rhai then refuses for a constant.
fn change<A: 'static, const N: usize, const X: bool, R: Variant + Clone, const F: bool>(
    engine: &mut Engine,
    name: &'static str,
    function: impl RhaiNativeFunc<A, N, X, R, F> + Send + Sync + 'static,
) {
    FuncRegistration::new(name).with_purity(false).register_into_engine(engine, function);
}

fn fits(count: usize, limit: usize, what: &str) -> Checked<()> {
    if count > limit { Err(too_large(what, limit)) } else { Ok(()) }
}

/// What makes a value longer, checked without looking through it: Rhai's own limits walk through the whole value at
/// every call, which makes a loop that fills an array quadratic.
fn growth(engine: &mut Engine) {
    change(engine, "push", |items: &mut Array, item: Dynamic| {
        fits(items.len() + 1, ARRAY_LIMIT, "the array").map(|()| items.push(item))
    });
    change(engine, "append", |items: &mut Array, more: Array| {
        fits(items.len() + more.len(), ARRAY_LIMIT, "the array").map(|()| items.extend(more))
    });
    engine.register_fn("+=", |items: &mut Array, more: Dynamic| match more.try_cast_result::<Array>() {
        Ok(more) => fits(items.len() + more.len(), ARRAY_LIMIT, "the array").map(|()| items.extend(more)),
        Err(item) => fits(items.len() + 1, ARRAY_LIMIT, "the array").map(|()| items.push(item)),
    });
    engine.register_fn("+", |first: Array, second: Array| {
        fits(first.len() + second.len(), ARRAY_LIMIT, "the array").map(|()| [first, second].concat())
    });
    change(engine, "insert", |items: &mut Array, at: i64, item: Dynamic| {
        fits(items.len() + 1, ARRAY_LIMIT, "the array").map(|()| items.insert(place(items.len(), at), item))
    });
    change(engine, "pad", |items: &mut Array, len: i64, item: Dynamic| {
        let len = usize::try_from(len).unwrap_or(0);
        fits(len, ARRAY_LIMIT, "the array").and_then(|()| filled(items, len, &item))
    });
    change(engine, "pad", |text: &mut ImmutableString, len: i64, with: char| {
        padded(text, len, with.encode_utf8(&mut [0; 4]))
    });
    change(engine, "pad", |text: &mut ImmutableString, len: i64, with: ImmutableString| padded(text, len, &with));
    engine.register_fn("+", |first: ImmutableString, second: ImmutableString| {
        fits(first.len() + second.len(), STRING_LIMIT, "the string").map(|()| first + second)
    });
    engine.register_fn("+=", |text: &mut ImmutableString, more: ImmutableString| {
        fits(text.len() + more.len(), STRING_LIMIT, "the string").map(|()| *text += more)
    });
}

fn blobs(engine: &mut Engine) {
    for name in ["push", "append", "+="] {
        change(engine, name, |bytes: &mut Blob, value: i64| extended(bytes, &[byte(value)]));
    }
    for name in ["append", "+="] {
        change(engine, name, |bytes: &mut Blob, more: Blob| extended(bytes, &more));
        change(engine, name, |bytes: &mut Blob, more: ImmutableString| extended(bytes, more.as_bytes()));
        change(engine, name, |bytes: &mut Blob, more: char| extended(bytes, more.encode_utf8(&mut [0; 4]).as_bytes()));
    }
    engine.register_fn("+", |mut first: Blob, second: Blob| extended(&mut first, &second).map(|()| first));
    engine.register_fn("+", |mut first: Blob, second: char| {
        extended(&mut first, second.encode_utf8(&mut [0; 4]).as_bytes()).map(|()| first)
    });
    change(engine, "insert", |bytes: &mut Blob, at: i64, value: i64| {
        fits(bytes.len() + 1, STRING_LIMIT, "the blob").map(|()| bytes.insert(place(bytes.len(), at), byte(value)))
    });
    change(engine, "pad", |bytes: &mut Blob, len: i64, value: i64| {
        let len = usize::try_from(len).unwrap_or(0);
        fits(len, STRING_LIMIT, "the blob").map(|()| bytes.resize(len.max(bytes.len()), byte(value)))
    });
    engine.register_fn("to_array", |bytes: &mut Blob| collected(bytes.iter().map(|value| i64::from(*value))));
    engine.register_fn("blob", |len: i64| blob(len, 0));
    engine.register_fn("blob", blob);
}

fn extended(bytes: &mut Blob, more: &[u8]) -> Checked<()> {
    fits(bytes.len() + more.len(), STRING_LIMIT, "the blob").map(|()| bytes.extend_from_slice(more))
}

/// The lowest eight bits, as Rhai makes bytes of numbers.
fn byte(value: i64) -> u8 {
    u8::try_from(value & 0xff).unwrap_or_default()
}

/// Where a position stands among `len`: negative ones count from the end, as in Rhai.
fn place(len: usize, at: i64) -> usize {
    let distance = usize::try_from(at.unsigned_abs()).unwrap_or(usize::MAX);
    if at < 0 { len.saturating_sub(distance) } else { distance.min(len) }
}

fn splices(engine: &mut Engine) {
    change(engine, "splice", |items: &mut Array, at: i64, len: i64, new: Array| array_spliced(items, at, len, new));
    change(engine, "splice", |items: &mut Array, range: Range<i64>, new: Array| {
        let (at, len) = span(&range);
        array_spliced(items, at, len, new)
    });
    change(engine, "splice", |items: &mut Array, range: RangeInclusive<i64>, new: Array| {
        let (at, len) = span_inclusive(&range);
        array_spliced(items, at, len, new)
    });
    change(engine, "splice", |bytes: &mut Blob, at: i64, len: i64, new: Blob| blob_spliced(bytes, at, len, new));
    change(engine, "splice", |bytes: &mut Blob, range: Range<i64>, new: Blob| {
        let (at, len) = span(&range);
        blob_spliced(bytes, at, len, new)
    });
    change(engine, "splice", |bytes: &mut Blob, range: RangeInclusive<i64>, new: Blob| {
        let (at, len) = span_inclusive(&range);
        blob_spliced(bytes, at, len, new)
    });
}

/// Begin and length of a range as Rhai reads it.
fn span(range: &Range<i64>) -> (i64, i64) {
    let start = range.start.max(0);
    (start, range.end.max(start) - start)
}

fn span_inclusive(range: &RangeInclusive<i64>) -> (i64, i64) {
    let start = (*range.start()).max(0);
    (start, ((*range.end()).max(start) - start).saturating_add(1))
}

fn array_spliced(items: &mut Array, at: i64, len: i64, new: Array) -> Checked<()> {
    spliced(items, at, len, new, ARRAY_LIMIT, "the array")
}

fn blob_spliced(bytes: &mut Blob, at: i64, len: i64, new: Blob) -> Checked<()> {
    spliced(bytes, at, len, new, STRING_LIMIT, "the blob")
}

fn spliced<T>(items: &mut Vec<T>, at: i64, len: i64, new: Vec<T>, limit: usize, what: &str) -> Checked<()> {
    let start = place(items.len(), at);
    let len = usize::try_from(len).unwrap_or(0).min(items.len() - start);
    fits(items.len() - len + new.len(), limit, what).map(|()| drop(items.splice(start..start + len, new)))
}

/// Adds copies of an item until there are `len`. An array is copied as a whole each time, so it may be stopped.
fn filled(items: &mut Array, len: usize, item: &Dynamic) -> Checked<()> {
    let missing = len.saturating_sub(items.len());
    items.reserve(missing);
    for step in (1..).take(missing) {
        if let Some(failure) = gate::stop_reason(step) {
            return Err(raise(failure));
        }
        items.push(item.clone());
    }
    Ok(())
}

fn blob(len: i64, value: i64) -> Checked<Blob> {
    let len = usize::try_from(len).unwrap_or(0);
    fits(len, STRING_LIMIT, "the blob").map(|()| vec![byte(value); len])
}

/// `text` with `with` repeated behind it until it has `len` characters; the last repetition may be cut.
fn padded(text: &mut ImmutableString, len: i64, with: &str) -> Checked<()> {
    let missing = usize::try_from(len).unwrap_or(0).saturating_sub(text.chars().count());
    if missing == 0 || with.is_empty() {
        return Ok(());
    }
    let width = with.chars().count();
    let rest = with.char_indices().nth(missing % width).map_or(0, |(at, _)| at);
    let grown = (missing / width).saturating_mul(with.len()).saturating_add(rest).saturating_add(text.len());
    fits(grown, STRING_LIMIT, "the string")?;
    let mut whole = String::with_capacity(grown);
    whole.push_str(text);
    whole.push_str(&with.repeat(missing / width));
    whole.push_str(&with[..rest]);
    *text = whole.into();
    Ok(())
}
