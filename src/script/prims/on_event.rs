//! `on_event`: looks at what happens in the run while the program waits.

use crate::core::request::Request;
use crate::script::bridge;
use crate::script::desk::Desk;
use crate::script::prims::primitive::{Answer, Primitive, done};
use rhai::{Dynamic, Engine, FnPtr, NativeCallContext};
use std::sync::Arc;

/// `on_event`.
pub const ON_EVENT: Primitive = Primitive {
    name: "on_event",
    usage: &["on_event(|e| ..)"],
    summary: "Calls a closure for every event of this run from now on, while the program waits for an answer.",
    params: &[(
        "closure",
        "sees a map such as #{event: \"step_finished\", step, key, outcome, cost, millis, frame, seq}; it can print and \
         keep, but ask nobody; a run that goes on or is replayed is told the same again (of a pipeline or child run under way then, what is new)",
    )],
    example: "let seen = []; on_event(|e| seen.push(e.event)); llm(\"Why?\\n\\n\" + context.line(1)); print(\"model_finished\" in seen)",
    prints: "true\n",
    register,
};

fn register(engine: &mut Engine, desk: &Arc<Desk>) {
    let desk = Arc::clone(desk);
    engine.register_fn("on_event", move |context: NativeCallContext, closure: FnPtr| -> Answer<Dynamic> {
        let last = done(bridge::ask(Request::Listen))?;
        desk.hearers().add(&context, closure, last.as_u64().unwrap_or_default());
        Ok(Dynamic::UNIT)
    });
}
