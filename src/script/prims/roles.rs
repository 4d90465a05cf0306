//! `roles`: who there is to ask.

use crate::core::request::Request;
use crate::script::desk::Desk;
use crate::script::prims::primitive::{Primitive, ask};
use rhai::Engine;
use std::sync::Arc;

/// `roles`.
pub const ROLES: Primitive = Primitive {
    name: "roles",
    usage: &["roles()"],
    summary: "Lists the roles, the weakest first, each as #{name, position, models, requires, strategy}; no models: one by the last two, else the default one.",
    params: &[],
    example: "print(roles().map(|role| role.name).contains(\"expert\"))",
    prints: "true\n",
    register,
};

fn register(engine: &mut Engine, _: &Arc<Desk>) {
    engine.register_fn("roles", || ask(Request::Roles));
}
