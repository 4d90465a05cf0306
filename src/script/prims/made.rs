//! What a script says that is made of a pipeline: in which step it is, and fails, and which steps it went on without.
//!
//! That stands in no table: whoever writes a program needs none of it.

use crate::core::request::Request;
use crate::core::step::StepTold;
use crate::script::bridge;
use crate::script::errors::caught;
use crate::script::natives::told;
use crate::script::prims::primitive::{Answer, ask};
use rhai::{Array, Dynamic, Engine};

/// Adds all that to an engine.
pub fn register(engine: &mut Engine) {
    let says = "Says in which step of a pipeline the program is, by whose name its failure is told; \"\" for in none.";
    told(engine, ("in_step", says), |name: &str| bridge::in_step((!name.is_empty()).then(|| name.into())));
    let says = "Makes of whatever `catch` received the failure of the step that the program is in, to be thrown later.";
    told(engine, ("step_failure", says), |caught: Dynamic| caught::step_failure(&caught));
    let says =
        "Makes the run `partial`, as one that went on without the steps of these names; nothing if there are none.";
    told(engine, ("partial", says), |steps: Array| partial(&steps));
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
