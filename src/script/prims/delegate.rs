//! `delegate`: hands a task one step up the ladder.

use crate::core::request::Request;
use crate::script::desk::Desk;
use crate::script::prims::primitive::{Answer, Primitive, ask, done};
use crate::script::prims::rlm;
use rhai::{Dynamic, Engine, Map};
use std::sync::Arc;

/// `delegate`.
pub const DELEGATE: Primitive = Primitive {
    name: "delegate",
    usage: &["delegate(task)", "delegate(task, #{role, context, ..options of rlm})"],
    summary: "Hands a task to a child run of a stronger role (`expert` if none is named) and returns its final value.",
    params: &[("task", "what shall be done, complete in itself"), ("context", "what the child may look into")],
    example: "print(delegate(\"How tall is the lighthouse?\", #{context: context}).contains(\"31 metres\"))",
    prints: "true\n",
    register,
};

fn register(engine: &mut Engine, _: &Arc<Desk>) {
    engine.register_fn("delegate", |task: Dynamic| call(&task, Map::new()));
    engine.register_fn("delegate", |task: Dynamic, options: Map| call(&task, options));
}

fn call(task: &Dynamic, mut map: Map) -> Answer<Dynamic> {
    let context = map.remove("context").unwrap_or(Dynamic::UNIT);
    let mut options = done(rlm::checked(map, "delegate"))?;
    if options.role.is_none() && options.model.is_none() {
        options.role = Some("expert".to_owned());
    }
    ask(Request::Rlm(done(rlm::request(task, &context, &options))?))
}
