//! `llm`: one call of a model.

use crate::core::bounds::{fit_temperature, some_tokens};
use crate::core::failure::Outcome;
use crate::core::request::{LlmOptions, LlmRequest, Request};
use crate::script::convert::{options, to_text};
use crate::script::desk::Desk;
use crate::script::prims::checked;
use crate::script::prims::primitive::{Answer, Primitive, ask, done};
use rhai::{Dynamic, Engine, Map, NativeCallContext};
use std::sync::Arc;

/// `llm`.
pub const LLM: Primitive = Primitive {
    name: "llm",
    usage: &[
        "llm(prompt)",
        "llm(prompt, #{role: \"expert\", model: \"provider/name\", requires: \"vision\", strategy: \"cost\", system: \"..\", persona: \"..\", images: \"a.png\", max_tokens: 500, temperature: 0.2, stop: \"..\", timeout: \"30s\", label: \"..\", cache: \"1h\", check: |answer| .., gate: \"name\", schema: #{score: \"float 0..1\"}})",
    ],
    summary: "Sends one user message to a model and returns its text, or a validated value if `schema` is given.",
    params: &[
        ("prompt", "the text; a context handle is sent as its text"),
        ("role", "whose model is used: `worker` (default), `expert`, `architect`, ..."),
        ("model", "a model instead of the role's, as `provider/name`"),
        ("requires", "what it must have: `vision`, `tools`, `json`, `logprobs`, or tags"),
        ("strategy", "which of those: `cost` (cheapest), `performance` (best), `balanced` (default)"),
        ("persona", "who it is: the name of personas/NAME.md, or a text"),
        ("system", "standing instructions; none are added otherwise"),
        ("schema", "JSON Schema, example map or short form such as `#{score: \"float 0..1\"}`"),
        ("images", "pictures: a path, an address, or an array of them; needs `vision`"),
        ("max_tokens", "the most tokens of the answer; the model or a budget may allow fewer"),
        ("temperature, stop", "0 to 2; a text, or an array of texts, that ends the answer"),
        ("timeout, label", "seconds or a span such as `\"30s\"` for the whole call; a name for progress and logs"),
        ("check, gate", "a closure that answers true or what is wrong, and its name"),
        ("cache", "true, or how old a kept answer may be that is used instead: seconds or `\"1h\"`"),
    ],
    example: "print(llm(\"Which year did it open?\\n\\n\" + context.line(1)))",
    prints: "The harbour opened in 1884.\n",
    register,
};

fn register(engine: &mut Engine, _: &Arc<Desk>) {
    for name in ["llm", "llm_query"] {
        engine.register_fn(name, |context: NativeCallContext, prompt: Dynamic| call(&context, &prompt, Map::new()));
        engine.register_fn(name, |context: NativeCallContext, prompt: Dynamic, options: Map| {
            call(&context, &prompt, options)
        });
    }
}

fn call(context: &NativeCallContext, prompt: &Dynamic, mut map: Map) -> Answer<Dynamic> {
    let check = done(checked::take(&mut map, "llm"))?;
    let options = done(tokens(map, "llm"))?;
    let request = done(request(prompt, &Arc::new(options)))?;
    match check {
        Some(check) => checked::call(context, &request, &check),
        None => ask(Request::Llm(request)),
    }
}

/// The options of a call, or of all calls of a batch.
pub fn tokens(map: Map, function: &str) -> Outcome<LlmOptions> {
    let options = options::<LlmOptions>(map, function)?;
    some_tokens(function, options.max_tokens)?;
    fit_temperature(function, options.temperature).map(|()| options)
}

/// The request of one prompt.
pub fn request(prompt: &Dynamic, options: &Arc<LlmOptions>) -> Outcome<LlmRequest> {
    Ok(LlmRequest { prompt: to_text(prompt, "the prompt of llm")?, options: Arc::clone(options) })
}
