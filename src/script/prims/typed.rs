//! `typed`: a value that must fit a schema, as the answers of models must.

use crate::core::request::Request;
use crate::script::bridge;
use crate::script::convert::{to_dynamic, to_value};
use crate::script::desk::Desk;
use crate::script::prims::primitive::{Answer, Primitive, done};
use rhai::{Dynamic, Engine};
use std::sync::Arc;

/// `typed`.
pub const TYPED: Primitive = Primitive {
    name: "typed",
    usage: &["typed(value, schema)", "typed(value, schema, what)"],
    summary: "Checks a value against a schema and returns it with numbers of the kinds that the schema names.",
    params: &[
        ("value", "text, numbers, booleans, arrays and maps; a text may hold them as JSON"),
        ("schema", "JSON Schema, an example, or a short form, as in `llm`"),
        ("what", "begins the message of a failure; `the value does not match the schema` if not given"),
    ],
    example: "print(typed(`{\"tall\": 31}`, #{tall: \"float 0..\"}).tall / 2)",
    prints: "15.5\n",
    register,
};

/// What begins the message where a program does not say it.
const WHAT: &str = "the value does not match the schema";

fn register(engine: &mut Engine, _: &Arc<Desk>) {
    engine.register_fn("typed", |value: Dynamic, schema: Dynamic| fitted(&value, &schema, WHAT));
    engine.register_fn("typed", |value: Dynamic, schema: Dynamic, what: &str| fitted(&value, &schema, what));
}

fn fitted(value: &Dynamic, schema: &Dynamic, what: &str) -> Answer<Dynamic> {
    let (value, schema) = (done(to_value(value))?, done(to_value(schema))?);
    done(bridge::ask(Request::Typed { value, schema, what: what.to_owned() }).map(|value| to_dynamic(&value)))
}
