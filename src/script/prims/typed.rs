//! `typed`: a value that must fit a schema, as the answers of models must.

use crate::core::failure::Failure;
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

/// What can be done about a value that does not fit, where the program does not say it.
const HINT: &str = "mend the value or the schema; in `catch (e)` the value is `e.raw`";

fn register(engine: &mut Engine, _: &Arc<Desk>) {
    engine.register_fn("typed", |value: Dynamic, schema: Dynamic| fitted(&value, &schema, None));
    engine.register_fn("typed", |value: Dynamic, schema: Dynamic, what: &str| fitted(&value, &schema, Some(what)));
}

fn fitted(value: &Dynamic, schema: &Dynamic, what: Option<&str>) -> Answer<Dynamic> {
    let (value, schema) = (done(to_value(value))?, done(to_value(schema))?);
    let request = Request::Typed { value, schema, what: what.unwrap_or(WHAT).to_owned() };
    let hinted = |failure: Failure| {
        let is_misfit = failure.details.contains_key("raw");
        if is_misfit && what.is_none() { failure.hint(HINT) } else { failure }
    };
    done(bridge::ask(request).map(|value| to_dynamic(&value)).map_err(hinted))
}
