//! `sleep`: a pause, as an effect that can be cancelled.

use crate::core::failure::{Failure, FailureKind};
use crate::core::request::Request;
use crate::script::desk::Desk;
use crate::script::errors::raise;
use crate::script::prims::primitive::{Answer, Primitive, ask};
use rhai::{Dynamic, Engine};
use std::sync::Arc;
use std::time::Duration;

/// `sleep`.
pub const SLEEP: Primitive = Primitive {
    name: "sleep",
    usage: &["sleep(seconds)"],
    summary: "Waits; the time is not charged as computing.",
    params: &[("seconds", "an integer or a float")],
    example: "sleep(0.001); print(\"awake\")",
    prints: "awake\n",
    register,
};

fn register(engine: &mut Engine, _: &Arc<Desk>) {
    engine.register_fn("sleep", |seconds: i64| pause(Duration::from_secs(u64::try_from(seconds).unwrap_or(0))));
    engine.register_fn("sleep", |seconds: f64| match Duration::try_from_secs_f64(seconds.max(0.0)) {
        Ok(time) => pause(time),
        Err(_) => Err(raise(Failure::new(FailureKind::Invalid, format!("sleep: {seconds} is no time")))),
    });
}

fn pause(time: Duration) -> Answer<Dynamic> {
    ask(Request::Sleep { millis: u64::try_from(time.as_millis()).unwrap_or(u64::MAX) })
}
