//! `uuid`: a name that nobody else has, as an effect.

use crate::core::request::Request;
use crate::script::desk::Desk;
use crate::script::prims::primitive::{Primitive, ask};
use rhai::Engine;
use std::sync::Arc;

/// `uuid`.
pub const UUID: Primitive = Primitive {
    name: "uuid",
    usage: &["uuid()"],
    summary: "Returns a random UUID (version 4) as text; a resumed run gets the one of its first pass again.",
    params: &[],
    example: "print(uuid().len)",
    prints: "36\n",
    register,
};

fn register(engine: &mut Engine, _: &Arc<Desk>) {
    engine.register_fn("uuid", || ask(Request::Uuid));
}
