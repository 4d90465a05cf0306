//! `ask_user`: a question to the person, answered on whatever screen there is.

use crate::core::failure::Outcome;
use crate::core::tool::{EffectClass, Permission};
use crate::tools::person::Question;
use crate::tools::tool::{ToolContext, ToolLimits};
use crate::tools::typed::TypedTool;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

/// The tool.
pub struct AskUser;

/// Its arguments.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The question.
    #[schemars(length(min = 1))]
    prompt: String,
    /// The answers to choose from; none for free text.
    #[serde(default)]
    choices: Vec<String>,
}

impl TypedTool for AskUser {
    type Args = Args;
    type Answer = String;
    const NAME: &'static str = "ask_user";
    const SUMMARY: &'static str = "Asks the person a question and waits for the answer.";
    const RETURNS: &'static str = "The answer as text; with choices, exactly one of them.";
    const EFFECT: EffectClass = EffectClass::Read;
    const PERMISSION: Permission = Permission::Free;
    const TAGS: &'static [&'static str] = &["question", "person", "human", "confirm", "choose"];

    fn examples() -> Vec<(Value, &'static str)> {
        vec![
            (json!({"prompt": "Which colour?", "choices": ["red", "green"]}), "a choice"),
            (json!({"prompt": "What is the report for?"}), "free text"),
        ]
    }

    async fn run(args: Args, cx: &ToolContext) -> Outcome<String> {
        let question = Question { prompt: args.prompt, choices: args.choices, leave: None };
        question.put_to(cx.person.as_ref()).await
    }

    /// A person takes as long as a person takes.
    fn timeout(_limits: &ToolLimits) -> Option<Duration> {
        None
    }
}
