//! `ask_user`: a question to the person.

use crate::core::failure::Outcome;
use crate::core::request::Request;
use crate::script::convert::to_text;
use crate::script::desk::Desk;
use crate::script::prims::primitive::{Primitive, ask, done};
use rhai::{Array, Engine};
use std::sync::Arc;

/// `ask_user`.
pub const ASK_USER: Primitive = Primitive {
    name: "ask_user",
    usage: &["ask_user(question)", "ask_user(question, choices)"],
    summary: "Asks the person and returns the answer; without a terminal the run ends waiting (exit code 6).",
    params: &[("question", "the text"), ("choices", "an array of answers to choose from")],
    example: "print(type_of(Fn(\"ask_user\")))",
    prints: "Fn\n",
    register,
};

fn register(engine: &mut Engine, _: &Arc<Desk>) {
    engine.register_fn("ask_user", |prompt: &str| {
        ask(Request::AskUser { prompt: prompt.to_owned(), choices: Vec::new() })
    });
    engine.register_fn("ask_user", |prompt: &str, choices: Array| {
        let choices = done(choices.iter().map(|c| to_text(c, "a choice of ask_user")).collect::<Outcome<Vec<_>>>())?;
        ask(Request::AskUser { prompt: prompt.to_owned(), choices })
    });
}
