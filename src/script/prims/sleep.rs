//! `sleep`: a pause, as an effect that can be cancelled.

use crate::core::failure::{Failure, FailureKind};
use crate::core::request::Request;
use crate::script::desk::Desk;
use crate::script::errors::raise;
use crate::script::prims::primitive::{Answer, Primitive, ask};
use rhai::{Dynamic, Engine, EvalAltResult};
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
    engine.register_fn("sleep", |seconds: i64| match u64::try_from(seconds) {
        Ok(seconds) => pause(Duration::from_secs(seconds)),
        Err(_) => Err(no_time(&seconds)),
    });
    engine.register_fn("sleep", |seconds: f64| match Duration::try_from_secs_f64(seconds) {
        Ok(time) => pause(time),
        Err(_) => Err(no_time(&seconds)),
    });
}

fn no_time(seconds: &impl std::fmt::Display) -> Box<EvalAltResult> {
    raise(Failure::new(FailureKind::Invalid, format!("sleep: {seconds} is no time")).hint("give seconds, from 0 up"))
}

fn pause(time: Duration) -> Answer<Dynamic> {
    ask(Request::Sleep { millis: u64::try_from(time.as_millis()).unwrap_or(u64::MAX) })
}
