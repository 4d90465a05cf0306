//! What a script says that is made of a pipeline: in which step it is, and fails, and which steps it went on without.
//!
//! That stands in no table: whoever writes a program needs none of it.

use crate::core::request::Request;
use crate::core::step::StepTold;
use crate::script::bridge;
use crate::script::errors::caught;
use crate::script::prims::primitive::{Answer, ask};
use rhai::{Array, Dynamic, Engine};

/// Adds all that to an engine.
pub fn register(engine: &mut Engine) {
    // In none where the name is empty.
    engine.register_fn("in_step", |name: &str| bridge::in_step((!name.is_empty()).then(|| name.into())));
    engine.register_fn("step_failure", |caught: Dynamic| caught::step_failure(&caught));
    engine.register_fn("partial", |steps: Array| partial(&steps));
}

/// Makes the run partial, if there are such steps.
fn partial(steps: &[Dynamic]) -> Answer<Dynamic> {
    if steps.is_empty() {
        return Ok(Dynamic::UNIT);
    }
    let names: Vec<String> = steps.iter().map(ToString::to_string).collect();
    let what = format!("steps that failed, or a part of which did: {}", names.join(", "));
    ask(Request::Step(StepTold::Lacks(what)))
}
