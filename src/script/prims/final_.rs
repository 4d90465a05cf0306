//! `FINAL` and `FINAL_VAR`: the end of a run.

use crate::core::failure::{Failure, FailureKind};
use crate::core::request::Request;
use crate::script::bridge;
use crate::script::convert::{to_dynamic, to_value};
use crate::script::desk::Desk;
use crate::script::output::{self, Final};
use crate::script::prims::primitive::{Answer, Primitive, done};
use rhai::{Dynamic, Engine, EvalAltResult, Position};
use serde_json::Value;
use std::sync::Arc;

/// `FINAL`.
pub const FINAL: Primitive = Primitive {
    name: "FINAL",
    usage: &["FINAL(value)"],
    summary: "Ends the run with a value; refused with a reason while the context has not been looked at.",
    params: &[("value", "the answer: text, number, array or map")],
    example: "print(context.head(11)); FINAL(\"done\")",
    prints: "The harbour\n",
    register: register_final,
};

/// `FINAL_VAR`.
pub const FINAL_VAR: Primitive = Primitive {
    name: "FINAL_VAR",
    usage: &["FINAL_VAR(\"name\")"],
    summary: "Ends the run with the value of a variable of the session, named as text.",
    params: &[("name", "the variable's name")],
    example: "let answer = context.line(2); print(answer); FINAL_VAR(\"answer\")",
    prints: "Its lighthouse is 31 metres tall.\n",
    register: register_variable,
};

fn register_final(engine: &mut Engine, desk: &Arc<Desk>) {
    let desk = Arc::clone(desk);
    engine.register_fn("FINAL", move |value: Dynamic| -> Answer<()> {
        let value = done(to_value(&value))?;
        end(&desk, value)
    });
}

fn register_variable(engine: &mut Engine, desk: &Arc<Desk>) {
    let desk = Arc::clone(desk);
    engine.register_fn("FINAL_VAR", move |name: Dynamic| -> Answer<()> {
        let text = name.as_immutable_string_ref().map(|s| s.to_string());
        match text {
            // The scope is out of a native function's reach: the session looks the name up when the code has ended.
            Ok(text) if rhai::is_valid_identifier(&text) => {
                done(output::finish(Final::Variable(text)))?;
                Err(Box::new(EvalAltResult::Exit(Dynamic::UNIT, Position::NONE)))
            }
            _ => end(&desk, done(to_value(&name))?),
        }
    });
}

/// Asks whether the run may end with `value`, and ends it.
fn end(desk: &Desk, value: Value) -> Answer<()> {
    done(settle(desk, value.clone()))?;
    Err(Box::new(EvalAltResult::Exit(to_dynamic(&value), Position::NONE)))
}

/// Asks the host whether the run may end with `value`; on its word the session keeps the value as final.
pub fn settle(desk: &Desk, value: Value) -> Result<(), Failure> {
    let request = Request::Final { value: value.clone(), looks: desk.looks(), has_context: desk.has_context() };
    bridge::ask(request)?;
    output::finish(Final::Value(value))
}

/// The failure of `FINAL_VAR` for a name that the session does not know.
pub fn unknown(name: &str) -> Failure {
    Failure::new(FailureKind::NotFound, format!("FINAL_VAR: there is no variable `{name}`"))
        .hint("assign it at the top level first, or end with FINAL(value)")
}
