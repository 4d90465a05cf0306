//! Built-in functions that would allocate before Rhai checks a size, checked first; and comparisons of different
//! types, which Rhai answers with a silent `false`, as errors.

use crate::core::failure::{Failure, FailureKind};
use crate::script::engine::{ARRAY_LIMIT, STRING_LIMIT};
use crate::script::errors::raise;
use rhai::{Array, Dynamic, Engine, EvalAltResult, ImmutableString, Map, Position};

type Checked<T> = Result<T, Box<EvalAltResult>>;

/// Registers all guards.
pub fn register(engine: &mut Engine) {
    replacements(engine);
    splits(engine);
    comparisons(engine);
}

fn too_large(what: &str, limit: usize) -> Box<EvalAltResult> {
    let hint = "work on `context.chunks(..)` or on smaller pieces";
    raise(Failure::new(FailureKind::Limit, format!("{what} would grow beyond {limit}")).hint(hint))
}

/// `text` with every `find` replaced, if the result stays below the limit.
fn replaced(text: &str, find: &str, with: &str) -> Checked<String> {
    if with.len() > find.len() {
        let count = if find.is_empty() { text.chars().count() + 1 } else { text.matches(find).count() };
        let grown = count.saturating_mul(with.len() - find.len()).saturating_add(text.len());
        if grown > STRING_LIMIT {
            return Err(too_large("the string", STRING_LIMIT));
        }
    }
    Ok(text.replace(find, with))
}

fn replacements(engine: &mut Engine) {
    engine.register_fn("replace", |text: &mut ImmutableString, find: ImmutableString, with: ImmutableString| {
        replaced(text, &find, &with).map(|new| *text = new.into())
    });
    engine.register_fn("replace", |text: &mut ImmutableString, find: char, with: ImmutableString| {
        replaced(text, find.encode_utf8(&mut [0; 4]), &with).map(|new| *text = new.into())
    });
    engine.register_fn("replace", |text: &mut ImmutableString, find: ImmutableString, with: char| {
        replaced(text, &find, with.encode_utf8(&mut [0; 4])).map(|new| *text = new.into())
    });
    engine.register_fn("replace", |text: &mut ImmutableString, find: char, with: char| {
        let with = with.to_string();
        replaced(text, find.encode_utf8(&mut [0; 4]), &with).map(|new| *text = new.into())
    });
}

/// The items as an array, if there are not too many; stops counting at the limit.
fn collected<'a>(items: impl Iterator<Item = &'a str>) -> Checked<Array> {
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
    engine.register_fn("split_rev", |text: &mut ImmutableString, by: ImmutableString| collected(text.rsplit(by.as_str())));
    engine.register_fn("split_rev", |text: &mut ImmutableString, by: char| collected(text.rsplit(by)));
    engine.register_fn("to_chars", |text: &mut ImmutableString| {
        if text.chars().count() > ARRAY_LIMIT {
            return Err(too_large("the array", ARRAY_LIMIT));
        }
        Ok(text.chars().map(Dynamic::from).collect::<Array>())
    });
}

/// The error of an operator that these types do not have. Rhai's `contains` and `in` take this error of `==` as
/// "not equal", so that searching a mixed array still works.
fn refuse<A: 'static + Clone + Send + Sync, B: 'static + Clone + Send + Sync>(engine: &mut Engine, operator: &'static str) {
    let signature = format!("{operator} ({}, {})", name_of::<A>(), name_of::<B>());
    engine.register_fn(operator, move |_: A, _: B| -> Checked<bool> {
        Err(Box::new(EvalAltResult::ErrorFunctionNotFound(signature.clone(), Position::NONE)))
    });
}

fn name_of<T: 'static>() -> &'static str {
    let id = std::any::TypeId::of::<T>();
    [
        (std::any::TypeId::of::<i64>(), "int"),
        (std::any::TypeId::of::<f64>(), "float"),
        (std::any::TypeId::of::<ImmutableString>(), "string"),
        (std::any::TypeId::of::<bool>(), "bool"),
        (std::any::TypeId::of::<()>(), "()"),
        (std::any::TypeId::of::<Array>(), "array"),
        (std::any::TypeId::of::<Map>(), "map"),
    ]
    .iter()
    .find(|(known, _)| *known == id)
    .map_or("other", |(_, name)| name)
}

/// Refuses `operators` between `A` and `B` in both orders.
fn refuse_both<A: 'static + Clone + Send + Sync, B: 'static + Clone + Send + Sync>(
    engine: &mut Engine,
    operators: &[&'static str],
) {
    for operator in operators {
        refuse::<A, B>(engine, operator);
        refuse::<B, A>(engine, operator);
    }
}

fn comparisons(engine: &mut Engine) {
    const ALL: &[&str] = &["==", "!=", "<", "<=", ">", ">="];
    // `x == ()` is how a script asks whether something is there, so only the order is refused.
    const ORDER: &[&str] = &["<", "<=", ">", ">="];
    refuse_both::<i64, ImmutableString>(engine, ALL);
    refuse_both::<f64, ImmutableString>(engine, ALL);
    refuse_both::<bool, ImmutableString>(engine, ALL);
    refuse_both::<i64, bool>(engine, ALL);
    refuse_both::<f64, bool>(engine, ALL);
    refuse_both::<i64, Array>(engine, ALL);
    refuse_both::<f64, Array>(engine, ALL);
    refuse_both::<ImmutableString, Array>(engine, ALL);
    refuse_both::<i64, Map>(engine, ALL);
    refuse_both::<f64, Map>(engine, ALL);
    refuse_both::<ImmutableString, Map>(engine, ALL);
    refuse_both::<Array, Map>(engine, ALL);
    refuse_both::<i64, ()>(engine, ORDER);
    refuse_both::<f64, ()>(engine, ORDER);
    refuse_both::<ImmutableString, ()>(engine, ORDER);
    refuse_both::<bool, ()>(engine, ORDER);
}
