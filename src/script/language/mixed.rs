//! Comparisons of different types, which Rhai answers with a silent `false`, as errors; and sums of a text and `()`,
//! which it answers with the text alone.

use crate::script::handle::Context;
use rhai::{Array, Blob, Engine, EvalAltResult, ImmutableString, Map, Position};
use std::any::TypeId;

type Checked<T> = Result<T, Box<EvalAltResult>>;

const ALL: &[&str] = &["==", "!=", "<", "<=", ">", ">="];
/// `x == ()` is how a script asks whether something is there, so only the order is refused.
const ORDER: &[&str] = &["<", "<=", ">", ">="];

/// Registers them.
pub fn register(engine: &mut Engine) {
    values(engine);
    characters(engine);
    handles(engine);
    nothing(engine);
}

fn values(engine: &mut Engine) {
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
    refuse_both::<bool, Array>(engine, ALL);
    refuse_both::<bool, Map>(engine, ALL);
    refuse_both::<Blob, ImmutableString>(engine, ALL);
    refuse_both::<i64, ()>(engine, ORDER);
    refuse_both::<f64, ()>(engine, ORDER);
    refuse_both::<ImmutableString, ()>(engine, ORDER);
    refuse_both::<bool, ()>(engine, ORDER);
}

/// A character compares with a text, and with nothing else.
fn characters(engine: &mut Engine) {
    refuse_both::<char, i64>(engine, ALL);
    refuse_both::<char, f64>(engine, ALL);
    refuse_both::<char, bool>(engine, ALL);
    refuse_both::<char, Array>(engine, ALL);
    refuse_both::<char, Map>(engine, ALL);
}

fn handles(engine: &mut Engine) {
    refuse_both::<Context, ImmutableString>(engine, ALL);
    refuse_both::<Context, char>(engine, ALL);
    refuse_both::<Context, i64>(engine, ALL);
    refuse_both::<Context, f64>(engine, ALL);
    refuse_both::<Context, bool>(engine, ALL);
    refuse_both::<Context, Array>(engine, ALL);
    refuse_both::<Context, Map>(engine, ALL);
}

/// What is added to a text and is not there: an absent value, or that of a call that has none. A prompt would go out
/// without it.
fn nothing(engine: &mut Engine) {
    refuse_both::<ImmutableString, ()>(engine, &["+"]);
    refuse::<ImmutableString, ()>(engine, "+=");
}

/// The error of an operator that these types do not have. Who searches an array takes this error of `==` as "not equal".
fn refuse<A: 'static + Clone + Send + Sync, B: 'static + Clone + Send + Sync>(
    engine: &mut Engine,
    operator: &'static str,
) {
    let signature = format!("{operator} ({}, {})", name_of::<A>(), name_of::<B>());
    engine.register_fn(operator, move |_: A, _: B| -> Checked<bool> {
        Err(Box::new(EvalAltResult::ErrorFunctionNotFound(signature.clone(), Position::NONE)))
    });
}

fn name_of<T: 'static>() -> &'static str {
    let id = TypeId::of::<T>();
    [
        (TypeId::of::<i64>(), "int"),
        (TypeId::of::<f64>(), "float"),
        (TypeId::of::<ImmutableString>(), "string"),
        (TypeId::of::<bool>(), "bool"),
        (TypeId::of::<char>(), "char"),
        (TypeId::of::<Blob>(), "blob"),
        (TypeId::of::<Context>(), "Context"),
        (TypeId::of::<()>(), "()"),
        (TypeId::of::<Array>(), "array"),
        (TypeId::of::<Map>(), "map"),
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
